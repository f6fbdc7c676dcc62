"""A file of triplets as training examples, some of them held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cpt_rag.errors import InvalidInputError
from cpt_training.data.examples import ByKind, Examples, Tokenisers
from cpt_training.data.tokens import tokenise
from cpt_training.origin import files_hash
from cpt_training.pairs.pair import TEXT
from cpt_training.supervised.triplets import Triplet, read_triplets

KIND = "triplets"


def file_hash(path: Path) -> str:
    """sha256 of a file of triplets.

    Raises:
        InvalidInputError: there is none.
    """
    if not path.is_file():
        raise InvalidInputError(
            f"There is no file {str(path)!r}.",
            expected="a JSON Lines file of triplets",
            remedy="change data.triplets; python -m cpt_training.supervised makes one",
        )
    return files_hash([path])


def triplet_examples(
    path: Path, tokenisers: Tokenisers, held_out: int, seed: int
) -> tuple[ByKind, ByKind]:
    """Training and validation examples: ``held_out`` anchors, all their lines, are kept apart.

    What else is said of a text that answers one of them is left out: several styles of one
    docstring would let the curve measure what was learnt by heart.

    Raises:
        InvalidInputError: too few anchors or positives, or some negatives of the file are graded
            and some not.
    """
    triplets = list(read_triplets(path))
    bare = [t.grades is None for t in triplets if t.negatives]
    if any(bare) and not all(bare):
        raise InvalidInputError(
            f"{path} grades the negatives of {len(bare) - sum(bare)} lines out of {len(bare)}.",
            expected="grades in every line that has negatives, or in none",
            remedy="python -m cpt_training.negatives grade grades a whole file",
        )
    anchors = list(dict.fromkeys(triplet.anchor for triplet in triplets))
    if len(anchors) <= held_out:
        raise InvalidInputError(
            f"{path} has {len(anchors)} distinct anchors.",
            expected=f"more than data.validation_pairs = {held_out}, which are held out",
            remedy="lower data.validation_pairs, or give more triplets",
        )
    chosen = np.random.default_rng(seed).permutation(len(anchors))[:held_out]
    apart = {anchors[i] for i in chosen}
    held = [t for t in triplets if t.anchor in apart]
    answers = {t.positive for t in held}
    learnt = [t for t in triplets if t.anchor not in apart and t.positive not in answers]
    if not learnt:
        raise InvalidInputError(
            f"Every positive of {path} also answers one of the anchors that are held out.",
            expected=f"texts that none of data.validation_pairs = {held_out} anchors asks for",
            remedy="lower data.validation_pairs, or give more triplets",
        )
    return {KIND: _examples(learnt, tokenisers)}, {KIND: _examples(held, tokenisers)}


def check_said(path: Path, examples: Examples, *, graded: bool, languages: bool) -> None:
    """Refuse a file that does not say what a config asks of it.

    Raises:
        InvalidInputError: no grades though ``graded``, or no language though ``languages``.
    """
    remedy = "python -m cpt_training.negatives makes such files"
    if graded and examples.grades is None:
        raise InvalidInputError(
            f"{path} has no graded negatives.",
            expected="grades in every line that has negatives: [order] learns from them",
            remedy=remedy,
        )
    if languages and examples.languages.keys() == {TEXT}:
        raise InvalidInputError(
            f"{path} names no language.",
            expected="a language in its lines, for data.one_language = true",
            remedy=remedy,
        )


def _examples(triplets: Sequence[Triplet], tokenisers: Tokenisers) -> Examples:
    names = np.array([t.language or TEXT for t in triplets])
    grades = [grade for t in triplets for grade in t.grades or ()]
    return Examples(
        tokenise(tokenisers.query.cut, [t.anchor for t in triplets]),
        tokenise(tokenisers.document.cut, [t.positive for t in triplets]),
        {str(name): np.flatnonzero(names == name) for name in np.unique(names)},
        tokenise(tokenisers.document.cut, [text for t in triplets for text in t.negatives]),
        np.cumsum([0, *(len(t.negatives) for t in triplets)], dtype=np.int64),
        np.array(grades, np.float32) if grades else None,
    )
