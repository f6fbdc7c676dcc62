"""From a corpus to triplets: which texts become negatives, and how a run goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cpt_rag import ForeignEncoder
from cpt_rag.cli.run import run
from cpt_rag.errors import InvalidInputError
from cpt_training.negatives import __main__ as command
from cpt_training.negatives.alike import Alike
from cpt_training.negatives.mine import Mining, Within, mine
from cpt_training.negatives.pool import Pool
from cpt_training.negatives.record import record_path
from cpt_training.supervised.triplets import Triplet, read_triplets

from .conftest import KIND, letters, words, write_pairs

WANTED = Mining((KIND,), most=2, within=Within.LANGUAGE, below=float("inf"), pairs=0)
LONG = "def add(numbers):\n    total = 0\n    for number in numbers:\n        total += number\n"


def row(verb: str, noun: str, language: str, kind: str = KIND) -> dict[str, str]:
    return {
        "kind": kind,
        "language": language,
        "package": f"{language}-{noun}",
        "query": f"{verb.title()} the {noun} and return it.",
        "document": f"def {verb}_{noun}(self, {noun}):\n    return self.{noun}s.{verb}({noun})",
    }


ROWS = [
    row(verb, noun, language)
    for language in ("go", "python")
    for verb in ("open", "close", "read", "write")
    for noun in ("file", "queue")
]


@pytest.fixture
def some(tmp_path: Path) -> Path:
    """Two languages, two packages in each."""
    return write_pairs(tmp_path / "corpus", ROWS)


def mined(corpus: Path, out: Path, wanted: Mining = WANTED) -> list[Triplet]:
    mine(corpus, letters(), wanted, out, lambda _: None)
    return list(read_triplets(out))


def test_every_pair_becomes_a_triplet_with_its_language(some: Path, tmp_path: Path) -> None:
    found = mined(some, tmp_path / "out.jsonl.gz")
    expected = [(r["query"], r["document"], r["language"]) for r in ROWS]
    assert sorted((t.anchor, t.positive, t.language) for t in found) == sorted(expected)
    assert {len(t.negatives) for t in found} == {2}


def test_negatives_are_of_the_same_package_where_that_is_asked(some: Path, tmp_path: Path) -> None:
    wanted = Mining((KIND,), 9, Within.PACKAGE, float("inf"), 0)
    package = {r["document"]: r["package"].split("-")[1] for r in ROWS}
    for triplet in mined(some, tmp_path / "out.jsonl", wanted):
        assert len(triplet.negatives) == 3
        assert {package[text] for text in triplet.negatives} == {package[triplet.positive]}


def test_a_kind_of_text_names_no_language(tmp_path: Path) -> None:
    verbs = ("open", "close", "read", "write")
    corpus = write_pairs(tmp_path, [row(verb, "file", "text", "summary_rest") for verb in verbs])
    wanted = Mining(("summary_rest",), 2, Within.LANGUAGE, float("inf"), 0)
    assert {t.language for t in mined(corpus, tmp_path / "out.jsonl", wanted)} == {""}


def test_some_queries_are_drawn_of_every_language_and_all_documents_are_looked_at(
    some: Path, tmp_path: Path
) -> None:
    wanted = Mining((KIND,), 9, Within.LANGUAGE, float("inf"), pairs=4)
    found = mined(some, tmp_path / "out.jsonl", wanted)
    assert [t.language for t in found] == ["go", "go", "python", "python"]
    assert {len(t.negatives) for t in found} == {7}


@pytest.mark.parametrize("pairs", [1, 3, 5])
def test_as_many_queries_are_drawn_as_are_asked_for(some: Path, tmp_path: Path, pairs: int) -> None:
    wanted = Mining((KIND,), 9, Within.LANGUAGE, float("inf"), pairs)
    assert len(mined(some, tmp_path / "out.jsonl", wanted)) == pairs


def test_the_same_gives_the_same_bytes_and_a_record_of_what_it_was_made_from(
    some: Path, tmp_path: Path
) -> None:
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        mined(some, tmp_path / name)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()
    record = json.loads(record_path(tmp_path / "one.jsonl.gz").read_text(encoding="utf-8"))
    assert record["corpus_sha256"] == "abc"
    assert record["mining"]["within"] == "language"
    assert record["mining"]["below"] is None
    assert record["mining"]["near_duplicates_from"] > 0
    assert record["model"] == json.loads(json.dumps(record["model"]))
    assert record["triplets"] == 16
    assert record["triplets_by_negatives"] == {"2": 16}


def stopping(after: int) -> ForeignEncoder:
    """An encoder that is killed while it reads its documents for the so-manieth time."""
    seen = []

    def embed(texts: Sequence[str]) -> list[list[float]]:
        seen.append(texts)
        if len(seen) > after:
            raise KeyboardInterrupt
        return words(texts)

    return ForeignEncoder("letters", embed)


def test_a_run_that_was_stopped_goes_on_with_the_languages_that_are_left(
    some: Path, tmp_path: Path
) -> None:
    out, told = tmp_path / "out.jsonl", list[str]()
    with pytest.raises(KeyboardInterrupt):
        mine(some, stopping(after=3), WANTED, out, told.append)
    assert not out.exists()
    told.clear()
    mine(some, letters(), WANTED, out, told.append)
    assert [line for line in told if "pairs" in line] == [f"{KIND}, python: 8 pairs"]
    assert list(read_triplets(out)) == mined(some, tmp_path / "at once.jsonl")
    assert not [*tmp_path.glob("*.parts")]


def test_a_run_that_was_killed_while_it_noted_its_settings_goes_on(
    some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, text: str, **_: str) -> int:
        path.write_bytes(text.encode()[:9])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            mined(some, tmp_path / "out.jsonl")
    assert len(mined(some, tmp_path / "out.jsonl")) == len(ROWS)


def test_a_run_of_other_settings_does_not_go_on(some: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        mine(some, stopping(after=3), WANTED, out, lambda _: None)
    other = Mining((KIND,), 1, Within.LANGUAGE, float("inf"), 0)
    with pytest.raises(InvalidInputError, match="other settings") as caught:
        mine(some, letters(), other, out, lambda _: None)
    assert str(tmp_path / "out.jsonl.parts") in caught.value.remedy


def alike(*texts: tuple[str, str]) -> Alike:
    queries, documents = zip(*texts, strict=True)
    return Alike(Pool(KIND, "python", queries, documents, ["p"] * len(texts)))


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("Sum them.", LONG),
        ("Sum them.", LONG.replace("    ", "\t").replace("total", "TOTAL")),
        ("Sum them.", f"{LONG}    return total\n"),
        ("add  NUMBERS", "def plus(a, b): return a + b"),
    ],
    ids=["same", "same but for letters and space", "nearly the same", "asked for alike"],
)
def test_what_may_be_right_is_no_negative(query: str, document: str) -> None:
    texts = [("Add numbers", LONG), (query, document), ("Close it.", "def close(): pass")]
    assert alike(*texts).unlike(0, [1, 2], 2) == [2]


def test_no_two_negatives_are_alike() -> None:
    texts = [("Close it.", "def close(): pass"), ("Add.", LONG), ("Sum.", f"{LONG}    return 1")]
    assert alike(*texts, ("Open.", "def open(): ...")).unlike(0, [1, 2, 3], 2) == [1, 3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kinds": ()}, "kinds"),
        ({"most": 0}, "most = 0"),
        ({"below": 0.0}, "below = 0.0"),
        ({"pairs": -1}, "pairs = -1"),
    ],
)
def test_impossible_values_are_refused(changes: dict[str, Any], message: str) -> None:
    given = {"kinds": (KIND,), "most": 1, "within": Within.PACKAGE, "below": 0.9, "pairs": 0}
    with pytest.raises(InvalidInputError, match=message):
        Mining(**{**given, **changes})


def test_a_kind_that_the_corpus_lacks_is_refused(some: Path, tmp_path: Path) -> None:
    wanted = Mining(("changelog",), 1, Within.LANGUAGE, 0.95, 0)
    with pytest.raises(InvalidInputError, match="no pairs of the kind 'changelog'"):
        mined(some, tmp_path / "out.jsonl", wanted)


def test_a_folder_that_is_not_there_is_refused(some: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be made"):
        mined(some, tmp_path / "absent" / "out.jsonl")


def test_the_commands_mine_and_grade(
    some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "corpus_directory", lambda name, cache: some)
    name, model = "python -m cpt_training.negatives", ["--model", "cpt-static"]
    files = [str(tmp_path / name) for name in ("mined.jsonl", "graded.jsonl")]
    asked = ["mine", "--corpus", "some", "--kinds", KIND, "--within", "package", *model]
    assert run(command.app, [*asked, "--below", "inf", "--out", files[0]], name) == 0
    assert run(command.app, ["grade", files[0], *model, "--out", files[1]], name) == 0
    for triplet in read_triplets(Path(files[1])):
        assert triplet.negatives
        assert triplet.grades is not None
    said = capsys.readouterr().err
    assert "Wrote 16 triplets" in said
    assert "of 48 negatives may be right answers" in said
