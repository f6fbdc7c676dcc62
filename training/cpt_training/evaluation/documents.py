"""Whole documents in a collection of chunks, searched as the library searches.

Benchmarks judge documents that have an id and no name, and a collection holds chunks of files. So a
document is cut as a text file of its content is, its id stands where a file has its path, any of
its chunks finds it, and it has the score of the best one: that of reciprocal rank fusion over all
chunks. A document that fits into one chunk, as nearly all of a code benchmark do, stays whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil

from cpt_rag import Chunk, Collection, Encoder, search
from cpt_rag.chunking import chunk_source
from cpt_rag.collection import chunk_tokens
from cpt_rag.ingest.prepare import VISIBLE, Embedded, text_digest
from cpt_rag.ingest.records import chunk_point
from cpt_rag.ingest.write import BATCH_CHUNKS
from cpt_rag.retrieve.search import MOST_HITS
from cpt_rag.text.bm25 import document_vector
from cpt_rag.types import Point

ROOT = "documents"


@dataclass(frozen=True, slots=True)
class DocumentIndex:
    """A collection filled with documents; ``chunks_each`` is how many chunks one has on average."""

    collection: Collection
    chunks_each: float

    def best(self, query: str, top_k: int) -> dict[str, float]:
        """Ids and scores of the ``top_k`` best documents, best first; none for a blank query."""
        if not shows(query):
            return {}
        # Documents of many chunks are found more often than others: twice the surplus is enough
        # for nearly every query, where a second search would double the cost.
        limit = min(ceil(top_k * (2 * self.chunks_each - 1)), MOST_HITS)
        while True:
            hits = search(query, collection=self.collection, limit=limit)
            scores: dict[str, float] = {}
            for hit in hits:
                scores.setdefault(hit.path, hit.score)
            if len(scores) >= top_k or len(hits) < limit or limit == MOST_HITS:
                return dict(islice(scores.items(), top_k))
            limit = min(2 * limit, MOST_HITS)


def index_documents(collection: Collection, documents: Iterable[tuple[str, str]]) -> DocumentIndex:
    """Chunk, embed and upsert documents, given as ids and texts, the way files are ingested.

    A document without a visible character has no chunk, and nothing finds it.
    """
    with_chunks = written = 0
    batch: list[tuple[str, Chunk]] = []
    for name, text in documents:
        chunks = [(name, chunk) for chunk in _chunks(collection.encoder, text)]
        with_chunks += bool(chunks)
        written += len(chunks)
        batch += chunks
        if len(batch) >= BATCH_CHUNKS:
            collection.engine.upsert(list(_points(collection.encoder, batch)))
            batch.clear()
    collection.engine.upsert(list(_points(collection.encoder, batch)))
    collection.engine.optimise()
    return DocumentIndex(collection, written / with_chunks if with_chunks else 1.0)


def shows(text: str) -> bool:
    """Whether a text has a visible character; no encoder can place one that has none."""
    return VISIBLE.search(text) is not None


def _chunks(encoder: Encoder, text: str) -> Iterator[Chunk]:
    chunks = chunk_source(
        text,
        "",  # an id says nothing of a document, unlike a file's path
        count_tokens=encoder.count_tokens,
        max_tokens=chunk_tokens(encoder),
        language="text",
    )
    return (chunk for chunk in chunks if shows(chunk.embedded_text))


def _points(encoder: Encoder, batch: Sequence[tuple[str, Chunk]]) -> Iterator[Point]:
    texts = [chunk.embedded_text for _, chunk in batch]
    vectors = encoder.encode_document(texts)
    for (name, chunk), text, vector in zip(batch, texts, vectors, strict=True):
        embedded = Embedded(chunk, text_digest(text), vector, document_vector(text))
        yield chunk_point(ROOT, name, "source", embedded, vector)
