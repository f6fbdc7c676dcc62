"""langchain-qdrant's ``SparseEmbeddings`` over cpt-rag's BM25."""

from __future__ import annotations

import cpt_rag

try:
    from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector
except ImportError as error:
    raise cpt_rag.MissingExtraError(
        "CptSparseEmbeddings needs langchain-qdrant, which is not installed.",
        remedy='pip install "langchain-cpt[qdrant]"',
    ) from error


class CptSparseEmbeddings(SparseEmbeddings):
    """BM25 term weights over words and opened identifiers, for ``QdrantVectorStore``.

    ``getUserName`` and ``get_user_name`` find each other, as a whole and by their parts. A text
    without a word has a vector without terms, which finds nothing and is found by nothing.

    The weights leave the inverse document frequency to Qdrant, so the collection's sparse vector
    needs its modifier. cpt-rag's own collections have it; where ``QdrantVectorStore`` makes the
    collection, say ``sparse_vector_params={"modifier": models.Modifier.IDF}``.
    """

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        """Saturated, length-normalised term weights of each text."""
        return [_vector(cpt_rag.bm25.document_vector(text)) for text in texts]

    def embed_query(self, text: str) -> SparseVector:
        """Weight 1 for each distinct term of the text."""
        return _vector(cpt_rag.bm25.query_vector(text))


def _vector(found: cpt_rag.SparseVector | None) -> SparseVector:
    if found is None:
        return SparseVector(indices=[], values=[])
    return SparseVector(indices=list(found.indices), values=list(found.values))
