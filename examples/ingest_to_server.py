"""Bring a collection on a server level with a folder: run it as often as you like.

::

    QDRANT_URL=http://localhost:6333 python examples/ingest_to_server.py
    python examples/ingest_to_server.py https://qdrant.example.org   # its key in QDRANT_API_KEY

Without either, it goes to a folder that is gone afterwards.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import cpt_rag

FOLDER = Path(__file__).resolve().parent.parent / "cpt_rag" / "text"
COLLECTION = "example"


def main(store: str) -> None:
    """Ingest twice: the second time nothing moves."""
    for _ in range(2):
        report = cpt_rag.ingest(FOLDER, collection=COLLECTION, store=store)
        skipped = dict(report.skipped) or "none"
        print(
            f"{report.files} files: {report.indexed} indexed, {report.unchanged} unchanged, "
            f"{report.removed} removed, skipped: {skipped}; {report.chunks} chunks written"
        )
    for hit in cpt_rag.search("BM25 term weights", collection=COLLECTION, store=store, limit=3):
        print(f"{hit.path}:{hit.start_line}-{hit.end_line}  {hit.symbol}")


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("QDRANT_URL")
    if given:
        main(given)
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
