"""The systems that are compared: what each is called, needs and is made by.

A module of a system imports its packages when the system is made, in a process of its own, so
that the list can be read where they are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Protocol

from tests.benchmarks.code_search.systems import (
    cpt,
    langchain_usual,
    llama_index_usual,
    semble_static,
)


class System(Protocol):
    """Indexes one folder and searches it."""

    def index(self, folder: Path, scratch: Path) -> None:
        """Make ``folder`` searchable; what has to be written goes to ``scratch``, a new folder."""
        ...

    def search(self, query: str, limit: int) -> list[str]:
        """Paths of the ``limit`` best hits, best first, relative to the folder, repeated or not."""
        ...

    def close(self) -> None:
        """Let go of the index."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A system in the list.

    ``make`` takes the folder that ``prepare`` filled once, in a process of its own. ``packages``
    are what must be installed, as pip calls them, by the module that shows it. A ``slow`` one is
    run where it is named.
    """

    label: str
    make: Callable[[Path], System]
    packages: dict[str, str]
    prepare: Callable[[Path], dict[str, float]] | None = None
    slow: bool = False

    def missing(self) -> str | None:
        """What to install, or None where all is there."""
        absent = [pip for module, pip in self.packages.items() if not _installed(module)]
        return f"pip install {' '.join(absent)}" if absent else None

    def versions(self) -> dict[str, str]:
        """Of the packages that are installed."""
        names = (pip.split("==")[0].split("<")[0].strip("'") for pip in self.packages.values())
        return {name: metadata.version(name) for name in names if _distributed(name)}


def _installed(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it
        return False


def _distributed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:  # on the path only
        return False
    return True


_CPT = {"cpt_rag": "cpt-rag"}
_CPT_SMALL = _CPT | {"sentence_transformers": "'cpt-rag[transformers]'"}
_LANGCHAIN = {
    "langchain_cpt": "langchain-cpt",
    "langchain_qdrant": "langchain-qdrant",
    "langchain_text_splitters": "langchain-text-splitters",
}
_LLAMA_INDEX = {
    "llama_index.core": "llama-index-core",
    "llama_index.embeddings.cpt": "llama-index-cpt",
    "llama_index.vector_stores.qdrant": "llama-index-vector-stores-qdrant",
}
# From 1.0 on it fetches its grammars when they are first used, and LlamaIndex refuses it.
_GRAMMARS = {"tree_sitter_language_pack": "'tree-sitter-language-pack<1'"}

SYSTEMS: dict[str, Entry] = {
    "bm25": Entry("BM25", partial(cpt.CptRag, "sparse"), _CPT),
    "dense": Entry("dense", partial(cpt.CptRag, "dense"), _CPT),
    "fused": Entry("cpt-rag fused", partial(cpt.CptRag, "fused"), _CPT),
    "ranked": Entry("cpt-rag ranked", partial(cpt.CptRag, "ranked"), _CPT),
    "small-dense": Entry(
        "dense, cpt-small",
        partial(cpt.CptRag, "dense", encoder="cpt-small"),
        _CPT_SMALL,
        slow=True,
    ),
    "small-ranked": Entry(
        "cpt-rag ranked, cpt-small",
        partial(cpt.CptRag, "ranked", encoder="cpt-small"),
        _CPT_SMALL,
        slow=True,
    ),
    "semble": Entry(
        "semble, cpt-static",
        semble_static.Semble,
        {"semble": "semble==0.7.0", "model2vec": "model2vec"},
        semble_static.prepare,
    ),
    "langchain": Entry("LangChain", langchain_usual.LangChain, _LANGCHAIN),
    "llama-index": Entry("LlamaIndex", llama_index_usual.LlamaIndex, _LLAMA_INDEX),
    "llama-index-code": Entry(
        "LlamaIndex, CodeSplitter",
        partial(llama_index_usual.LlamaIndex, by_syntax=True),
        _LLAMA_INDEX | _GRAMMARS,
    ),
}
REFERENCE = "ranked"
OURS = ("bm25", "dense", "fused", "ranked", "small-dense", "small-ranked")
