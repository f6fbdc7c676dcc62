"""Held-out docstrings of a corpus: a row for each language, their mean, and a curve."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.table import PAIRS, writing
from cpt_training.evaluation.bm25 import Bm25Cost
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Figure
from cpt_training.evaluation.held_out import (
    CODE_SEARCH_NET,
    HeldOut,
    measure_held_out,
    read_held_out,
)
from cpt_training.evaluation.plots import draw
from cpt_training.evaluation.run import Results, evaluate
from cpt_training.evaluation.tasks import corpus_task

Row = tuple[str, str, str, str]


def write_split(path: Path, rows: Iterable[Row]) -> Path:
    rest = {"package": "some", "path": "some/file", "licence": "MIT"}
    with writing(path, PAIRS) as table:
        for kind, language, query, document in rows:
            pair = {"kind": kind, "language": language, "query": query, "document": document}
            table.append({**pair, **rest})
        table.finish()
    return path


def pairs(language: str, count: int) -> list[Row]:
    return [
        ("docstring_code", language, f"return word{i}", f"{language} word{i}") for i in range(count)
    ]


def measured(data: HeldOut, embedder: Embedder) -> list[Figure]:
    parts = list(measure_held_out(data, [embedder], Bm25Cost()))
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    return [figure for part in parts for figure in part.figures]


@pytest.fixture
def split(tmp_path: Path) -> Path:
    rows = [*pairs("python", 1003), *pairs("go", 1000), *pairs("ruby", 40), *pairs("php", 3)]
    rows.append(("summary_rest", "text", "first", "rest"))
    rows.append(("docstring_code", "go", " ", "func Nothing()"))
    return write_split(tmp_path / "test.parquet", rows)


def test_each_language_is_a_set_and_the_protocols_have_a_mean(
    split: Path, embedder: Embedder
) -> None:
    figures = measured(read_held_out("wide", split), embedder)
    units = {f.dataset: f.estimate.units for f in figures if f.measure == "MRR"}
    assert units == {
        "wide docstring->code (go)": 1000,
        "wide docstring->code (python)": 1003,
        "wide docstring->code (ruby, among 40)": 40,
        "wide docstring->code (mean of 2 languages)": 2003,
    }


def test_the_mean_weighs_languages_alike_and_is_compared_too(
    split: Path, embedder: Embedder
) -> None:
    figures = measured(read_held_out("wide", split), embedder)
    rows = {(f.dataset.split("(")[1].rstrip(")"), f.system): f for f in figures}
    for system in ("BM25", "hashing", "BM25 + hashing"):
        mean = rows["mean of 2 languages", system]
        parts = [rows[language, system].estimate.value for language in ("go", "python")]
        assert mean.estimate.value == pytest.approx(sum(parts) / 2)
        assert (mean.difference is None) == (system == "hashing")


def test_where_there_are_more_the_six_languages_of_code_search_net_have_a_mean_of_their_own(
    tmp_path: Path, embedder: Embedder
) -> None:
    languages = ["c", *CODE_SEARCH_NET]
    rows = [row for language in languages for row in pairs(language, 1000)]
    figures = measured(read_held_out("x", write_split(tmp_path / "t.parquet", rows)), embedder)
    mrr = {
        f.dataset.split("(")[1].rstrip(")"): f.estimate.value
        for f in figures
        if (f.measure, f.system) == ("MRR", "hashing")
    }
    six = [mrr[language] for language in CODE_SEARCH_NET]
    assert mrr["mean of CodeSearchNet's six"] == pytest.approx(sum(six) / 6)
    assert mrr["mean of 7 languages"] == pytest.approx((sum(six) + mrr["c"]) / 7)


def test_a_language_is_ranked_among_its_own_code_alone(tmp_path: Path, embedder: Embedder) -> None:
    # The same words in both languages: among all pairs, each query would have two answers.
    split = write_split(tmp_path / "test.parquet", pairs("go", 20) + pairs("rust", 20))
    figures = {
        (f.dataset, f.measure, f.system): f.estimate.value
        for f in measured(read_held_out("x", split), embedder)
    }
    assert figures["x docstring->code (go, among 20)", "MRR", "BM25"] == 1
    assert figures["x docstring->code (all languages)", "MRR among 10", "BM25"] < 1


def test_what_cannot_be_ranked_is_left_out_and_said(split: Path) -> None:
    data = read_held_out("wide", split)
    assert data.full == ("go", "python")
    assert list(data.languages) == ["go", "python", "ruby"]
    assert len(data.together.queries) == 2043
    assert data.notes == (
        "pairs with a blank side left out: 1",
        "pairs of php, too few to rank left out: 3",
    )


def test_quality_is_measured_for_each_number_of_candidates_that_there_are(
    split: Path, embedder: Embedder
) -> None:
    figures = measured(read_held_out("wide", split), embedder)
    curve = [f for f in figures if f.family == "number of candidates"]
    measures = list(dict.fromkeys(f.measure for f in curve))
    assert measures == ["MRR among 10", "MRR among 100", "MRR among 1,000"]
    assert {f.estimate.units for f in curve} == {2043}
    [title] = [title for title in draw(Results(curve)) if "candidates" in title]
    assert title == "quality by number of candidates: wide docstring->code (all languages)"


def test_a_pool_does_not_hold_one_package_alone(split: Path) -> None:
    queries = read_held_out("wide", split).languages["python"].queries
    assert queries[:10] != [f"return word{i}" for i in range(10)]
    assert sorted(queries) == sorted(f"return word{i}" for i in range(1003))


def test_of_many_pairs_so_many_are_drawn_alike_and_said(split: Path) -> None:
    drawn = read_held_out("wide", split, 1000)
    python = drawn.languages["python"]
    assert python.name == "wide docstring->code (python, 1,000 of 1,003)"
    assert python.queries == read_held_out("wide", split).languages["python"].queries[:1000]
    assert "python" in drawn.full
    few = read_held_out("wide", split, 20).languages["python"]
    assert few.name == "wide docstring->code (python, 20 of 1,003, among 20)"


def test_the_command_measures_a_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cpt_training.evaluation.models.STARTS", 1)
    split = write_split(tmp_path / "test.parquet", pairs("python", 30))
    results = evaluate(["cpt-static"], [corpus_task("tiny", split)], lambda _: None)
    assert results.complete == ["tiny test"]
    assert results.figures[0].dataset == "tiny docstring->code (python, among 30)"
    assert results.figures[0].estimate.value > 0.5


@pytest.mark.parametrize("rows", [[("summary_rest", "text", "a", "b")], pairs("go", 9)])
def test_a_corpus_without_enough_such_pairs_is_refused(tmp_path: Path, rows: list[Row]) -> None:
    split = write_split(tmp_path / "test.parquet", rows)
    with pytest.raises(InvalidInputError, match="pairs of docstring and code"):
        read_held_out("tiny", split)
