"""The seal: how many points a collection had when it was last closed in order, and its files.

A damaged shard often loads without complaint and with fewer points. The seal is written on a
clean close and broken before the first write after it, so that it is there only when it is right.
The points are counted at every open, and the files looked at by which the engine allocates; all
files take longer, and are looked at when asked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cpt_rag.errors import StoreCorruptError
from cpt_rag.qdrant import files, inventory, room
from cpt_rag.qdrant.remedy import make_again


class Seal:
    """The seal of the shard in a folder, beside it, of the collection of that name."""

    def __init__(self, shard: Path, collection: str) -> None:
        self._shard = shard
        self._path = shard.with_name(f"{shard.name}.seal")
        self._collection = collection
        self.whole = self._path.exists()

    def check(self, points: int) -> None:
        """Hold the shard's count to the seal, where there is one.

        Raises:
            StoreCorruptError: they differ, or the seal cannot be read.
        """
        sealed = self._read()
        if sealed is not None and points != sealed[0]:
            raise self._broken(f"holds {points} points", f"{sealed[0]}, as when it was last closed")

    def check_lengths(self) -> None:
        """Hold to the seal, where there is one, what the engine had better not be given wrong.

        Raises:
            StoreCorruptError: a file by which it allocates differs, or the seal cannot be read.
        """
        self._check_files(lambda name: name.endswith(f"/{inventory.LENGTHS}"))

    def check_files(self) -> None:
        """Hold the shard's files to the seal, where there is one; reads all that is in them.

        Raises:
            StoreCorruptError: one of them differs, or the seal cannot be read.
        """
        self._check_files(lambda name: True)

    def _check_files(self, chosen: Callable[[str], bool]) -> None:
        sealed = self._read()
        recorded = {} if sealed is None else {n: f for n, f in sealed[1].items() if chosen(n)}
        for name in inventory.different(self._shard, recorded):
            raise self._broken(f"has a damaged file: {self._shard / name}", "it as it was sealed")

    def _read(self) -> tuple[int, inventory.Inventory] | None:
        if not self.whole:
            return None
        try:
            sealed = files.read_json(self._path)
            recorded = {name: (size, crc) for name, (size, crc) in sealed["files"].items()}
            return int(sealed["points"]), recorded
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            expected = "the number of points and the files"
            raise self._broken("has a seal that cannot be read", expected) from error

    def lift(self) -> None:
        """Break the seal; call it before writing."""
        if self.whole:
            files.remove(self._path)
            self.whole = False

    def put(self, points: int) -> None:
        """Seal this count and the files; call it once everything written is on disk."""
        if not self.whole:
            sealed = {"points": points, "files": inventory.take(self._shard)}
            files.write_json(self._path, sealed)
            self.whole = True

    def unfinished_bytes(self) -> int:
        """Bytes on the disk of what the engine has not finished indexing."""
        return sum(room.taken(segment) for segment in inventory.written_to(self._shard))

    def _broken(self, found: str, expected: str) -> StoreCorruptError:
        name = self._collection
        return StoreCorruptError(
            f"collection {name!r} {found}",
            expected=expected,
            remedy=make_again(name),
        )
