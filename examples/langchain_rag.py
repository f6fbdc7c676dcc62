"""Answer a question about a folder with a LangChain chain that cites path and lines.

    python examples/langchain_rag.py [FOLDER] [--question ...] [--model openai:gpt-4.1-mini]

It needs ``langchain-cpt`` and no network: the model is a stand-in that quotes what it was given,
unless ``--model`` names one for LangChain's ``init_chat_model`` (``pip install langchain`` and that
model's package). The index goes to ``.demo``, or to ``--store``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

import cpt_rag
from langchain_cpt import CptRetriever

HERE = Path(__file__).resolve().parent.parent
COLLECTION = "langchain-rag"
QUESTION = "what happens when another process has locked the collection?"
PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "Answer from the passages alone, and cite them as [path:lines].\n\n{context}"),
        ("human", "{question}"),
    ]
)


def cite(documents: list[Document]) -> str:
    """The passages, each under its place."""
    return "\n\n".join(f"{_place(document)}\n{document.page_content}" for document in documents)


def _place(document: Document) -> str:
    found = document.metadata
    return f"[{found['path']}:{found['start_line']}-{found['end_line']}]"


def quote(prompt: PromptValue) -> AIMessage:
    """What stands in for a model: the place and first line of each passage it was given."""
    lines = prompt.to_messages()[0].text.splitlines()
    places = [n for n, line in enumerate(lines[:-1]) if line.startswith("[") and line[-1] == "]"]
    return AIMessage("\n".join(f"{lines[n + 1].strip()} {lines[n]}" for n in places))


def chat_model(name: str | None) -> Runnable[Any, Any]:
    """The model of this name, or the stand-in."""
    if name is None:
        return RunnableLambda(quote)
    try:
        from langchain.chat_models import init_chat_model
    except ImportError:
        sys.exit("--model needs LangChain: pip install langchain, and the model's own package")
    model: Runnable[Any, Any] = init_chat_model(name)
    return model


def main() -> None:
    """Bring the collection level with the folder, then ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=HERE / "cpt_rag", type=Path)
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--model", help="for LangChain's init_chat_model")
    parser.add_argument("--store", default=str(HERE / ".demo"), help="folder or server URL")
    given = parser.parse_args()
    model = chat_model(given.model)
    cpt_rag.ingest(given.folder, collection=COLLECTION, store=given.store)
    with CptRetriever(collection=COLLECTION, store=given.store, k=4) as retriever:
        chain = (
            {"context": retriever | cite, "question": RunnablePassthrough()}
            | PROMPT
            | model
            | StrOutputParser()
        )
        print(f"{given.question}\n\n{chain.invoke(given.question)}")


if __name__ == "__main__":
    main()
