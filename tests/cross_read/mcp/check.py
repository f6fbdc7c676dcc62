"""mcp-server-qdrant reads what cpt-rag wrote, and cpt-rag what it wrote.

Run by ``make cross-read-mcp`` in an environment of its own: the tool pins old packages. Both sides
take turns with one folder of qdrant-client's local mode.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from mcp_server_qdrant.embeddings.base import EmbeddingProvider
from mcp_server_qdrant.qdrant import Entry, QdrantConnector
from qdrant_client import QdrantClient

import cpt_rag
from cpt_rag.qdrant import ServerStore

QUESTION = "when is a credit card charged?"
ANSWER = "Cards are charged once an order is packed."
TEXTS = (
    ANSWER,
    "Receipts go to the customer by mail, one for each parcel.",
    "Passwords are hashed with argon2 before they are stored.",
)


class CptProvider(EmbeddingProvider):  # type: ignore[misc]  # is installed where this runs only
    """cpt-rag's encoder, under the name of its vectors."""

    def __init__(self) -> None:
        self._encoder = cpt_rag.load_encoder()

    async def embed_documents(self, documents: list[str]) -> list[list[float]]:
        """One vector for each text."""
        return [[float(x) for x in row] for row in self._encoder.encode_document(documents)]

    async def embed_query(self, query: str) -> list[float]:
        """The vector of a question."""
        return [float(x) for x in self._encoder.encode_query([query])[0]]

    def get_vector_name(self) -> str:
        """As ``ingest`` names it."""
        return "dense"

    def get_vector_size(self) -> int:
        """Length of every vector."""
        return self._encoder.dimension


def ingest(local: Path, folder: Path) -> None:
    """Write with cpt-rag."""
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    client = QdrantClient(path=str(local))
    cpt_rag.ingest(folder, collection="ours", store=ServerStore(client), document_key=True)
    client.close()


async def exchange(local: Path) -> list[Entry]:
    """Write with the tool, and read with it what ``ingest`` wrote."""
    connector = QdrantConnector(None, None, None, CptProvider(), qdrant_local_path=str(local))
    for number, text in enumerate(TEXTS):
        entry = Entry(content=text, metadata={"number": number})
        await connector.store(entry, collection_name="theirs")
    found = await connector.search(QUESTION, collection_name="ours", limit=10)
    await connector._client.close()  # lets go of the folder
    return list(found)


def search(local: Path) -> list[cpt_rag.Hit]:
    """Read with cpt-rag what the tool wrote."""
    client = QdrantClient(path=str(local))
    with cpt_rag.open_collection("theirs", ServerStore(client)) as collection:
        assert collection.foreign, "written by the tool"
        assert not collection.lexical, "its vectors are known again"
        hits = cpt_rag.search(QUESTION, collection=collection)
    client.close()
    return hits


def main() -> int:
    """Both directions; fails loudly."""
    with tempfile.TemporaryDirectory() as made:
        local, folder = Path(made) / "local", Path(made) / "shop"
        folder.mkdir()
        ingest(local, folder)
        entries = asyncio.run(exchange(local))
        assert entries[0].content == ANSWER, entries
        assert sorted(entry.content for entry in entries) == sorted(TEXTS), entries
        assert entries[0].metadata["path"] == "0.md", entries
        print("mcp-server-qdrant reads what cpt-rag wrote:", entries[0].content)
        hits = search(local)
        assert hits[0].text == ANSWER, hits
        assert hits[0].metadata == {"number": 0}, hits
        print("cpt-rag reads what mcp-server-qdrant wrote:", hits[0].text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
