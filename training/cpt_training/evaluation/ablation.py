"""An ablation's figures: one row for each variant, one column for each set."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure as Canvas

from cpt_rag.evaluate import Estimate
from cpt_training.evaluation.figures import Figure
from cpt_training.evaluation.plots import LEADING
from cpt_training.evaluation.run import Results


def leading(results: Results) -> dict[str, list[Figure]]:
    """The leading measure's figures by set: a corpus's languages only as their mean."""
    sets: dict[str, list[Figure]] = {}
    for figure in results.figures:
        if figure.measure == LEADING.get(figure.family) and not re.search(
            r"docstring->code \((?!mean)", figure.dataset
        ):
            sets.setdefault(figure.dataset, []).append(figure)
    return sets


def table(results: Results, validation: Mapping[str, Sequence[float]]) -> str:
    """Markdown; a star marks a paired difference from the first variant that leaves out zero.

    Args:
        results: of all runs, those of a variant one after another.
        validation: the best MRR of each run of each variant.
    """
    means = _means(results, validation)
    rows = [["variant", "validation MRR", *means], ["---"] * (len(means) + 2)]
    for name, mrr in validation.items():
        cells = [_cell(own[name], next(iter(own.values()))) for own in means.values()]
        rows.append([name, f"{fmean(mrr):.3f}", *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def draw(results: Results, validation: Mapping[str, Sequence[float]]) -> bytes:
    """A PNG: each set's figures over the variants, in their order, with intervals."""
    canvas = Canvas(figsize=(9, 6), layout="constrained")
    axes = canvas.add_subplot()
    for dataset, own in _means(results, validation).items():
        estimates = list(own.values())
        axes.errorbar(
            range(len(estimates)),
            [e.value for e in estimates],
            yerr=[[e.value - e.low for e in estimates], [e.high - e.value for e in estimates]],
            marker="o",
            capsize=2,
            label=dataset,
        )
    axes.set_xticks(range(len(validation)), list(validation), rotation=30, ha="right")
    axes.set_ylabel("leading measure, 95% interval")
    axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=120)
    return image.getvalue()


def _means(
    results: Results, validation: Mapping[str, Sequence[float]]
) -> dict[str, dict[str, Estimate]]:
    """By set and variant, the mean over its runs, which answered the same queries."""
    systems = iter(results.provenance["models"])
    runs = {name: [*islice(systems, len(mrr))] for name, mrr in validation.items()}
    means: dict[str, dict[str, Estimate]] = {}
    for dataset, figures in leading(results).items():
        found = {figure.system: figure.estimate for figure in figures}
        means[dataset] = {name: _mean([found[s] for s in own]) for name, own in runs.items()}
    return means


def _mean(runs: Sequence[Estimate]) -> Estimate:
    """Draw by draw: unlike the parts of a set, runs share their queries."""
    draws = np.mean([run.draws for run in runs], axis=0)
    return Estimate(fmean(run.value for run in runs), runs[0].units, draws)


def _cell(value: Estimate, first: Estimate) -> str:
    text = f"{value.value:.3f} ± {(value.high - value.low) / 2:.3f}"
    if value is first:
        return text
    difference = value.minus(first)
    clear = difference.low > 0 or difference.high < 0
    return f"{text} ({difference.value:+.3f}{'*' if clear else ''})"
