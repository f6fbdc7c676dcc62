"""An ablation's figures: one row for each variant, one column for each set."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure as Canvas

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


def table(results: Results, validation: Mapping[str, float]) -> str:
    """Markdown; a star marks a paired difference from the first variant that leaves out zero."""
    sets = leading(results)
    heading = ["variant", "validation MRR", *sets]
    rows = [heading, ["---"] * len(heading)]
    for (name, mrr), system in zip(validation.items(), _systems(results), strict=True):
        cells = [
            _cell(next(figure for figure in figures if figure.system == system))
            for figures in sets.values()
        ]
        rows.append([name, f"{mrr:.3f}", *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def draw(results: Results, variants: Sequence[str]) -> bytes:
    """A PNG: each set's figures over the variants, in their order, with intervals."""
    sets = leading(results)
    canvas = Canvas(figsize=(9, 6), layout="constrained")
    axes = canvas.add_subplot()
    systems = _systems(results)
    for dataset, figures in sets.items():
        own = {figure.system: figure.estimate for figure in figures}
        values = [own[system] for system in systems]
        below = [e.value - e.low for e in values]
        above = [e.high - e.value for e in values]
        axes.errorbar(
            range(len(values)),
            [e.value for e in values],
            yerr=[below, above],
            marker="o",
            capsize=2,
            label=dataset,
        )
    axes.set_xticks(range(len(variants)), variants, rotation=30, ha="right")
    axes.set_ylabel("leading measure, 95% interval")
    axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=120)
    return image.getvalue()


def _systems(results: Results) -> list[str]:
    """The models, in the order in which they were given."""
    return list(results.provenance["models"])


def _cell(figure: Figure) -> str:
    value, difference = figure.estimate, figure.difference
    text = f"{value.value:.3f} ± {(value.high - value.low) / 2:.3f}"
    if difference is None:
        return text
    clear = difference.low > 0 or difference.high < 0
    return f"{text} ({difference.value:+.3f}{'*' if clear else ''})"
