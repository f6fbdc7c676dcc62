"""A report as one picture: quality by class of query, one mark for each arm."""

from __future__ import annotations

import io

from cpt_rag.errors import MissingExtraError
from cpt_rag.evaluate.measures import LEADING
from cpt_rag.own.report import Figure, RepositoryReport


def draw(report: RepositoryReport) -> bytes:
    """A PNG image of nDCG@10 by class and arm, with intervals.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise MissingExtraError(
            "There is no plot: it needs matplotlib, which is not installed.",
            expected="the extra 'plot'",
            remedy='pip install "cpt-rag[plot]"',
        ) from error
    figures = [figure for figure in report.figures if figure.measure == LEADING]
    names = list(dict.fromkeys(figure.query_class for figure in figures))
    arms = list(dict.fromkeys(figure.arm for figure in figures))
    canvas = Canvas(figsize=(8, 1.8 + 0.7 * len(names)), layout="constrained")
    axes = canvas.subplots()
    for i, arm in enumerate(arms):
        own = [figure for figure in figures if figure.arm == arm]
        shift = 0.6 * ((i + 0.5) / len(arms) - 0.5)
        heights = [names.index(figure.query_class) + shift for figure in own]
        values = [figure.estimate.value for figure in own]
        axes.errorbar(values, heights, xerr=_spread(own), fmt="o", ms=5, lw=1.2, label=arm)
    counts = {figure.query_class: figure.estimate.units for figure in figures}
    axes.set_yticks(range(len(names)), [f"{name} ({counts[name]:,})" for name in names])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(f"{LEADING} by class of query (number of queries), 95% bootstrap intervals")
    canvas.legend(loc="outside upper center", ncols=len(arms), frameon=False)
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=120)
    return image.getvalue()


def _spread(figures: list[Figure]) -> list[list[float]]:
    """How far each interval reaches below and above its value."""
    estimates = [figure.estimate for figure in figures]
    below = [max(0.0, estimate.value - estimate.low) for estimate in estimates]
    above = [max(0.0, estimate.high - estimate.value) for estimate in estimates]
    return [below, above]
