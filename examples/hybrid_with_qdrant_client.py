"""Hybrid search with qdrant-client alone, over a collection that cpt-rag wrote.

Only the vectors of the question come from cpt-rag. The client is in memory, or, with
``--url http://localhost:6333``, that of a server.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.qdrant import ServerStore

HERE = Path(__file__).resolve().parent.parent
COLLECTION = "example"
QUESTION = "split camelCase identifiers into words"


def main() -> None:
    """Ingest a small folder, then ask as any program with a client would."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=":memory:")
    client = QdrantClient(parser.parse_args().url)
    cpt_rag.ingest(HERE / "cpt_rag" / "text", collection=COLLECTION, store=ServerStore(client))
    for hit in hybrid_search(client, QUESTION):
        payload = hit.payload or {}
        place = payload["metadata"]
        print(f"{place['path']}:{place['start_line']}  {place['symbol']}  {hit.score:.4f}")


def hybrid_search(client: QdrantClient, question: str, limit: int = 3) -> list[models.ScoredPoint]:
    """The nearest by meaning and the best by words, fused by rank on the server."""
    dense = cpt_rag.load_encoder().encode_query([question])[0]
    prefetch = [models.Prefetch(query=dense.tolist(), using="dense", limit=48)]
    sparse = cpt_rag.bm25.query_vector(question)
    if sparse is not None:  # a question without a single word has none
        words = models.SparseVector(indices=list(sparse.indices), values=list(sparse.values))
        prefetch.append(models.Prefetch(query=words, using="bm25", limit=48))
    fusion = models.FusionQuery(fusion=models.Fusion.RRF)
    return client.query_points(COLLECTION, prefetch=prefetch, query=fusion, limit=limit).points


if __name__ == "__main__":
    main()
