"""The usual LangChain pipeline: split by language, embed, QdrantVectorStore in memory.

It reads the code files only, which is in its favour: it has no ranking that would prefer them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.code_search.code_files import code_files

if TYPE_CHECKING:
    from langchain_core.documents import Document

CHUNK_SIZE = 1000
CHUNK_OVERLAP = 100
# LangChain's names where they differ from ours.
_NAMES = {"javascript": "js", "typescript": "ts", "tsx": "ts"}


class LangChain:
    """Dense search of 1,000-character chunks."""

    def __init__(self, prepared: Path) -> None:
        from langchain_cpt import CptEmbeddings

        self._embeddings = CptEmbeddings()

    def index(self, folder: Path, scratch: Path) -> None:
        from langchain_qdrant import QdrantVectorStore

        chunks = [chunk for path, language in code_files(folder)
                  for chunk in _split(path, folder, language)]  # fmt: skip
        self._store = QdrantVectorStore.from_documents(
            chunks, self._embeddings, location=":memory:", collection_name="bench"
        )

    def search(self, query: str, limit: int) -> list[str]:
        hits = self._store.similarity_search(query, k=limit)
        return [hit.metadata["path"] for hit in hits]

    def close(self) -> None:
        self._store.client.close()


def _split(path: Path, folder: Path, language: str) -> list[Document]:
    from langchain_core.documents import Document

    text = path.read_text(encoding="utf-8", errors="replace")
    source = {"path": path.relative_to(folder).as_posix()}
    chunks: list[Document] = _splitter(language).split_documents([Document(text, metadata=source)])
    return chunks


def _splitter(language: str) -> Any:
    from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

    name = _NAMES.get(language, language)
    if name not in {known.value for known in Language}:  # Bash and Zig
        return RecursiveCharacterTextSplitter(chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP)
    return RecursiveCharacterTextSplitter.from_language(
        Language(name), chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP
    )
