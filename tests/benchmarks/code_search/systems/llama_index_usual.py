"""The usual LlamaIndex pipeline: read, split, embed, QdrantVectorStore in memory.

It reads the code files only, which is in its favour: it has no ranking that would prefer them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.code_search.code_files import LANGUAGES, code_files

if TYPE_CHECKING:
    from llama_index.core.schema import BaseNode, Document


class LlamaIndex:
    """Dense search of nodes by LlamaIndex's default splitter, or by its splitter for code."""

    def __init__(self, prepared: Path, by_syntax: bool = False) -> None:
        from llama_index.embeddings.cpt import CptEmbedding

        warnings.filterwarnings("ignore", "Payload indexes have no effect")
        self._embedding = CptEmbedding()
        self._split: Callable[[Sequence[Document]], list[BaseNode]]
        self._split = _by_syntax if by_syntax else _by_sentence
        self._qdrant: Any = import_module("llama_index.vector_stores.qdrant")

    def index(self, folder: Path, scratch: Path) -> None:
        from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
        from qdrant_client import QdrantClient

        self._folder = folder
        self._client = QdrantClient(":memory:")
        files = [path for path, _ in code_files(folder)]
        documents = SimpleDirectoryReader(input_files=files, raise_on_error=True).load_data()
        vectors = self._qdrant.QdrantVectorStore("bench", client=self._client)
        self._index = VectorStoreIndex(
            self._split(documents),
            storage_context=StorageContext.from_defaults(vector_store=vectors),
            embed_model=self._embedding,
        )

    def search(self, query: str, limit: int) -> list[str]:
        found = self._index.as_retriever(similarity_top_k=limit).retrieve(query)
        paths = [Path(hit.node.metadata["file_path"]) for hit in found]
        return [path.relative_to(self._folder).as_posix() for path in paths]

    def close(self) -> None:
        self._client.close()


def _by_sentence(documents: Sequence[Document]) -> list[BaseNode]:
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter().get_nodes_from_documents(documents)


def _by_syntax(documents: Sequence[Document]) -> list[BaseNode]:
    """By CodeSplitter, which refuses code that does not parse: such files by sentences."""
    from llama_index.core.node_parser import CodeSplitter

    nodes: list[BaseNode] = []
    splitters: dict[str, CodeSplitter] = {}
    for document in documents:
        language = LANGUAGES[Path(document.metadata["file_path"]).suffix]
        if language not in splitters:
            splitters[language] = CodeSplitter(language)
        try:
            nodes += splitters[language].get_nodes_from_documents([document])
        except ValueError:
            nodes += _by_sentence([document])
    return nodes
