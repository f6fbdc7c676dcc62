"""The small file that names the shards of a collection: its versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpt_rag.errors import StoreCorruptError
from cpt_rag.qdrant import files
from cpt_rag.qdrant.remedy import make_again

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Version:
    """One shard by its folder's name, and its encoder's; "" where that was not noted."""

    shard: str
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class Pointer:
    """The version that is served, the one before it, and one that is being made."""

    present: Version
    previous: Version | None = None
    next: Version | None = None

    @classmethod
    def read(cls, path: Path, collection: str) -> Pointer:
        """The pointer at ``path``.

        Raises:
            FileNotFoundError: there is none.
            StoreCorruptError: it is not what ``write`` writes.
        """
        try:
            fields = files.read_json(path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise astray(collection, f"the pointer {path} cannot be read") from error

        def version(of: Any) -> Version:
            folder, encoder = (of.get("shard"), of.get("encoder", "")) if _is_map(of) else (of, "")
            if not isinstance(folder, str) or _FOLDER.fullmatch(folder) is None:
                raise astray(collection, f"the pointer {path} names {folder!r}")
            return Version(folder, str(encoder))

        present = version(fields)
        others = {key: version(fields[key]) for key in ("previous", "next") if key in fields}
        return cls(present, **others)

    def write(self, path: Path, scratch: Path) -> None:
        """Put the pointer at ``path`` in one step; ``scratch`` is as for ``files.write_json``."""
        fields = _fields(self.present)
        for key, version in (("previous", self.previous), ("next", self.next)):
            if version is not None:
                fields[key] = _fields(version)
        files.write_json(path, fields, scratch=scratch)

    def shards(self) -> Iterator[str]:
        """Every folder that is named."""
        return (v.shard for v in (self.present, self.previous, self.next) if v is not None)


Change = Callable[[Pointer], Pointer]
"""What becomes of a collection's versions."""


def astray(collection: str, found: str) -> StoreCorruptError:
    """The error for a pointer that leads to no shard."""
    return StoreCorruptError(
        f"collection {collection!r}: {found}",
        expected="a pointer to a whole shard of this store",
        remedy=make_again(collection),
    )


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _fields(version: Version) -> dict[str, Any]:
    return {"shard": version.shard, "encoder": version.encoder}
