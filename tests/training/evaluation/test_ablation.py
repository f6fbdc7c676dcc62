"""One row for each variant, whatever number of seeds it was run with."""

from __future__ import annotations

import numpy as np

from cpt_rag.evaluate import Estimate, estimate_mean
from cpt_training.evaluation.ablation import draw, table
from cpt_training.evaluation.figures import Figure
from cpt_training.evaluation.plots import LEADING
from cpt_training.evaluation.run import Results

FAMILY, MEASURE = next(iter(LEADING.items()))
QUERIES = np.linspace(0, 1, 100)
VALIDATION = {"base": [0.5, 0.7], "better": [0.8, 0.8]}


def results(**systems: Estimate) -> Results:
    """Of one set, the systems in their order."""
    figures = [Figure(FAMILY, "set", MEASURE, name, own, None) for name, own in systems.items()]
    return Results(figures, provenance={"models": list(systems)})


def seeds(better: float) -> Results:
    """Two runs of each variant; the second variant is better on every query, in one run or both."""
    return results(
        base_1=estimate_mean(QUERIES),
        base_2=estimate_mean(QUERIES + 0.2),
        better_1=estimate_mean(QUERIES + better),
        better_2=estimate_mean(QUERIES + 0.2),
    )


def test_a_variant_is_the_mean_of_its_runs_against_that_of_the_first() -> None:
    rows = table(seeds(better=0.1), VALIDATION).splitlines()
    assert rows[0] == "| variant | validation MRR | set |"
    assert rows[2].startswith("| base | 0.600 | 0.600 ± ")
    assert rows[3].startswith("| better | 0.800 | 0.650 ± ")
    assert rows[3].endswith("(+0.050*) |")


def test_no_star_where_queries_do_not_agree() -> None:
    assert table(seeds(better=0.0), VALIDATION).splitlines()[3].endswith("(+0.000) |")


def test_the_plot_is_a_picture() -> None:
    assert draw(seeds(better=0.1), VALIDATION).startswith(b"\x89PNG")
