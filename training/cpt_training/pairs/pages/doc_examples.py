"""Doc texts as blocks: their prose, and the examples in them, whatever marks those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from cpt_training.pairs.pages.block import Block
from cpt_training.pairs.pages.rst_blocks import rst_blocks

_TAG_LINE = r"^[ \t]*@\w"
# Each is rewritten as a fence, the one form that the reader knows in any language.
_MARKED = (
    # Javadoc, Doxygen, XML, Scaladoc
    re.compile(
        r"<pre(?:\s[^>]*)?>[ \t]*(?:<code(?:\s[^>]*)?>[ \t]*)?\n?(.*?)</pre>", re.DOTALL | re.I
    ),
    re.compile(r"[@\\]code(?:\{\.\w+\})?[ \t]*\n(.*?)[@\\]endcode\b", re.DOTALL),
    re.compile(r"<code(?:\s[^>]*)?>[ \t]*\n(.*?)</code>", re.DOTALL),
    re.compile(r"\{\{\{[ \t]*\n(.*?)\}\}\}", re.DOTALL),
)
_EXAMPLE_TAG = re.compile(
    rf"^[ \t]*@example\b[ \t]*(.*)\n((?:(?!{_TAG_LINE}).*(?:\n|\Z))*)", re.MULTILINE
)
_CAPTION = re.compile(r"</?caption>")
_CODE_TAG = re.compile(r"\{@code(?:[ \t]*\n|\s)|\}\s*\Z|</?(?:code|b|i|em|strong|span)[^>]*>")
_COMMENT = re.compile(r"\A\s*((?:(?://|#)(?!\s*=>).*\n\s*)+)")
_COMMENT_MARK = re.compile(r"(?://|#)\s*")
# Where indentation below a blank line makes code, as in Go, Ruby and Elixir.
_BY_INDENTATION = frozenset(("go", "ruby", "elixir"))
_LIST = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def doc_blocks(doc: str, language: str) -> list[Block]:
    """The blocks of a docstring or doc comment; code without a tag has no language yet."""
    text = doc
    if "@" in text or "<" in text or "{{{" in text or "\\code" in text:
        for form in _MARKED:
            text = form.sub(lambda match: _fenced(_unmarked(match[1])), text)
        text = _EXAMPLE_TAG.sub(_tagged, text)
    if language in _BY_INDENTATION and "\n\n " in text.replace("\t", " "):
        text = _indentation_fenced(text)
    return rst_blocks(text)


def holds_code(doc: str, language: str) -> bool:
    """Whether it is worth while to read a doc text for examples."""
    if ">>>" in doc or "```" in doc or "::\n" in doc or "~~~" in doc:
        return True
    if "<pre" in doc or "@example" in doc or "code" in doc or "{{{" in doc:
        return True
    return language in _BY_INDENTATION and "\n\n" in doc


def _fenced(code: str) -> str:
    return f"\n\n```\n{code.strip(chr(10))}\n```\n\n"


def _unmarked(code: str) -> str:
    return unescape(_CODE_TAG.sub("", code)).replace("{@literal @}", "@").replace("&#064;", "@")


def _tagged(match: re.Match[str]) -> str:
    """``@example``: what stands on its line says what the example shows."""
    caption, code = _CAPTION.sub("", match[1]).strip(), match[2]
    if "```" in code:
        return f"\n\n{caption}\n\n{code}\n"
    comment = _COMMENT.match(code)
    if comment and not caption:
        caption, code = _COMMENT_MARK.sub("", comment[1]), code[comment.end() :]
    return f"\n\n{caption.strip()}{_fenced(code)}"


def _indentation_fenced(text: str) -> str:
    """Indented lines between blank ones as fences, unless they go on with an item of a list."""
    lines = text.split("\n")
    kept: list[str] = []
    row = 0
    in_list = in_fence = False
    while row < len(lines):
        line = lines[row]
        in_fence ^= line.lstrip().startswith(("```", "~~~"))
        starts = line.startswith((" ", "\t")) and line.strip() and not in_fence
        if starts and not in_list and kept and not kept[-1].strip() and not _LIST.match(line):
            end = _end_of_indented(lines, row)
            kept.extend(("```", *lines[row:end], "```", ""))
            row = end
            continue
        if line[:1].strip():
            in_list = bool(_LIST.match(line))
        kept.append(line)
        row += 1
    return "\n".join(kept)


def _end_of_indented(lines: Sequence[str], row: int) -> int:
    end = row
    while row < len(lines) and (not lines[row].strip() or lines[row][0] in " \t"):
        row += 1
        end = row if lines[row - 1].strip() else end
    return end
