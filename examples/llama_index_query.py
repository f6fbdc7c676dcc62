"""Ask a folder a few questions through a LlamaIndex query engine that cites its sources.

It needs ``llama-index-cpt`` and no network: ``MockLLM`` stands where your language model goes, and
says nothing of sense. The index goes to ``.demo``, or to the folder given as first argument; the
second is what to ask, this project's own library by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.retrievers.cpt import CptRetriever

import cpt_rag

HERE = Path(__file__).resolve().parent.parent
STORE = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / ".demo"
FOLDER = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "cpt_rag"
QUESTIONS = (
    "what happens when another process has locked the collection?",
    "how are two rankings fused?",
)


def main() -> None:
    """Ingest the folder, which costs little the second time, and ask."""
    cpt_rag.ingest(FOLDER, collection="llama-index", store=STORE)
    with CptRetriever("llama-index", STORE, similarity_top_k=3) as retriever:
        engine = CitationQueryEngine(retriever, llm=MockLLM(max_tokens=5))
        for question in QUESTIONS:
            response = engine.query(question)
            print(f"{question}\n{response}\n")
            for number, source in enumerate(response.source_nodes, 1):
                place = source.node.metadata
                lines = f"{place['start_line']}-{place['end_line']}"
                print(f"[{number}] {source.node.ref_doc_id}:{lines}")
            print()


if __name__ == "__main__":
    main()
