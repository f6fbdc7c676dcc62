"""What a collection holds besides vectors: chunks' payloads, and one record for each file and root.

Records are points without vectors, written after what they vouch for, so that the collection itself
is the only account of what has been ingested.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cpt_rag.errors import StoreCorruptError
from cpt_rag.ingest.role import Role
from cpt_rag.qdrant import (
    CHUNK_KIND,
    METADATA,
    PAGE_CONTENT,
    RECORD,
    RECORDED_PATH,
    Where,
    digest_points,
    folders_above,
)
from cpt_rag.types import Chunk, Point

if TYPE_CHECKING:
    from cpt_rag.ingest.prepare import Embedded
    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Float32Array

# Ids are UUIDv5 in a namespace of our own: a second ingest meets its own points.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cpt-rag")


def _id(*parts: object) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\0".join(map(str, parts))))


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was ingested of one file.

    Args:
        root: the name of its folder.
        path: its place in there.
        sha256: of its bytes.
        chunks: how many it gave.
        digest: of the chunks, payloads and vectors, as `digest_points` makes it.
    """

    root: str
    path: str
    sha256: str
    chunks: int
    digest: str

    def point(self) -> Point:
        """This record as a point."""
        payload = {
            "kind": "file",
            "root": self.root,
            "path": self.path,
            "sha256": self.sha256,
            "chunks": self.chunks,
            "digest": self.digest,
            "outcome": "indexed",
        }
        return Point(record_id(self.root, self.path), {RECORD: payload})

    def vouches_for(self, points: Sequence[Point]) -> bool:
        """Whether these are the chunks that were recorded, to the last bit."""
        return len(points) == self.chunks and digest_points(points) == self.digest


@dataclass(frozen=True, slots=True)
class RootRecord:
    """Where the folder that was ingested under the name ``root`` lies.

    ``settled`` is false while a run writes: a run that finds it so follows one that was killed,
    and chunks may lie there that no file's record vouches for. ``descriptions`` is the digest of
    those that all its files are level with; empty where there are none, or the files are not.
    """

    root: str
    location: str
    settled: bool
    descriptions: str = ""

    def point(self) -> Point:
        """This record as a point."""
        payload = {
            "kind": "root",
            "root": self.root,
            "location": self.location,
            "settled": self.settled,
            **({"descriptions": self.descriptions} if self.descriptions else {}),
        }
        return Point(_id("root", self.root), {RECORD: payload})


def chunk_id(root: str, path: str, start: int, end: int, text: str) -> str:
    """UUIDv5 of source, span and content."""
    content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return _id("chunk", root, path, start, end, content)


def chunk_point(root: str, path: str, role: Role, embedded: Embedded, dense: Float32Array) -> Point:
    """A chunk of a file as a point."""
    chunk = embedded.chunk
    return Point(
        id=chunk_id(root, path, chunk.start, chunk.end, chunk.text),
        payload=chunk_payload(root, path, chunk, role, embedded.digest),
        dense=dense,
        sparse=embedded.sparse,
    )


def moved(point: Point, root: str) -> Point:
    """The same chunk of an equal file in another root."""
    metadata = point.payload[METADATA]
    path, text = metadata["path"], point.payload[PAGE_CONTENT]
    return replace(
        point,
        id=chunk_id(root, path, metadata["start"], metadata["end"], text),
        payload={
            **point.payload,
            METADATA: {**metadata, "root": root, "source": f"{root}/{path}"},
        },
    )


def digest_of(point: Point) -> str | None:
    """Digest of the text that a chunk's dense vector was made of."""
    record = point.payload.get(RECORD)
    return record.get("input") if isinstance(record, Mapping) else None


def defined_name(symbol: str | None) -> str | None:
    """The last part of a symbol, in lower case: ``add_item`` of ``Cart.add_item``."""
    return re.split(r"[.:#\s]+", symbol)[-1].lower() if symbol else None


def chunk_payload(root: str, path: str, chunk: Chunk, role: Role, digest: str) -> dict[str, Any]:
    """The payload that LangChain, LlamaIndex and a bare client read, and what ranking reads."""
    return {
        PAGE_CONTENT: chunk.text,
        METADATA: {
            "source": f"{root}/{path}",
            "root": root,
            "path": path,
            "language": chunk.language,
            "kind": chunk.kind,
            "symbol": chunk.symbol,
            "start": chunk.start,
            "end": chunk.end,
            "start_line": chunk.start_line,
            "end_line": chunk.end_line,
        },
        RECORD: {
            "kind": CHUNK_KIND,
            "role": role,
            "name": defined_name(chunk.symbol),
            "folders": folders_above(path),
            "input": digest,
        },
    }


def records(engine: Engine, kind: str, root: str | None = None) -> Iterator[Mapping[str, Any]]:
    """Payloads of all records of a kind: "file" or "root"."""
    must = {f"{RECORD}.kind": [kind]}
    if root is not None:
        must[f"{RECORD}.root"] = [root]
    for point in engine.scroll(Where(must)):
        yield point.payload[RECORD]


def file_records(engine: Engine, root: str) -> dict[str, FileRecord]:
    """Records of a root's files by path."""
    return {r["path"]: _file_record(r) for r in records(engine, "file", root)}


def any_files(engine: Engine) -> bool:
    """Whether any file has been ingested into it."""
    return engine.count(Where({f"{RECORD}.kind": ["file"]})) > 0


def records_at(engine: Engine, paths: Sequence[str]) -> Iterator[FileRecord]:
    """Records of files at these paths, in whichever root."""
    if paths:
        where = Where({f"{RECORD}.kind": ["file"], RECORDED_PATH: paths})
        for point in engine.scroll(where):
            yield _file_record(point.payload[RECORD])


def chunk_points(engine: Engine, record: FileRecord) -> Iterator[Point]:
    """A recorded file's chunks, with their vectors."""
    return engine.scroll(chunks_of(record.root, record.path), with_vectors=True)


def rewritten(point: Point) -> Point:
    """A file's or root's record as it is written, id and all; other points without their vectors.

    Raises:
        StoreCorruptError: it lacks what such a record says.
    """
    record = point.payload[RECORD]
    if record.get("kind") == "file":
        return _file_record(record).point()
    if record.get("kind") == "root":
        return _root_record(record).point()
    return Point(point.id, point.payload)


def _file_record(payload: Mapping[str, Any]) -> FileRecord:
    try:
        return FileRecord(*(payload[key] for key in ("root", "path", "sha256", "chunks", "digest")))
    except KeyError as error:
        raise _corrupt(payload, error) from error


def root_records(engine: Engine) -> dict[str, RootRecord]:
    """Records of the roots by name."""
    return {record.root: record for record in map(_root_record, records(engine, "root"))}


def _root_record(payload: Mapping[str, Any]) -> RootRecord:
    try:
        place = payload["root"], payload["location"]
        return RootRecord(*place, payload["settled"], payload.get("descriptions", ""))
    except KeyError as error:
        raise _corrupt(payload, error) from error


def _corrupt(payload: Mapping[str, Any], error: KeyError) -> StoreCorruptError:
    return StoreCorruptError(
        f"a record of the collection lacks {error}: {payload!r}",
        expected="records as an ingestion writes them",
        remedy="delete the collection and ingest it again",
    )


def chunks_of(root: str, path: str | None = None) -> Where:
    """All chunks of a root, or of one file in it."""
    must = {f"{METADATA}.root": [root]}
    if path is not None:
        must[f"{METADATA}.path"] = [path]
    return Where(must)


def record_id(root: str, path: str) -> str:
    """Id of a file's record."""
    return _id("file", root, path)


def chunked_paths(engine: Engine, root: str) -> set[str]:
    """Paths of a root that have chunks; reads every chunk's payload."""
    return {point.payload[METADATA]["path"] for point in engine.scroll(chunks_of(root))}
