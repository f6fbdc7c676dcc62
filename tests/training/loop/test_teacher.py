"""What a teacher says of a corpus."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer

from cpt_training.config import TrainConfig
from cpt_training.data.pairs import read_pairs
from cpt_training.data.tokens import TokenLists
from cpt_training.loop import teacher as module
from cpt_training.loop.teacher import Lessons, lessons
from cpt_training.models.make import make_trainable
from cpt_training.sections.teacher import Teacher

Teach = Callable[[Teacher], Lessons]


@pytest.fixture
def teacher(tiny: Path) -> Teacher:
    return Teacher(str(tiny), texts=60, tokens=16, objective="similarities", weight=1.0, batch=20)


@pytest.fixture
def teach(static_config: TrainConfig, corpus: Path) -> Teach:
    student = make_trainable(static_config, corpus)
    return lambda teacher: lessons(teacher, static_config.data, corpus, student)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts are read at each time that a teacher reads."""
    numbers: list[int] = []

    class Counted(SentenceTransformer):
        def encode(  # type: ignore[override]
            self, texts: Any, *arguments: Any, **named: Any
        ) -> Any:
            numbers.append(len(texts))
            return super().encode(texts, *arguments, **named)

    monkeypatch.setattr(module, "SentenceTransformer", Counted)
    return numbers


def test_both_sides_of_evenly_spread_pairs_are_read_by_both(
    teach: Teach, teacher: Teacher, corpus: Path, tiny: Path, static_config: TrainConfig
) -> None:
    given = teach(teacher)
    assert len(given.tokens) == 60
    chosen = [*read_pairs(corpus / "train.parquet")][::3][:30]  # thirty of a hundred
    texts = [text[: 4 * 16] for pair in chosen for text in (pair.query, pair.document)]
    reader = SentenceTransformer(str(tiny), device="cpu", local_files_only=True)
    reader.max_seq_length = 16
    expected = reader.encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(given.vectors, expected, atol=2e-3)
    student = make_trainable(static_config, corpus)
    assert given.tokens.ids.tolist() == [
        token for ids in student.tokenise(texts, "document", 32) for token in ids
    ]


def test_a_teachers_vectors_are_read_once_and_kept(
    teach: Teach, teacher: Teacher, reads: list[int]
) -> None:
    first, second = teach(teacher), teach(teacher)
    assert reads == [60]
    np.testing.assert_array_equal(first.vectors, second.vectors)


@pytest.mark.parametrize("change", [{"texts": 40}, {"tokens": 8}])
def test_they_are_read_anew_when_what_is_read_changes(
    teach: Teach, teacher: Teacher, reads: list[int], change: dict[str, int]
) -> None:
    teach(teacher)
    teach(replace(teacher, **change))  # type: ignore[arg-type]
    assert reads == [60, change.get("texts", 60)]


def test_they_are_read_anew_from_a_teacher_that_was_trained_again(
    teach: Teach, teacher: Teacher, reads: list[int], tiny: Path, tmp_path: Path
) -> None:
    own = replace(teacher, model=str(shutil.copytree(tiny, tmp_path / "own")))
    before = teach(own)
    weights = load_file(tmp_path / "own" / "model.safetensors")
    save_file(
        {name: rows / 2 for name, rows in weights.items()}, tmp_path / "own/model.safetensors"
    )
    assert not np.array_equal(before.vectors, teach(own).vectors)
    assert reads == [60, 60]


def test_how_they_are_learnt_from_changes_nothing_of_them(
    teach: Teach, teacher: Teacher, reads: list[int]
) -> None:
    teach(teacher)
    teach(replace(teacher, objective="vectors", weight=2.0, batch=10, before=0.5))
    assert reads == [60]


def test_a_reading_that_was_stopped_goes_on_where_it_was(
    teach: Teach,
    teacher: Teacher,
    reads: list[int],
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = teach(teacher).vectors
    shutil.rmtree(corpus / "tokens")
    reads.clear()
    save, saved = np.save, []

    def stopped(path: Path, rows: np.ndarray) -> None:
        saved.append(path)
        if len(saved) == 2:
            raise KeyboardInterrupt
        save(path, rows)

    monkeypatch.setattr(module, "PART", 25)
    with monkeypatch.context() as patched:
        patched.setattr(np, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            teach(teacher)
    whole = teach(teacher).vectors
    assert reads == [25, 25, 25, 10]  # the second part twice
    np.testing.assert_allclose(whole, expected, atol=2e-3)


def test_another_corpus_is_read_anew(
    teach: Teach, teacher: Teacher, reads: list[int], corpus: Path
) -> None:
    teach(teacher)
    path = corpus / "statistics.json"
    statistics = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**statistics, "sha256": "def"}), encoding="utf-8")
    teach(teacher)
    assert reads == [60, 60]


def some(count: int) -> Lessons:
    tokens = TokenLists(
        np.empty(0, np.int32), np.zeros(count + 1, np.int64), np.zeros(count, np.uint64)
    )
    return Lessons(tokens, np.zeros((count, 2), np.float16))


def test_every_text_is_drawn_once_in_an_epoch() -> None:
    drawn = list(islice(some(40).draw(1, 8, 0), 10))
    for epoch in (drawn[:5], drawn[5:]):
        assert sorted(np.concatenate(epoch)) == [*range(40)]
    assert not np.array_equal(np.concatenate(drawn[:5]), np.concatenate(drawn[5:]))


def test_fewer_texts_than_a_batch_are_drawn_all_together() -> None:
    for rows in islice(some(5).draw(1, 8, 0), 3):
        assert sorted(rows) == [*range(5)]


def test_passing_over_batches_goes_on_exactly() -> None:
    whole = list(islice(some(40).draw(1, 8, 0), 12))
    rest = list(islice(some(40).draw(1, 8, 7), 5))
    for rows, expected in zip(rest, whole[7:], strict=True):
        np.testing.assert_array_equal(rows, expected)
