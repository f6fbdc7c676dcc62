"""Pairs of one package against what nothing may resemble: evaluation and held-out texts.

Before the whole corpus is put together, and once for a package and the texts it is held against.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus.clean import SHORT
from cpt_training.corpus.near import Digest, NearDuplicates, evaluation_texts, sketch
from cpt_training.corpus.table import CHECKED, Record, notes, records, writing
from cpt_training.pairs import Pair

EVALUATION_THRESHOLD = 0.7
HELD_OUT_THRESHOLD = 0.8


@dataclass(frozen=True, slots=True)
class Guard:
    """What pairs are held against.

    Args:
        excluded: set of the evaluation by the id of a pair that a former build found near it.
        evaluation: a folder of evaluation sets, when this build is to look again.
        held_out: files of pairs that the ones checked may not resemble.
    """

    excluded: Mapping[str, str]
    evaluation: Path | None
    held_out: tuple[Path, ...] = ()

    def digest(self) -> str:
        """A hash of all of it."""
        found = hashlib.sha256(repr(sorted(self.excluded.items())).encode())
        folder = self.evaluation
        files = sorted(folder.rglob("*.jsonl")) if folder else []
        for path in (*files, *self.held_out, Path(__file__), Path(__file__).with_name("near.py")):
            found.update(path.read_bytes())
        return found.hexdigest()


class Checker:
    """Checks pairs, and hashes their texts for what follows."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sets: list[str] = []
        self._evaluation = self._held_out = None
        if guard.evaluation:
            texts = dict.fromkeys(evaluation_texts(guard.evaluation))
            self._sets = [name for name, _ in texts]
            self._evaluation = NearDuplicates((text for _, text in texts), EVALUATION_THRESHOLD)
        if guard.held_out:
            self._held_out = NearDuplicates(_texts(guard.held_out), HELD_OUT_THRESHOLD)

    def check(self, mined: Path, target: Path) -> Path:
        """Write the rows of ``mined`` that are free of both, in its order.

        The file's notes count what was dropped, and give the evaluation set of each pair near one.
        """
        dropped: Counter[str] = Counter(notes(mined)["dropped"])
        near: dict[str, str] = {}
        with writing(target, CHECKED) as table:
            for record in records(mined):
                query, document = Digest.of(record["query"]), Digest.of(record["document"])
                pair_id = _pair_id(record)
                name = self._evaluation_set(pair_id, query, document)
                if name is not None:
                    near[pair_id] = name
                    dropped["near the evaluation"] += 1
                elif self._is_held_out(record["kind"], query, document):
                    dropped["near a held-out text"] += 1
                else:
                    record["query_key"] = _key(query)
                    record["document_key"] = _key(document)
                    record["sketch"] = sketch(document)
                    table.append(record)
            table.finish({"dropped": dropped, "near_evaluation": near})
        return target

    def _evaluation_set(self, pair_id: str, query: Digest, document: Digest) -> str | None:
        if self._evaluation is None:
            return self._guard.excluded.get(pair_id)
        place = self._evaluation.find(query)
        if place is None:
            place = self._evaluation.find(document)
        return None if place is None else self._sets[place]

    def _is_held_out(self, kind: str, query: Digest, document: Digest) -> bool:
        if self._held_out is None:
            return False
        # A heading such as "Getting started" is anyone's.
        telling = query.grams is not None or kind not in SHORT
        return any(
            self._held_out.find(text) is not None
            for text in ((query, document) if telling else (document,))
        )


def checked_path(mined: Path, guard_digest: str) -> Path:
    """Where the checked pairs of a package lie: another place for another guard."""
    name = hashlib.sha256(f"{mined.name}\n{guard_digest}".encode()).hexdigest()[:16]
    folder = mined.parent.parent.parent / "checked" / mined.parent.name
    return folder / f"{mined.stem.rsplit('-', 1)[0]}-{name}.parquet"


def find_evaluation(folder: Path | None) -> Path | None:
    """The folder as it is, once it is known to hold sets."""
    if folder is not None and not any(folder.rglob("*.jsonl")):
        raise InvalidInputError(
            f"{folder} holds no evaluation sets.", expected="a folder with .jsonl files"
        )
    return folder


_checker: list[Checker] = []


def prepare_worker(guard: Guard) -> None:
    """Give this process its checker."""
    _checker[:] = [Checker(guard)]


def check_in_worker(mined: Path, target: Path) -> Path:
    """Check one package with this process's checker."""
    return _checker[0].check(mined, target)


def _texts(paths: Sequence[Path]) -> Iterator[str]:
    seen: set[int] = set()
    for path in paths:
        for record in records(path, ("query", "document")):
            for text in record.values():
                if hash(text) not in seen:
                    seen.add(hash(text))
                    yield text


def _pair_id(record: Record) -> str:
    return Pair(record["kind"], record["language"], record["query"], record["document"]).id


def _key(digest: Digest) -> int:
    hashed = hashlib.blake2b(digest.words.encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(hashed.digest(), "big")
