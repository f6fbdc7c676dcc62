"""Triplets of a corpus whose negatives are what a model takes for the right answer, or nearly."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from cpt_rag.errors import InvalidInputError
from cpt_rag.types import Encoder
from cpt_training.data.pairs import corpus_hash
from cpt_training.data.tokens import Rows
from cpt_training.negatives.alike import NEAR, Alike
from cpt_training.negatives.nearest import nearest
from cpt_training.negatives.pool import Pool, pool_sizes, read_pool
from cpt_training.negatives.record import write_record
from cpt_training.pairs.pair import TEXT
from cpt_training.replace import replacing
from cpt_training.supervised.triplets import Triplet, read_triplets, write_triplets

LOOKED_AT = 64
"""The nearest documents of a query among which its negatives are; the others are too far off."""
Tell = Callable[[str], None]


class Within(str, Enum):
    """Where the negatives of a query are looked for."""

    LANGUAGE = "language"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class Mining:
    """What is mined.

    Args:
        kinds: kinds of pair; a negative is of its query's own kind and language.
        most: negatives of a query.
        within: whether it is of the same package too.
        below: the share of its own document's score that a negative must stay below.
        pairs: queries of each kind, of its languages in proportion; 0 takes all. Negatives come
            from all pairs in any case.
    """

    kinds: tuple[str, ...]
    most: int
    within: Within
    below: float
    pairs: int

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name, ok, expected in (
            ("kinds", bool(self.kinds), "at least one kind of pair"),
            ("most", 1 <= self.most <= LOOKED_AT, f"from 1 to {LOOKED_AT}"),
            ("below", self.below > 0, "a positive share, 0.95 say; inf takes all others"),
            ("pairs", self.pairs >= 0, "a number of queries, or 0 for all"),
        ):
            if not ok:
                raise InvalidInputError(f"{name} = {getattr(self, name)!r}.", expected=expected)


def mine(corpus: Path, encoder: Encoder, wanted: Mining, out: Path, tell: Tell) -> dict[str, Any]:
    """Write a triplet for each query of the training split, and a record beside the file.

    A query whose every candidate is too near or too much alike keeps its pair, without negatives.
    Each kind and language is finished on its own, below ``OUT.parts``: stopped and started again,
    the command goes on there. The same corpus, model and machine give the same bytes.

    Args:
        corpus: the folder of a built corpus.
        encoder: the model that scores.
        wanted: what is mined.
        out: the file of triplets.
        tell: hears what is being done.

    Returns:
        The record.

    Raises:
        InvalidInputError: the corpus lacks a kind, ``out`` cannot be written, or ``OUT.parts`` was
            begun with another model, corpus or other settings.
    """
    split = corpus / "train.parquet"
    sizes = pool_sizes(split, wanted.kinds)
    made_from = _made_from(corpus, encoder, wanted)
    parts = out.with_name(f"{out.name}.parts")
    _begin(parts, made_from)
    files: list[Path] = []
    for number, ((kind, language), size) in enumerate(sizes.items()):
        files.append(parts / f"{number}.jsonl.gz")
        if not files[-1].is_file():
            tell(f"{kind}, {language}: {size:,} pairs")
            most = _share(wanted, kind, language, sizes)
            write_triplets(
                files[-1], _triplets(read_pool(split, kind, language), encoder, wanted, most)
            )
    counts: Counter[int] = Counter()

    def counted() -> Iterator[Triplet]:
        for file in files:
            for triplet in read_triplets(file):
                counts[len(triplet.negatives)] += 1
                yield triplet

    tell(f"writing {out}")
    written = write_triplets(out, counted())
    by_number = {str(number): counts[number] for number in sorted(counts)}
    record = {**made_from, "triplets": written, "triplets_by_negatives": by_number}
    write_record(out, record)
    shutil.rmtree(parts)
    return record


def _made_from(corpus: Path, encoder: Encoder, wanted: Mining) -> dict[str, Any]:
    mark = asdict(encoder.fingerprint)
    settings = {**asdict(wanted), "near_duplicates_from": NEAR, "nearest_looked_at": LOOKED_AT}
    if math.isinf(wanted.below):
        settings["below"] = None  # JSON has no infinity
    said = {"corpus_sha256": corpus_hash(corpus), "model": mark, "mining": settings}
    return dict(json.loads(json.dumps(said, default=str)))


def _begin(parts: Path, made_from: dict[str, Any]) -> None:
    """Make the folder of the parts, or find one of the same making."""
    note = parts / "made_from.json"
    try:
        parts.mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"{parts} cannot be made: {error}",
            expected="a file name in a folder that is there and has room",
            remedy="make the folder, or choose another --out",
        ) from error
    if not note.is_file():
        with replacing(note) as part:
            part.write_text(json.dumps(made_from), encoding="utf-8")
    elif json.loads(note.read_text(encoding="utf-8")) != made_from:
        raise InvalidInputError(
            f"{parts} was begun with another model, corpus or other settings.",
            expected="the command that began it, which then goes on",
            remedy=f"remove {parts}, or choose another --out",
        )


def _share(wanted: Mining, kind: str, language: str, sizes: dict[tuple[str, str], int]) -> int:
    """How many queries of one language are taken; those of all languages add up to `pairs`."""
    of_kind = {other: size for (name, other), size in sizes.items() if name == kind}
    before = sum(size for other, size in of_kind.items() if other < language)
    after, whole = before + of_kind[language], sum(of_kind.values())
    if not wanted.pairs:
        return of_kind[language]
    return wanted.pairs * after // whole - wanted.pairs * before // whole


def _triplets(pool: Pool, encoder: Encoder, wanted: Mining, most: int) -> Iterator[Triplet]:
    chosen, alike = pool.drawn(most), Alike(pool)
    groups = [np.arange(len(pool))] if wanted.within is Within.LANGUAGE else pool.by_package()
    language = "" if pool.language == TEXT else pool.language
    for group in groups:
        asking = np.intersect1d(chosen, group)
        for row, candidates in _candidates(pool, encoder, wanted.below, asking, group):
            taken = alike.unlike(row, candidates, wanted.most)
            negatives = tuple(pool.documents[one] for one in taken)
            yield Triplet(pool.queries[row], pool.documents[row], negatives, language=language)


def _candidates(
    pool: Pool, encoder: Encoder, below: float, asking: Rows, group: Rows
) -> Iterator[tuple[int, list[int]]]:
    """Each asking row, and the rows of its nearest documents in the group."""
    if not len(asking):
        return
    queries = encoder.encode_query([pool.queries[row] for row in asking])
    documents = encoder.encode_document([pool.documents[row] for row in group])
    found = nearest(queries, documents, np.searchsorted(group, asking), below, LOOKED_AT)
    for row, places in zip(asking, found, strict=True):
        yield int(row), group[places].tolist()
