"""One package to clean pairs, in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cpt_training.corpus.archive import sources
from cpt_training.corpus.clean import fault, generated
from cpt_training.corpus.excluded import reason_path_excluded
from cpt_training.corpus.manifest import Package
from cpt_training.corpus.near import NearDuplicates, evaluation_texts
from cpt_training.pairs import MINERS, Pair

EVALUATION_THRESHOLD = 0.7
HELD_OUT_THRESHOLD = 0.8


@dataclass(slots=True)
class Mined:
    """What one package gave: pairs with their paths, and what was left out and why."""

    package: Package
    pairs: list[tuple[str, Pair]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    near_evaluation: list[str] = field(default_factory=list)


class Miner:
    """Mines packages; holds what they are compared with.

    Args:
        kinds: the kinds of pair to mine.
        excluded: ids of pairs that a former build found too close to the evaluation.
        evaluation: a folder of evaluation sets, when this build is to look again.
        held_out: documents of the held-out splits.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        excluded: Collection[str],
        evaluation: Path | None,
        held_out: Sequence[str],
    ) -> None:
        self._kinds = kinds
        self._excluded = excluded
        self._evaluation = (
            NearDuplicates(evaluation_texts(evaluation), EVALUATION_THRESHOLD)
            if evaluation
            else None
        )
        self._held_out = NearDuplicates(held_out, HELD_OUT_THRESHOLD)

    def mine(self, package: Package, archive: Path) -> Mined:
        """Every clean pair of one package, one for each query and for each document."""
        mined = Mined(package)
        seen: set[tuple[str, str]] = set()
        for path, source in sources(archive):
            reason = reason_path_excluded(path)
            if reason is None and generated(source):
                reason = "generated"
            if reason:
                mined.dropped[f"file: {reason}"] += 1
                continue
            for kind in self._kinds:
                for pair in MINERS[kind](source):
                    # Some packages hold copies of a file; one look at each pair is enough.
                    if (kind, pair.id) in seen:
                        mined.dropped["duplicate"] += 1
                        continue
                    seen.add((kind, pair.id))
                    fault_found = self._fault(pair, mined)
                    if fault_found:
                        mined.dropped[fault_found] += 1
                    else:
                        mined.pairs.append((path, pair))
        return mined

    def _fault(self, pair: Pair, mined: Mined) -> str | None:
        reason = fault(pair)
        if reason:
            return reason
        if self._evaluation is None:
            if pair.id in self._excluded:
                return "near the evaluation"
        elif pair.query in self._evaluation or pair.document in self._evaluation:
            mined.near_evaluation.append(pair.id)
            return "near the evaluation"
        return "near a held-out document" if pair.document in self._held_out else None


_miner: list[Miner] = []


def prepare_worker(
    kinds: Sequence[str],
    excluded: Collection[str],
    evaluation: Path | None,
    held_out: Sequence[str],
) -> None:
    """Give this process its miner."""
    _miner[:] = [Miner(kinds, excluded, evaluation, held_out)]


def mine_in_worker(task: tuple[Package, Path]) -> Mined:
    """Mine one package with this process's miner."""
    return _miner[0].mine(*task)
