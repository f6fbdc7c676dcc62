"""Damage to a store, file by file: is it refused, found by ``verify``, harmless, or silent?

    python tests/benchmarks/integrity/corrupt.py [--seed N] [--most N]

Makes two small stores, one of them with the engine's graph and its immutable indexes, as large
collections have. Every file of both is in turn cut to half, emptied, deleted, and has single bits
flipped in the part of it that is used; each time in a fresh copy, looked at in a process of its
own. Then repair, and where it says so making the collection again, must give back the points of the
whole store.

Prints, for every kind of file and of damage, how many were found where:

refused   the collection does not open, and the error says what to do
verify    ``cpt-rag verify`` names it
deep      ``cpt-rag verify --deep`` names it
harmless  points, searches of stored vectors and filtered counts are those of the whole store
SILENT    none of these: something differs and nobody says so
CRASH     the process died or hung, or an error was none of ours

and exits with 1 where there is any of the last two, or a store that was not mended.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":  # the folder of this file is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

import cpt_rag
from cpt_rag.errors import CptRagError
from cpt_rag.integrity import repair, verify
from cpt_rag.qdrant import edge_shard, open_store
from tests.benchmarks.integrity.damage import Damage, damages
from tests.benchmarks.integrity.forked import forked
from tests.benchmarks.integrity.observed import COLLECTION, Observed, observe
from tests.benchmarks.integrity.trees import plant

FILES = 24
TIMEOUT_S = 60.0
GROWN = 1 << 28
REFUSED, VERIFY, DEEP, HARMLESS, SILENT, CRASH = OUTCOMES = (
    *("refused", "verify", "deep", "harmless"),
    *("SILENT", "CRASH"),
)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Whole:
    """An undamaged store, the tree that it is of, and what is seen of it."""

    name: str
    store: Path
    tree: Path
    seen: Observed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one damage; ``mended`` tells by which way the points came back, if at all."""

    damage: Damage
    outcome: str
    detail: str
    mended: str


def build(place: Path, name: str, seed: int, graph: bool) -> Whole:
    """Ingest a tree, as one above the engine's thresholds where there is to be a ``graph``."""
    tree, store = place / f"{name}-tree", place / name
    plant(tree, FILES, seed)

    def make(tell: Tell) -> None:
        if graph:
            edge_shard.INDEXING_KB = edge_shard.FULL_SCAN_KB = 1
        cpt_rag.ingest(tree, collection=COLLECTION, store=store)
        for _ in range(2):  # the first to open it tidies up what the last writer left
            seen = observe(store)
        tell(json.dumps(asdict(seen)))

    made = forked(make, TIMEOUT_S, place / "log")
    if made.crash:
        raise SystemExit((place / "log").read_text())
    return Whole(name, store, tree, Observed(**json.loads(made.answers[0])))


def judge(whole: Whole, damage: Damage, scratch: Path) -> Verdict:
    """Do the damage to a copy, see who notices, and mend it."""
    store = scratch / "store"
    shutil.rmtree(store, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", whole.store, store], check=True)
    damage.do(store)
    log = scratch / "log"
    looked = forked(lambda tell: _look(tell, whole, store), TIMEOUT_S, log)
    if looked.crash:
        stage = looked.answers[-1] if looked.answers else "start"
        detail = f"{looked.crash} in {stage}: {_last_line(log)}"
        return Verdict(damage, CRASH, detail, _mend(whole, store, log))
    outcome, detail = looked.answers[-1].split("\n", 1)
    if any(path.stat().st_size > GROWN for path in store.rglob("*")):
        outcome, detail = CRASH, f"a file grew beyond all bounds; {outcome} {detail}"
    mended = "" if outcome == HARMLESS else _mend(whole, store, log)
    return Verdict(damage, outcome, detail, mended)


def _look(tell: Tell, whole: Whole, store: Path) -> None:
    tell("open")
    try:
        open_store(store).open(COLLECTION)[0].close()
    except CptRagError as error:
        return tell(f"{REFUSED}\n{error.found}")
    tell("verify")
    try:
        report = verify(whole.tree, collection=COLLECTION, store=store)
        if not report.clean:
            return tell(f"{VERIFY}\n{report.differences[0].fault.value}")
    except CptRagError as error:
        return tell(f"{VERIFY}\n{error.found}")
    tell("search")
    try:
        different = observe(store).differences(whole.seen)
    except CptRagError as error:
        different = [error.found]
    return tell(f"{SILENT}\n{' '.join(different)}" if different else f"{HARMLESS}\n")


def _mend(whole: Whole, store: Path, log: Path) -> str:
    mended = forked(lambda tell: _repair(tell, whole, store), TIMEOUT_S, log)
    if mended.crash:
        return f"NOT: {mended.crash} {_last_line(log)}"
    return mended.answers[-1]


def _repair(tell: Tell, whole: Whole, store: Path) -> None:
    how = "repaired"
    try:
        clean = repair(whole.tree, collection=COLLECTION, store=store).clean
    except CptRagError as error:
        if "cpt-rag ingest" not in error.remedy:
            return tell(f"NOT: {error}")
        how, clean = "made again", True
        if "cpt-rag delete" in error.remedy:
            open_store(store).delete(COLLECTION)
        cpt_rag.ingest(whole.tree, collection=COLLECTION, store=store)
    clean = clean and verify(whole.tree, collection=COLLECTION, store=store).clean
    different = observe(store).differences(whole.seen)
    # A graph that is built again may find its way by other edges.
    if not clean or "points" in different or "counts" in different:
        return tell(f"NOT: {how}, clean {clean}, still different: {' '.join(different)}")
    return tell(how)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def verdicts(wholes: list[Whole], seed: int, most: int, scratch: Path) -> Iterator[Verdict]:
    """Of at most so many damages to each store, taken at random."""
    for whole in wholes:
        for damage in _mixed(list(damages(whole.store, seed)), seed)[:most]:
            yield judge(whole, damage, scratch)


def _mixed(every: list[Damage], seed: int) -> list[Damage]:
    """In such an order that the first of them are of as many kinds as there are."""
    random.Random(seed).shuffle(every)
    met: Counter[tuple[str, str]] = Counter()
    turns = {}
    for damage in every:
        met[damage.kind, damage.what] += 1
        turns[damage] = met[damage.kind, damage.what]
    return sorted(every, key=turns.__getitem__)


def table(found: list[Verdict]) -> str:
    """Markdown, a row for each kind of file and damage."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for verdict in found:
        key = (verdict.damage.kind, verdict.damage.what)
        rows.setdefault(key, Counter())[verdict.outcome] += 1
    every = Counter(verdict.outcome for verdict in found)
    mended = Counter(verdict.mended.split(":")[0] for verdict in found if verdict.mended)
    lines = [f"| file | damage | {' | '.join(OUTCOMES)} |", "|---" * (2 + len(OUTCOMES)) + "|"]
    for (kind, what), counts in [*sorted(rows.items()), (("all", ""), every)]:
        cells = " | ".join(str(counts[outcome] or "") for outcome in OUTCOMES)
        lines.append(f"| {kind} | {what} | {cells} |")
    return "\n".join([*lines, "", ", ".join(f"{how}: {n}" for how, n in sorted(mended.items()))])


def main() -> None:
    """Damage, look, mend; print the table and what was worst."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=10**6, help="damages to each store")
    given = parser.parse_args()
    started = time.monotonic()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        place = Path(made)
        cpt_rag.load_encoder()
        wholes = [
            build(place, name, given.seed, graph)
            for name, graph in (("plain", False), ("graph", True))
        ]
        found = list(verdicts(wholes, given.seed, given.most, place))
    bad = [v for v in found if v.outcome in {SILENT, CRASH} or v.mended.startswith("NOT")]
    sys.stdout.write(f"{table(found)}\n")
    for verdict in bad:
        d = verdict.damage
        sys.stdout.write(
            f"{verdict.outcome}: {d.path} {d.what} {d.seed}: {verdict.detail}; {verdict.mended}\n"
        )
    seconds = time.monotonic() - started
    sys.stdout.write(f"{len(found)} damages in {seconds:.0f} s, {len(bad)} bad\n")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
