"""cpt-rag's chunker in LlamaIndex."""

from llama_index.node_parser.cpt.base import CptNodeParser

__all__ = ["CptNodeParser"]
