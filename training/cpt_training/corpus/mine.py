"""One package to its clean pairs, in a file of their own; done once for a package and a miner."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import cpt_rag.chunking
import cpt_rag.text
import cpt_training.pairs
from cpt_training.corpus.clean import fault
from cpt_training.corpus.files import source_files
from cpt_training.corpus.manifest import Package
from cpt_training.corpus.table import MINED, Table, writing
from cpt_training.pairs import Pair, SourceFile
from cpt_training.pairs.registry import MINERS, PACKAGE_MINERS

PAIRS_PER_PACKAGE = 2_000
# The kind that the held-out tests are made of; few packages have more.
_MOST = {"docstring_code": 4_000}
_DECIDING = ("archive", "clean", "excluded", "files", "mine", "paths")
_SAME_LANGUAGE = {"tsx": "typescript"}


def mined_path(package: Package, kinds: Sequence[str], cache_folder: Path) -> Path:
    """Where the pairs of a package lie: another place where the miners were changed."""
    made_from = "\n".join((package.source, package.sha256, *kinds, _miners_digest()))
    name = f"{Path(package.folder).name}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}"
    return cache_folder / "mined" / package.source / f"{name}.parquet"


def mine_package(package: Package, archive: Path, kinds: Sequence[str], target: Path) -> Path:
    """Write the clean pairs of a package, sorted by kind and id, so many of a kind at most.

    The file's notes count what was dropped, by reason.
    """
    dropped: Counter[str] = Counter()
    files = source_files(archive, package.source, dropped)
    found: dict[str, dict[str, tuple[str, Pair]]] = {kind: {} for kind in kinds}
    for path, pair in _mined(files, kinds):
        # Some packages hold copies of a function; one of them is enough.
        reason = "duplicate" if pair.id in found[pair.kind] else fault(pair)
        if reason:
            dropped[reason] += 1
        else:
            found[pair.kind][pair.id] = (path, pair)
    with writing(target, MINED) as table:
        for kind in kinds:
            most = _MOST.get(kind, PAIRS_PER_PACKAGE)
            _write(table, found[kind], most)
            dropped["over the limit of a package"] += max(0, len(found[kind]) - most)
        table.finish({"dropped": +dropped})
    return target


def _write(table: Table, found: dict[str, tuple[str, Pair]], most: int) -> None:
    # By id: which pairs stay under the limit has nothing to do with where they stand.
    for _, (path, pair) in sorted(found.items())[:most]:
        table.append(
            {
                "kind": pair.kind,
                "language": _SAME_LANGUAGE.get(pair.language, pair.language),
                "query": pair.query,
                "document": pair.document,
                "path": path,
            }
        )


def _mined(files: Sequence[SourceFile], kinds: Sequence[str]) -> Iterator[tuple[str, Pair]]:
    for file in files:
        if not file.test:
            for kind in kinds:
                if kind in MINERS:
                    for pair in MINERS[kind](file):
                        yield file.path, pair
    for kind in kinds:
        if kind in PACKAGE_MINERS:
            for pair in PACKAGE_MINERS[kind](files):
                yield "", pair


@cache
def _miners_digest() -> str:
    """A hash of the code that decides what is mined."""
    here = Path(__file__).parent
    files = [
        here / f"{name}.py" for name in ("archive", "clean", "excluded", "files", "mine", "paths")
    ]
    for module in (cpt_training.pairs, cpt_rag.chunking, cpt_rag.text):
        files += sorted(Path(module.__path__[0]).rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
