"""Pairs of functions out of two packages: of one split, found by a key that both have.

Mining a package leaves its functions in a file. Here the keys of all files are read first, and then
only those functions whose key stands in two places, so that no more than these are in memory.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from cpt_training.corpus.clean import fault
from cpt_training.corpus.manifest import SPLITS, Manifest, Package
from cpt_training.corpus.mine import functions_path, record
from cpt_training.corpus.table import PAIRS, Record, records, writing
from cpt_training.pairs import Pair
from cpt_training.pairs.function import Function
from cpt_training.pairs.prose import cut_lines
from cpt_training.pairs.registry import CORPUS_MINERS, CorpusMiner

_KEY_BYTES = 8
_OWN_CODE = Path(__file__).read_text(encoding="utf-8")

Mined = Sequence[tuple[Package, Path]]


def mine_across(manifest: Manifest, mined: Mined, cache: Path) -> list[tuple[Package, Path]]:
    """A file of pairs for each split, as if of one more package; none where no kind asks for it.

    Args:
        manifest: its kinds and ports.
        mined: packages and their pairs, beside which their functions lie.
        cache: the folder of all packages and corpora.
    """
    kinds = [kind for kind in manifest.kinds if kind in CORPUS_MINERS]
    found = []
    for split in SPLITS if kinds else ():
        parts = [(package, path) for package, path in mined if package.split == split]
        names = (path.name for _, path in parts)
        made_from = "\n".join((_OWN_CODE, *kinds, repr(manifest.ports), *names))
        name = hashlib.sha256(made_from.encode()).hexdigest()[:16]
        target = cache / "mined" / "across" / f"{manifest.name}-{split}-{name}.parquet"
        if not target.is_file():
            _write(manifest, kinds, parts, target)
        package = Package(f"across {manifest.name}", "across", split, "across")
        found.append((package, target))
    return found


def _write(manifest: Manifest, kinds: Sequence[str], parts: Mined, target: Path) -> None:
    dropped: Counter[str] = Counter()
    with writing(target, PAIRS) as table:
        for kind in kinds:
            miner = CORPUS_MINERS[kind]
            rows: dict[str, Record] = {}
            for group in _groups(manifest, miner, parts):
                for first, second in _found(kind, miner, group):
                    pair = Pair(kind, first.language, cut_lines(first.code), cut_lines(second.code))
                    reason = "duplicate" if pair.id in rows else fault(pair)
                    if reason:
                        dropped[reason] += 1
                    else:
                        rows[pair.id] = _record(pair, first, second)
            for _, row in sorted(rows.items()):
                table.append(row)
        table.finish({"dropped": dropped})


def _groups(manifest: Manifest, miner: CorpusMiner, parts: Mined) -> list[Mined]:
    """The packages that may be paired: all of them, or each group of ports."""
    if not miner.ports:
        return [parts]
    groups = ([part for part in parts if part[0].name in group] for group in manifest.ports)
    return [group for group in groups if group]


def _found(kind: str, miner: CorpusMiner, parts: Mined) -> Iterator[tuple[Function, Function]]:
    """Pairs in the order of their keys."""
    shared = _shared_keys(kind, miner, parts)
    namesakes: dict[str, list[Function]] = defaultdict(list)
    for function in _functions(kind, parts):
        if _hashed(function.key) in shared:
            namesakes[function.key].append(function)
    for _, functions in sorted(namesakes.items()):
        yield from miner.pairs(functions)


def _shared_keys(kind: str, miner: CorpusMiner, parts: Mined) -> set[bytes]:
    """The hashes of all keys that stand in two places or more."""
    seen: dict[bytes, str] = {}
    shared: set[bytes] = set()
    for function in _functions(kind, parts):
        key, place = _hashed(function.key), sys.intern(miner.place(function))
        if seen.setdefault(key, place) != place:
            shared.add(key)
    return shared


def _functions(kind: str, parts: Mined) -> Iterator[Function]:
    for package, path in parts:
        for row in records(functions_path(path), kind=kind):
            yield Function(**row, package=package.name, licence=package.licence)


def _hashed(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()


def _record(pair: Pair, first: Function, second: Function) -> Record:
    """A row that names both packages, under both licences."""
    same = first.package == second.package
    package = first.package if same else f"{first.package} + {second.package}"
    licences = sorted({first.licence, second.licence})
    return record(pair, package, f"{first.path} + {second.path}", " AND ".join(licences))
