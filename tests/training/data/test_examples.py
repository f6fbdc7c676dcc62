"""A corpus's pairs as token ids, kept beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.table import PAIRS, writing
from cpt_training.data.examples import ByKind, Examples, Tokeniser, Tokenisers, corpus_examples
from cpt_training.data.tokens import TokenLists, tokenise
from cpt_training.sections.data import Data

ROWS = [
    {"kind": kind, "language": language, "query": f"{kind} {i}", "document": f"{language} {i} {i}"}
    for i, (kind, language) in enumerate(
        [("code", "python"), ("text", "text"), ("code", "go"), ("code", "python")] * 5
    )
]


class Cutter:
    """Characters as ids, documents with a mark before them; counts the texts that it cuts."""

    def __init__(self, query: str = "q", document: str = "d") -> None:
        self.tokenisers = Tokenisers(
            Tokeniser(self._query, query), Tokeniser(self._document, document)
        )
        self.queries = self.documents = 0

    def _query(self, texts: Sequence[str]) -> list[list[int]]:
        self.queries += len(texts)
        return characters(texts)

    def _document(self, texts: Sequence[str]) -> list[list[int]]:
        self.documents += len(texts)
        return [[0, *ids] for ids in characters(texts)]


def characters(texts: Sequence[str]) -> list[list[int]]:
    return [[ord(character) for character in text] for text in texts]


def write(folder: Path, rows: Sequence[dict[str, str]], digest: str = "abc") -> Path:
    """A split of a corpus with these rows."""
    path = folder / "train.parquet"
    with writing(path, PAIRS) as table:
        for row in rows:
            table.append({"package": "some", "path": "a.py", "licence": "MIT", **row})
        table.finish()
    (folder / "statistics.json").write_text(json.dumps({"sha256": digest}), encoding="utf-8")
    return path


@pytest.fixture
def split(tmp_path: Path) -> Path:
    return write(tmp_path, ROWS)


def data(*kinds: str, **changes: Any) -> Data:
    return replace(
        Data(16, 32, 10, corpus="small", kinds=dict.fromkeys(kinds or ("code", "text"), 1.0)),
        **changes,
    )


def texts(tokens: TokenLists) -> list[str]:
    ids = [
        tokens.ids[a:b].tolist() for a, b in zip(tokens.offsets, tokens.offsets[1:], strict=False)
    ]
    return ["".join(map(chr, row)).lstrip("\0") for row in ids]


def pairs(examples: ByKind) -> dict[str, list[tuple[str, str]]]:
    return {
        kind: [*zip(texts(own.queries), texts(own.documents), strict=True)]
        for kind, own in examples.items()
    }


def test_every_kind_has_its_pairs_row_by_row_and_the_rows_of_each_language(split: Path) -> None:
    cutter = Cutter()
    examples = corpus_examples(split, cutter.tokenisers, data())
    assert pairs(examples) == {
        kind: [(row["query"], row["document"]) for row in ROWS if row["kind"] == kind]
        for kind in ("code", "text")
    }
    own = [row["language"] for row in ROWS if row["kind"] == "code"]
    assert {name: rows.tolist() for name, rows in examples["code"].languages.items()} == {
        name: [i for i, language in enumerate(own) if language == name] for name in ("go", "python")
    }
    assert cutter.queries == cutter.documents == len(ROWS)


def test_documents_are_cut_as_documents_and_queries_as_queries(split: Path) -> None:
    own = corpus_examples(split, Cutter().tokenisers, data())["code"]
    assert own.documents.ids[0] == 0
    assert own.queries.ids[0] != 0


def test_only_the_kinds_that_are_named_are_read(split: Path) -> None:
    assert corpus_examples(split, Cutter().tokenisers, data("text")).keys() == {"text"}


def test_what_was_cut_is_kept(split: Path) -> None:
    first = corpus_examples(split, Cutter().tokenisers, data())
    again = Cutter()
    second = corpus_examples(split, again.tokenisers, data())
    assert again.queries == again.documents == 0
    assert pairs(second) == pairs(first)
    assert {*second["code"].languages} == {*first["code"].languages}


@pytest.mark.parametrize(
    ("change", "queries", "documents"),
    [
        (lambda folder: (write(folder, ROWS), Cutter(query="another"), data()), True, False),
        (lambda folder: (write(folder, ROWS), Cutter(document="another"), data()), False, True),
        (lambda folder: (write(folder, ROWS), Cutter(), data(phrased=0.5)), True, False),
        (lambda folder: (write(folder, ROWS, "def"), Cutter(), data()), True, True),
    ],
    ids=["queries' tokeniser", "documents' tokeniser", "phrased queries", "corpus"],
)
def test_a_side_is_cut_anew_when_what_it_is_made_from_changes(
    split: Path,
    change: Callable[[Path], tuple[Path, Cutter, Data]],
    queries: bool,
    documents: bool,
) -> None:
    corpus_examples(split, Cutter().tokenisers, data())
    path, cutter, wanted = change(split.parent)
    corpus_examples(path, cutter.tokenisers, wanted)
    assert cutter.queries == len(ROWS) * queries
    assert cutter.documents == len(ROWS) * documents


def test_a_kind_more_is_cut_alone(split: Path) -> None:
    corpus_examples(split, Cutter().tokenisers, data("code"))
    cutter = Cutter()
    examples = corpus_examples(split, cutter.tokenisers, data("code", "text"))
    assert cutter.queries == cutter.documents == len(examples["text"])


def test_what_was_stopped_halfway_is_begun_anew(split: Path) -> None:
    def stopped(texts: Sequence[str]) -> list[list[int]]:
        raise KeyboardInterrupt

    cutter = Cutter()
    half = replace(cutter.tokenisers, document=Tokeniser(stopped, "d"))
    with pytest.raises(KeyboardInterrupt):
        corpus_examples(split, half, data())
    whole = corpus_examples(split, cutter.tokenisers, data())
    assert len(whole["code"]) + len(whole["text"]) == len(ROWS)


def test_a_sample_has_at_most_so_many_of_each_kind(split: Path) -> None:
    sample = corpus_examples(split, Cutter().tokenisers, data(), 7)
    assert {kind: len(own) for kind, own in sample.items()} == {"code": 7, "text": 5}


def test_a_sample_does_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    samples = []
    for name, rows in (("as it is", ROWS), ("reversed", ROWS[::-1]), ("first", ROWS[:12])):
        path = write(tmp_path / name, rows)
        samples.append(pairs(corpus_examples(path, Cutter().tokenisers, data("code"), 4))["code"])
    assert samples[0] == samples[1] != samples[2]


@pytest.fixture
def with_negatives() -> Examples:
    """Three rows with two, no and three hard negatives."""
    three = tokenise(characters, ["x", "y", "z"])
    negatives = tokenise(characters, ["x1", "x2", "z1", "z2", "z3"])
    rows = {"text": np.arange(3)}
    return Examples(three, three, rows, negatives, np.array([0, 2, 2, 5]))


@pytest.mark.parametrize(
    ("rows", "most", "expected"),
    [
        ([0, 1, 2], 9, ["x1", "x2", "z1", "z2", "z3"]),
        ([0, 1, 2], 2, ["x1", "x2", "z1", "z2"]),
        ([2, 0], 1, ["z1", "x1"]),
        ([1], 3, []),
    ],
)
def test_each_row_gives_its_own_hard_negatives_and_not_more_than_asked(
    with_negatives: Examples, rows: list[int], most: int, expected: list[str]
) -> None:
    chosen = with_negatives.negatives_for(np.array(rows), most)
    assert chosen is not None
    assert texts(chosen.tokens) == expected
    owners = [text[0] for text in texts(with_negatives.queries.take(np.array(rows)[chosen.owners]))]
    assert owners == [text[0] for text in expected]
    assert chosen.grades is None


def test_a_corpus_has_no_hard_negatives(split: Path, with_negatives: Examples) -> None:
    own = corpus_examples(split, Cutter().tokenisers, data())["code"]
    assert own.negatives_for(np.arange(3), 2) is None
    assert with_negatives.negatives_for(np.arange(3), 0) is None


def test_a_kind_without_a_pair_is_refused(split: Path) -> None:
    with pytest.raises(InvalidInputError, match="no pairs of the kind 'changelog'"):
        corpus_examples(split, Cutter().tokenisers, data("code", "changelog"))
