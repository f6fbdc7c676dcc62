"""A project is measured by its own docstrings, headings, commits and names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import MinedQuery
from cpt_rag.own import RepositoryReport, evaluate_repository
from cpt_rag.own.run import ARMS

TOPICS = "apple bridge candle desert engine falcon garden harbour island jacket kettle lantern"
CODE = '''\
def weigh_{0}(size):
    """Tell how heavy one {0} is."""
    first = size * 2
    second = first + 1
    return {0}_scale(first, second)
'''
PAGE = """\
# Looking after the {0}

Every {0} is cleaned once a week with a soft cloth, and kept in a dry place afterwards.
"""
IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *IDENTITY, "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def make_repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet")
    for topic in TOPICS.split():
        write(folder / f"{topic}.py", CODE.format(topic))
        write(folder / "docs" / f"{topic}.md", PAGE.format(topic))
        with (folder / "CHANGELOG.md").open("a", encoding="utf-8") as changes:
            changes.write(f"- Weigh the {topic} with both scales\n")
        git(folder, "add", "--all")
        git(folder, "commit", "-m", f"feat: Weigh the {topic} with both scales (#7)")
    return folder


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("own") / "work")


@pytest.fixture(scope="module")
def report(repository: Path, encoder: cpt_rag.Encoder) -> RepositoryReport:
    before = snapshot(repository)
    report = evaluate_repository(repository, encoder=encoder)
    assert snapshot(repository) == before, "nothing of the user's folder is written to"
    return report


def test_every_class_asks(report: RepositoryReport) -> None:
    assert report.queries == {"docstring": 12, "heading": 12, "commit": 12, "symbol": 12}
    assert report.left_out == {}
    assert {figure.query_class for figure in report.figures} == {*report.queries, "all"}
    assert {figure.arm for figure in report.figures} == set(ARMS)


def test_changelogs_are_left_out_of_the_index(report: RepositoryReport) -> None:
    assert report.changelogs == ("CHANGELOG.md",)
    assert report.files == 24


def test_files_that_share_words_with_a_commit_are_found(report: RepositoryReport) -> None:
    found = report.figure("commit", "sparse", "recall@10").estimate
    assert (found.value, found.units) == (1.0, 12)
    asked = [one for one in report.asked if one.query.query_class == "commit"]
    assert asked[0].query.query == "Weigh the lantern with both scales"  # the newest
    assert asked[0].answers == 2
    assert all(one.ranks["sparse"][0] == 1 for one in asked)


def test_names_are_found_where_they_are_defined(report: RepositoryReport) -> None:
    assert report.figure("symbol", "ranked", "MRR@10").estimate.value == 1.0


def test_a_gain_is_ranked_minus_the_arm_on_the_same_queries(report: RepositoryReport) -> None:
    for name in (*report.queries, "all"):
        ranked, dense = (report.figure(name, arm, "nDCG@10") for arm in ("ranked", "dense"))
        assert ranked.gain is None
        assert dense.gain is not None
        assert dense.gain.value == pytest.approx(ranked.estimate.value - dense.estimate.value)
        assert dense.gain.low <= dense.gain.value <= dense.gain.high


def test_all_is_the_mean_of_the_classes(report: RepositoryReport) -> None:
    values = [report.figure(name, "fused", "nDCG@10").estimate.value for name in report.queries]
    overall = report.figure("all", "fused", "nDCG@10").estimate
    assert overall.value == pytest.approx(sum(values) / 4)
    with pytest.raises(KeyError):
        report.figure("no such class", "fused", "nDCG@10")


def test_weights_are_chosen_on_one_half_and_tried_on_the_other(report: RepositoryReport) -> None:
    assert report.weights.chosen_on == 24
    assert report.weights.gains.keys() == {*report.queries, "all"}
    assert report.weights.gains["all"].units == 24


def test_fewer_queries_can_be_asked(repository: Path, encoder: cpt_rag.Encoder) -> None:
    seen: list[tuple[int, int, str]] = []
    few = evaluate_repository(
        repository, encoder=encoder, queries=10, progress=lambda *step: seen.append(step)
    )
    assert set(few.queries.values()) == {10}
    assert seen[-1] == (400, 400, "asking: ranked")  # 4 arms, 10 weights on a half, 2 on the other


def test_what_a_docstring_asks_is_nowhere_in_the_index(
    tmp_path: Path, encoder: cpt_rag.Encoder
) -> None:
    body = "    first = size * 2\n    second = first + 1\n    return first, second\n"
    for number, topic in enumerate(TOPICS.split()):
        says = f'    """{topic} {topic[::-1]} {topic[1:]}"""\n'
        write(tmp_path / f"m{number}.py", f"def compute(size):\n{says}{body}")
    report = evaluate_repository(tmp_path, encoder=encoder)
    assert report.queries == {"docstring": 12}
    assert report.figure("docstring", "sparse", "recall@10").estimate.value == 0
    assert report.left_out["commit"] == "there is no git history"
    assert report.left_out["symbol"].startswith("0 found, at least 10 needed")
    # One class is its own sum.
    assert {figure.query_class for figure in report.figures} == {"docstring"}
    assert report.weights.gains.keys() == {"docstring"}


def test_a_sub_folder_is_measured_by_its_own_commits(
    tmp_path: Path, encoder: cpt_rag.Encoder
) -> None:
    top = make_repository(tmp_path / "work")
    report = evaluate_repository(top / "docs", encoder=encoder)
    assert report.queries == {"heading": 12, "commit": 12}
    asked = [one.query for one in report.asked if not isinstance(one.query, MinedQuery)]
    assert asked[0].paths == ("lantern.md",)


def test_titles_that_are_markup_are_not_asked(tmp_path: Path, encoder: cpt_rag.Encoder) -> None:
    for topic in TOPICS.split():
        write(tmp_path / f"{topic}.md", PAGE.format(topic).replace("the", "<b>the</b>", 1))
    with pytest.raises(InvalidInputError, match="heading: 0 found"):
        evaluate_repository(tmp_path, encoder=encoder)


def test_a_folder_without_enough_queries_says_what_each_class_lacks(tmp_path: Path) -> None:
    write(tmp_path / "a.py", CODE.format("apple"))
    with pytest.raises(InvalidInputError) as caught:
        evaluate_repository(tmp_path)
    for said in ("docstring: 1 found", "heading: 0 found", "commit: there is no git history"):
        assert said in caught.value.found
    assert "at least 10" in caught.value.expected


def test_too_few_queries_of_a_class_are_refused(repository: Path) -> None:
    with pytest.raises(InvalidInputError, match="5 queries of a class"):
        evaluate_repository(repository, queries=5)
