"""Plots: quality by set, against throughput, and by number of candidates."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure as Canvas

from cpt_training.evaluation.figures import Figure
from cpt_training.evaluation.pair_ranks import CANDIDATES, SIZES, among
from cpt_training.evaluation.run import Results

LEADING = {
    "retrieval": "nDCG@10",
    "CodeSearchNet protocol": "MRR",
    "sentence similarity": "Spearman",
    "classification": "linear probe",
}


def draw(results: Results) -> dict[str, bytes]:
    """PNG images by title; a plot without anything to show is left out."""
    leading = [f for f in results.figures if f.measure == LEADING.get(f.family)]
    images = {}
    if leading:
        images["quality by set"] = _by_set(leading)
    rates = {s.system: s.documents_per_second for s in results.speeds if s.documents_per_second}
    quality = _mean_quality(leading)
    if quality.keys() & rates.keys():
        images["quality against throughput"] = _against_throughput(quality, rates)
    pooled = [f for f in results.figures if f.family == CANDIDATES]
    for dataset in dict.fromkeys(f.dataset for f in pooled):
        own = [f for f in pooled if f.dataset == dataset]
        if len({f.measure for f in own}) > 1:
            images[f"quality by number of candidates: {dataset}"] = _by_candidates(own)
    return images


def _mean_quality(figures: Sequence[Figure]) -> dict[str, float]:
    """Mean nDCG@10 over the retrieval sets."""
    values: dict[str, list[float]] = {}
    for figure in figures:
        if figure.family == "retrieval":
            values.setdefault(figure.system, []).append(figure.estimate.value)
    return {system: float(np.mean(found)) for system, found in values.items()}


def _by_set(figures: Sequence[Figure]) -> bytes:
    rows = list(dict.fromkeys((f.family, f.dataset, f.measure) for f in figures))
    systems = list(dict.fromkeys(f.system for f in figures))
    canvas = Canvas(figsize=(9, 1.5 + 0.45 * len(rows)), layout="constrained")
    axes = canvas.subplots()
    for i, system in enumerate(systems):
        own = [f for f in figures if f.system == system]
        shift = 0.7 * ((i + 0.5) / len(systems) - 0.5)
        heights = [rows.index((f.family, f.dataset, f.measure)) + shift for f in own]
        values = [f.estimate.value for f in own]
        axes.errorbar(values, heights, xerr=_spread(own), fmt="o", ms=4, lw=1, label=system)
    axes.set_yticks(range(len(rows)), [f"{dataset}: {measure}" for _, dataset, measure in rows])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel("quality, with 95% bootstrap intervals")
    canvas.legend(loc="outside upper center", ncols=min(3, len(systems)), frameon=False)
    return _png(canvas)


def _by_candidates(figures: Sequence[Figure]) -> bytes:
    sizes = {among(size): size for size in SIZES}
    canvas = Canvas(figsize=(7, 4.5), layout="constrained")
    axes = canvas.subplots()
    for system in dict.fromkeys(f.system for f in figures):
        own = [f for f in figures if f.system == system]
        pools = [sizes[f.measure] for f in own]
        values = [f.estimate.value for f in own]
        axes.errorbar(pools, values, yerr=_spread(own), fmt="o-", ms=4, lw=1, label=system)
    axes.set_xscale("log")
    axes.grid(alpha=0.3)
    axes.set_xlabel("candidates")
    axes.set_ylabel("MRR, with 95% bootstrap intervals")
    axes.legend(frameon=False)
    return _png(canvas)


def _spread(figures: Sequence[Figure]) -> list[list[float]]:
    """How far each interval reaches below and above its value."""
    estimates = [f.estimate for f in figures]
    below = [max(0.0, estimate.value - estimate.low) for estimate in estimates]
    above = [max(0.0, estimate.high - estimate.value) for estimate in estimates]
    return [below, above]


def _against_throughput(quality: dict[str, float], rates: dict[str, float]) -> bytes:
    canvas = Canvas(figsize=(7, 4.5), layout="constrained")
    axes = canvas.subplots()
    for system in quality.keys() & rates.keys():
        axes.plot(rates[system], quality[system], "o")
        axes.annotate(
            system, (rates[system], quality[system]), xytext=(5, 5), textcoords="offset points"
        )
    axes.set_xscale("log")
    axes.margins(x=0.2, y=0.15)
    axes.grid(alpha=0.3)
    axes.set_xlabel("documents a second on this CPU")
    axes.set_ylabel("mean nDCG@10 over the retrieval sets")
    return _png(canvas)


def _png(canvas: Canvas) -> bytes:
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=120)
    return image.getvalue()
