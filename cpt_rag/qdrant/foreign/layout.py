"""Where other programs keep a text and what is known about it, told from a sample of payloads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cpt_rag.errors import CollectionError
from cpt_rag.qdrant.foreign import nodes
from cpt_rag.qdrant.spec import DOCUMENT, METADATA, PAGE_CONTENT

PATH_KEYS = ("path", "file_path", "source", "file_name")
"""Metadata under which programs keep where a text came from."""

TEXT_KEYS = (PAGE_CONTENT, DOCUMENT, "text", "content", "body", "chunk", "passage", "chunk_text")
"""Payload keys under which programs keep a text, the surest first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a payload.

    Args:
        text: key of the text; of LlamaIndex's nodes, the key that old versions used.
        metadata: key of the metadata, None where all other keys are metadata.
        nodes: whether the payloads are LlamaIndex's nodes.
        fields: names of the metadata met in the sample, sorted.
    """

    text: str
    metadata: str | None
    nodes: bool
    fields: tuple[str, ...]

    @property
    def text_keys(self) -> list[str]:
        """Payload keys that hold the text."""
        return [nodes.NODE, self.text] if self.nodes else [self.text]

    def payload(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in this package's shape; empty where it has no text."""
        text = nodes.node_text(raw) if self.nodes else raw.get(self.text)
        if not isinstance(text, str) or not text.strip():
            return {}
        return {PAGE_CONTENT: text, METADATA: self._metadata(raw)}

    def embedded_text(self, raw: Mapping[str, Any]) -> object:
        """What an encoder was given for it."""
        return nodes.embedded_text(raw) if self.nodes else raw.get(self.text)

    def field(self, path: str) -> str | None:
        """Their path of the field that has the path ``path`` here, None where they have none."""
        head, _, name = path.partition(".")
        if head != METADATA or not name:
            return None
        if name == PATH_KEYS[0]:
            name = next((key for key in PATH_KEYS if key in self.fields), name)
        return name if self.metadata is None else f"{self.metadata}.{name}"

    def _metadata(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        if self.metadata is not None:
            held = raw.get(self.metadata)
            return dict(held) if isinstance(held, Mapping) else {}
        own = nodes.OWN if self.nodes else ()
        return {key: value for key, value in raw.items() if key != self.text and key not in own}


def read_layout(name: str, sample: Sequence[Mapping[str, Any]]) -> Layout:
    """The layout of the collection ``name`` by some of its payloads.

    Raises:
        CollectionError: no field of theirs is plainly the text.
    """
    as_nodes = any(nodes.NODE in raw for raw in sample)
    text = "text" if as_nodes else _text_key(name, sample)
    metadata = None if as_nodes else _metadata_key(text, sample)
    bare = Layout(text, metadata, as_nodes, ())
    fields = {key for raw in sample for key in bare.payload(raw).get(METADATA, ())}
    return Layout(text, metadata, as_nodes, tuple(sorted(fields)))


def _text_key(name: str, sample: Sequence[Mapping[str, Any]]) -> str:
    strings = Counter(
        key
        for raw in sample
        for key, value in raw.items()
        if isinstance(value, str) and value.strip()
    )
    known = [key for key in TEXT_KEYS if key in strings]
    if known:
        return known[0]
    if len(strings) == 1:
        return next(iter(strings))
    found = ", ".join(map(repr, sorted(strings))) or "no strings"
    raise CollectionError(
        f"collection {name!r} was written by another program, and which field of its payloads is"
        f" the text cannot be told: they hold {found}",
        expected=f"one string, or one of {', '.join(TEXT_KEYS)}",
        remedy=f"store the text of every point under {PAGE_CONTENT} too",
    )


def _metadata_key(text: str, sample: Sequence[Mapping[str, Any]]) -> str | None:
    others = {key for raw in sample for key, value in raw.items() if value is not None} - {text}
    nested = {key for key in others if any(isinstance(raw.get(key), Mapping) for raw in sample)}
    if METADATA in nested:
        return METADATA
    return next(iter(nested)) if len(others) == len(nested) == 1 else None
