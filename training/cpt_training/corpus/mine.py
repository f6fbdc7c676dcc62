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
from cpt_training.corpus.table import FUNCTIONS, PAIRS, Record, Table, writing
from cpt_training.pairs import Pair, SourceFile
from cpt_training.pairs.registry import CORPUS_MINERS, MINERS, PACKAGE_MINERS

PAIRS_PER_PACKAGE = 2_000
# The kind that the held-out tests are made of; few packages have more.
_MOST = {"docstring_code": 4_000}
_SAME_LANGUAGE = {"tsx": "typescript"}


def mined_path(package: Package, kinds: Sequence[str], cache_folder: Path) -> Path:
    """Where the pairs of a package lie: another place where the miners were changed."""
    origin = (package.source, package.sha256, package.licence)
    made_from = "\n".join((*origin, *kinds, _miners_digest()))
    name = f"{Path(package.folder).name}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}"
    return cache_folder / "mined" / package.source / f"{name}.parquet"


def functions_path(mined: Path) -> Path:
    """Where a package's functions lie that miners over many packages may pair."""
    return mined.with_name(f"{mined.stem}.functions.parquet")


def mine_package(package: Package, archive: Path, kinds: Sequence[str], target: Path) -> Path:
    """Write the clean pairs of a package, sorted by kind and id, so many of a kind at most.

    The file's notes count what was dropped, by reason. Beside it, and first, lie the functions for
    kinds that are mined over many packages.
    """
    dropped: Counter[str] = Counter()
    files = source_files(archive, package.source, dropped)
    across = [kind for kind in kinds if kind in CORPUS_MINERS]
    if across:
        _write_functions(files, across, functions_path(target))
    kinds = [kind for kind in kinds if kind not in CORPUS_MINERS]
    found: dict[str, dict[str, tuple[str, Pair]]] = {kind: {} for kind in kinds}
    for path, pair in _mined(files, kinds):
        # Some packages hold copies of a function; one of them is enough.
        reason = "duplicate" if pair.id in found[pair.kind] else fault(pair)
        if reason:
            dropped[reason] += 1
        else:
            found[pair.kind][pair.id] = (path, pair)
    with writing(target, PAIRS) as table:
        for kind in kinds:
            most = _MOST.get(kind, PAIRS_PER_PACKAGE)
            _write(table, package, found[kind], most)
            dropped["over the limit of a package"] += max(0, len(found[kind]) - most)
        table.finish({"dropped": +dropped})
    return target


def record(pair: Pair, package: str, path: str, licence: str) -> Record:
    """A pair as a row."""
    return {
        "kind": pair.kind,
        "language": _SAME_LANGUAGE.get(pair.language, pair.language),
        "query": pair.query,
        "document": pair.document,
        "package": package,
        "path": path,
        "licence": licence,
    }


def _write(table: Table, package: Package, found: dict[str, tuple[str, Pair]], most: int) -> None:
    # By id: which pairs stay under the limit has nothing to do with where they stand.
    for _, (path, pair) in sorted(found.items())[:most]:
        table.append(record(pair, package.name, path, package.licence))


def _write_functions(files: Sequence[SourceFile], kinds: Sequence[str], path: Path) -> None:
    with writing(path, FUNCTIONS) as table:
        for file in files:
            for kind in kinds:
                for function in CORPUS_MINERS[kind].functions(file):
                    table.append({name: getattr(function, name) for name in FUNCTIONS.names})
        table.finish()


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
