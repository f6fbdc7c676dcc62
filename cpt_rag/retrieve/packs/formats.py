"""How a context pack is written down: Markdown, XML or JSON.

Each format is an opening, one part for each passage, something between them, and a closing, so
that the cost of a pack is known from its parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from cpt_rag.retrieve.packs.passages import Passage, Place
from cpt_rag.text.pictures import CONTROL_PICTURES, NAME_PICTURES

# Names that highlighters spell otherwise.
_FENCE_NAMES = {"c_sharp": "csharp", "notebook": "json", "text": ""}
_TICKS = re.compile("`+")
# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_NAMES = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_XML_TEXT = re.compile(r"[&<\r]|(?<=\]\])>")
_XML_ATTRIBUTE = re.compile(r'[&<"\r\n\t]')


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a pack down; ``passage`` is told whether citations name the root."""

    opening: Callable[[str], str]
    passage: Callable[[Passage, bool], str]
    between: str
    closing: str

    def render(self, query: str, passages: Sequence[Passage], rooted: bool) -> str:
        """The whole pack."""
        parts = self.between.join(self.passage(passage, rooted) for passage in passages)
        return self.opening(query) + parts + self.closing


def citation(place: Place, rooted: bool) -> str:
    """``path:start-end``, after the root's name where a collection has several.

    A text that came from no file has neither root nor lines.
    """
    path = f"{place.root}/{place.path}" if rooted and place.root else place.path
    return f"{path}:{place.start_line}-{place.end_line}" if place.end_line else path


def _nothing(_: str) -> str:
    return ""


def _markdown(passage: Passage, rooted: bool) -> str:
    lines = [f"## {_printable(citation(passage.place, rooted))}"]
    if passage.enclosing:
        lines.append("- in " + ", ".join(map(_code_span, passage.enclosing)))
    if passage.copies:
        places = (_code_span(citation(copy, rooted)) for copy in passage.copies)
        lines.append("- same text in " + ", ".join(places))
    text = passage.text.strip("\r\n").translate(CONTROL_PICTURES)
    fence = "`" * max(3, _longest_ticks(text) + 1)
    language = _FENCE_NAMES.get(passage.language, passage.language)
    return "\n".join([*lines, "", f"{fence}{language}", text, fence, ""])


def _code_span(text: str) -> str:
    text = _printable(text)
    ticks = "`" * (_longest_ticks(text) + 1)
    return f"{ticks}{text}{ticks}" if len(ticks) == 1 else f"{ticks} {text} {ticks}"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _printable(text: str) -> str:
    """On one line: a path may hold any character but a slash and a zero."""
    return text.translate(NAME_PICTURES)


def _xml_opening(query: str) -> str:
    return f'<context query="{_xml_attribute(query)}">\n'


def _xml(passage: Passage, rooted: bool) -> str:
    source = _xml_attribute(citation(passage.place, rooted))
    language = _xml_attribute(passage.language)
    lines = [f'<passage source="{source}" language="{language}">']
    lines += [f"<in>{_xml_text(head)}</in>" for head in passage.enclosing]
    lines += [f"<copy>{_xml_text(citation(copy, rooted))}</copy>" for copy in passage.copies]
    lines += [f"<text>{_xml_text(passage.text)}</text>", "</passage>", ""]
    return "\n".join(lines)


def _xml_text(text: str) -> str:
    return _XML_TEXT.sub(_xml_escape, _legal_xml(text))


def _xml_attribute(text: str) -> str:
    return _XML_ATTRIBUTE.sub(_xml_escape, _legal_xml(text))


def _xml_escape(match: re.Match[str]) -> str:
    return _XML_NAMES.get(match[0], "&gt;")


def _legal_xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text.translate(CONTROL_PICTURES))


def _json_opening(query: str) -> str:
    return f'{{"query": {json.dumps(query)}, "passages": ['


def _json(passage: Passage, rooted: bool) -> str:
    place = asdict(passage.place)
    return json.dumps(
        {
            "citation": citation(passage.place, rooted),
            **place,
            "start": passage.start,
            "end": passage.end,
            "language": passage.language,
            "symbols": passage.symbols,
            "enclosing": passage.enclosing,
            "copies": [asdict(copy) for copy in passage.copies],
            "score": passage.score,
            "text": passage.text,
        }
    )


FORMATS: Mapping[str, Format] = {
    "markdown": Format(_nothing, _markdown, "\n", ""),
    "xml": Format(_xml_opening, _xml, "", "</context>\n"),
    "json": Format(_json_opening, _json, ", ", "]}\n"),
}
