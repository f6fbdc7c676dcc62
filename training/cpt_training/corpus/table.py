"""Pairs in Parquet files: the splits of a corpus, and what lies between its stages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from cpt_rag.errors import InvalidInputError

Record = dict[str, Any]

_NAME = pa.dictionary(pa.int32(), pa.string())
PAIRS = pa.schema(
    [
        ("kind", _NAME),
        ("language", _NAME),
        ("query", pa.string()),
        ("document", pa.string()),
        ("package", _NAME),
        ("path", pa.string()),
        ("licence", _NAME),
    ]
)
"""The columns of a split; all are text."""

FUNCTIONS = pa.schema([(name, pa.string()) for name in ("kind", "key", "language", "code", "path")])
"""What miners over many packages take of one."""

CHECKED = pa.schema(
    [
        *PAIRS,
        ("query_key", pa.uint64()),
        ("document_key", pa.uint64()),
        ("sketch", pa.binary()),
    ]
)
"""As `PAIRS`, with a hash of each normalised text and the document's MinHash."""

ROWS_AT_ONCE = 4096


class Table:
    """A Parquet file that is being written, a few thousand rows in memory."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._arriving = path.with_name(f"{path.name}.partial")
        self._schema = schema
        self._writer = pq.ParquetWriter(self._arriving, schema, compression="zstd")
        self._rows: list[Record] = []

    def append(self, record: Record) -> None:
        """Add one row."""
        self._rows.append(record)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def finish(self, notes: Mapping[str, Any] | None = None) -> None:
        """Write what is left; only then does the file have its name."""
        self._flush()
        if notes is not None:
            self._writer.add_key_value_metadata({"notes": json.dumps(notes, sort_keys=True)})
        self._writer.close()
        self._arriving.replace(self._path)

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
            self._rows.clear()

    def abandon(self) -> None:
        """Close and leave nothing behind."""
        self._writer.close()
        self._arriving.unlink(missing_ok=True)


@contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[Table]:
    """A table that is abandoned where the block does not come to its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = Table(path, schema)
    try:
        yield table
    except BaseException:
        table.abandon()
        raise


def records(path: Path, columns: Iterable[str] | None = None, **equal: str) -> Iterator[Record]:
    """The rows of a file, in its order, those of one kind with ``kind="..."``.

    Raises:
        InvalidInputError: it cannot be read, or a row lacks a text; names file and row.
    """
    row = 0
    wanted = None if columns is None else [*columns]
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=wanted):
                for record in batch.to_pylist():
                    row += 1
                    if None in record.values():
                        raise InvalidInputError(
                            f"Row {row} of {path} has no {_empty(record)}.",
                            expected="a value in every column",
                        )
                    if all(record[name] == value for name, value in equal.items()):
                        yield record
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, OSError) as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}.",
            expected=f"a Parquet file with the columns {', '.join(PAIRS.names)}",
            remedy="Build the corpus again.",
        ) from error


def notes(path: Path) -> dict[str, Any]:
    """What the writer of a file had to say about it."""
    metadata = pq.read_metadata(path).metadata or {}
    return dict(json.loads(metadata.get(b"notes", b"{}")))


def _empty(record: Record) -> str:
    return next(name for name, value in record.items() if value is None)
