"""Markdown as blocks, read by markdown-it; with what site generators add to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cpt_training.pairs.pages.block import Block, Code, Heading, ListItem, Paragraph
from cpt_training.pairs.pages.code_language import named
from cpt_training.pairs.pages.html_blocks import html_blocks
from cpt_training.pairs.pages.inline import role_text, tidy

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(title|description):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_CONTAINER = re.compile(r"^[ \t]*:{3,}.*$", re.MULTILINE)
_ADMONITION = re.compile(r"([ \t]*)(?:!!!|\?\?\?\+?|===\+?)[ \t]+[\w\"'].*$")
_TEMPLATE = re.compile(r"\{%.*?%\}|\{\{<.*?>\}\}|\[\[toc\]\]|\[toc\]", re.IGNORECASE | re.DOTALL)
_ROLE = re.compile(r"\{([\w:+.-]+)\}$")
_TAG = re.compile(r"\{?\.?([\w+#-]+)")
_DIRECTIVE = re.compile(r"\{[\w:-]+\}[ \t]*([\w+#-]*)")
_CODE_DIRECTIVE = re.compile(r"\{(?:code|code-block|code-cell|sourcecode)\}")
_OPTIONS = re.compile(r"\A(?::[\w-]+:.*\n)+\n*")
# What a reference link to nowhere leaves, as Rust's links to items do: ``[`Vec`]``.
_BRACKETS = re.compile(r"\[([\w:.<>()!&/ -]+)\](?:\[[^\]]*\])?")
_ALERT = re.compile(r"\A(?:\[!\w+\]|!\w+(?=\s))\s*")
_CHECKBOX = re.compile(r"\A\[[ xX]\]\s+")
# Marks of footnotes, and of what MyST adds: definitions and targets.
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\](?!:)")
_NO_TEXT = re.compile(r"\A(?:\[\^[^\]\s]+\]:.*|\([\w.:-]+\)=)\Z", re.DOTALL)
_DEFINITION = re.compile(r"(?:\A|(?<=\s)):\s+(?=\S)")
_ANCHOR = re.compile(r"\s*\{[#.:][^}]*\}\s*$")
_MODULE = re.compile(r"(?:import|export)\b.*(?:from\s+['\"]|['\"];?$|\{|=)")


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a page, in order; its front matter's title stands for a missing heading."""
    front = _FRONT_MATTER.match(text)
    opening: list[Block] = []
    if front:
        text = text[front.end() :]
        fields = {name: value.strip("'\"") for name, value in _FIELD.findall(front[1])}
        if "title" in fields:
            opening.append(Heading(1, tidy(fields["title"])))
        if "description" in fields:
            opening.append(Paragraph(tidy(fields["description"])))
    if ":::" in text:
        text = _CONTAINER.sub("", text)
    if "\n!!!" in text or "\n???" in text or "\n===" in text:
        text = _without_admonitions(text)
    blocks = _blocks(_parser().parse(text))
    if any(isinstance(block, Heading) and block.level == 1 for block in blocks):
        return blocks
    return opening + blocks


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _without_admonitions(text: str) -> str:
    """Lines without ``!!! note`` and ``=== "Tab"``, what is indented below them outdented."""
    lines: list[str] = []
    margin = -1
    for line in text.split("\n"):
        opening = _ADMONITION.match(line)
        width = len(line) - len(line.lstrip())
        if margin >= 0 and line.strip() and width <= margin:
            margin = -1
        if opening:
            margin = width if margin < 0 else margin
            lines.append("")
        else:
            lines.append(line[4:] if margin >= 0 and line.startswith("    ") else line)
    return "\n".join(lines)


def _blocks(tokens: Sequence[Token]) -> list[Block]:
    blocks: list[Block] = []
    depth = 0
    opens_item = in_table = False
    heading: int | None = None
    for token in tokens:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif kind in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif kind == "list_item_open":
            opens_item = True
        elif kind in ("table_open", "table_close"):
            in_table = kind == "table_open"
        elif kind == "heading_open":
            heading = int(token.tag[1])
        elif kind in ("fence", "code_block"):
            blocks.extend(_code(token))
        elif kind == "html_block":
            blocks.extend(html_blocks(token.content))
        elif kind == "inline" and not in_table:
            text = _plain(token)
            if heading is not None:
                blocks.append(Heading(heading, _ANCHOR.sub("", text)))
            elif opens_item:
                blocks.append(ListItem(_CHECKBOX.sub("", text), depth - 1))
            elif text and not _MODULE.match(text) and not _NO_TEXT.match(text):
                blocks.append(Paragraph(_ALERT.sub("", text)))
            heading = None
            opens_item = False
    return [block for block in blocks if isinstance(block, (Heading, Code)) or block.text]


def _code(token: Token) -> list[Block]:
    text, info = token.content.strip("\n"), token.info.strip()
    directive = _DIRECTIVE.match(info)
    if directive:
        if not _CODE_DIRECTIVE.match(info):
            return []
        text, tag = _OPTIONS.sub("", text), directive[1]
    else:
        match = _TAG.match(info)
        tag = match[1] if match else ""
    language = named(tag) if tag else ""
    # A tag that names no language, as "text" and "output", says that this is no code.
    return [Code(text, language)] if text and (language or not tag) else []


def _plain(token: Token) -> str:
    """What a reader sees of running text, without pictures."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type == "text":
            parts.append(child.content)
        elif child.type == "code_inline":
            role = _ROLE.search(parts[-1]) if parts else None
            if role:
                parts[-1] = parts[-1][: role.start()]
            parts.append(role_text(child.content, role[1]) if role else child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    text = "".join(parts)
    if "{" in text or "[" in text:
        text = _FOOTNOTE.sub("", _TEMPLATE.sub("", text))
        text = _BRACKETS.sub(_unbracketed, text)
    return tidy(_DEFINITION.sub("", text))


def _unbracketed(match: re.Match[str]) -> str:
    """``[x]`` at the beginning of an item is a box, not a link."""
    return match[0] if match.start() == 0 and match[1] in (" ", "x", "X") else match[1]
