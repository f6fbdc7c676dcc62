"""reStructuredText, and the plain text of READMEs and doc comments, as blocks.

A light reader: sections, paragraphs, lists, literal blocks, doctests and the directives that hold
prose or code. What it does not know, it leaves out, as the rest of the page stands without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from textwrap import dedent

from cpt_rag.chunking.rst import titles
from cpt_training.pairs.pages.block import Block, Code, Heading, ListItem, Paragraph
from cpt_training.pairs.pages.code_language import named
from cpt_training.pairs.pages.inline import rst_plain
from cpt_training.pairs.pages.word_set import word_set

_BULLET = re.compile(r"(?:[-*+\u2022\u2023]|\d{1,3}[.)]|#\.)(?: +|$)")
_EXPLICIT = re.compile(r"\.\.(?: |$)")
_PROMPT = re.compile(r">>>")
_COMMAND = re.compile(r"\$ \S")
# Tables by grid, blocks of lines, targets without a name.
_NO_PROSE = re.compile(r"\|(?: |$)|\+[-=]|__ ")
_DIRECTIVE = re.compile(r"\.\. (?:\|[^|]+\| )?([A-Za-z][\w:+.-]*)::\s*(.*)$")
_SUBSTITUTION = re.compile(r"^\.\. \|([^|\n]+)\| replace::\s*(\S.*)$", re.MULTILINE)
_FENCE = re.compile(r"(`{3,}|~{3,})\s*\{?\.?([\w+#-]*)[^`]*$")
_FIELD = re.compile(r":(?![^:`]+:`)[^:`\s][^:`]*:(?:\s|$)")
_OPTION = re.compile(r":[\w-]+:")
_SIMPLE_BORDER = re.compile(r"=+(?: +=+)+$")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}$")
# A line that ends the paragraph above it, although no blank line stands between.
_BREAK = re.compile(r"[-*\u2022] |>>> |`{3}|~{3}|\.\. ")

# No page that someone wrote nests lists and quotations deeper.
_DEEPEST = 30

_CODE = word_set(
    "code code-block code-cell sourcecode ipython testcode prompt jupyter-execute doctest "
    "bokeh-plot plot"
)
_PYTHON = word_set("ipython testcode jupyter-execute doctest bokeh-plot plot")
# Directives around prose; of the first, what stands on their own line is prose too.
_ADMONITIONS = word_set("attention caution danger error hint important note tip warning")
_CONTAINERS = word_set(
    "admonition attribute autoattribute autoclass autodata autoexception autofunction automethod "
    "automodule changelog class collapse container data dropdown epigraph exception function "
    "highlights method module only property py:attribute py:class py:data py:decorator "
    "py:exception py:function py:method py:module py:property sidebar tab tab-item tab-set tabs "
    "topic"
)


def rst_blocks(text: str) -> list[Block]:
    """The blocks of a text, in order."""
    reader = _Reader(dict(_SUBSTITUTION.findall(text)))
    lines = [line.rstrip() for line in re.split(r"\r\n|\r|\n", text.expandtabs())]
    reader.read(lines, 0, sections=True)
    return reader.blocks


class _Reader:
    def __init__(self, substitutions: dict[str, str]) -> None:
        self.blocks: list[Block] = []
        self._substitutions = substitutions
        self._language = ""
        self._nesting = 0

    def read(self, lines: Sequence[str], depth: int, *, sections: bool = False) -> None:
        """Append the blocks of lines of one indentation, and of what is indented below them."""
        if self._nesting == _DEEPEST:
            return
        self._nesting += 1
        headings = {title.first: title for title in titles(lines)} if sections else {}
        row = 0
        while row < len(lines):
            if not lines[row]:
                row += 1
            elif row in headings:
                title = headings[row]
                self.blocks.append(Heading(title.level, self._plain(title.text)))
                row = title.after
            elif lines[row][0] == " ":
                inner, row = _indented(lines, row)
                self.read(inner, depth)
            else:
                row = self._form(lines[row])(self, lines, row, depth)
        self._nesting -= 1

    def _form(self, line: str) -> _Form:
        """What reads the block that begins with this line."""
        if line[0].isalpha():
            return _Reader._paragraph
        return next((form for sign, form in _FORMS if sign.match(line)), _Reader._paragraph)

    def _paragraph(self, lines: Sequence[str], row: int, depth: int) -> int:
        first = row
        row += 1
        if row < len(lines) and _ADORNMENT.match(lines[row]):
            return row + 1  # a title inside of something else
        while row < len(lines) and lines[row] and lines[row][0] != " ":
            if _BREAK.match(lines[row]):
                break
            row += 1
        text = "\n".join(lines[first:row])
        below = row < len(lines) and lines[row].startswith(" ")
        if text.endswith("::"):
            return self._literal(text, lines, row)
        if below and row == first + 1:
            inner, row = _indented(lines, row)
            self._led(text if text.endswith(":") else text + ":", inner, depth)
            return row
        if below:  # a paragraph whose other lines hang
            inner, row = _indented(lines, row)
            text = "\n".join([text, *inner])
        self._append_paragraph(text)
        return row

    def _literal(self, text: str, lines: Sequence[str], row: int) -> int:
        self._append_paragraph(text[:-2].rstrip() if text.endswith(" ::") else text[:-1])
        while row < len(lines) and not lines[row]:
            row += 1
        if row < len(lines) and lines[row].startswith(" "):
            code, row = _indented(lines, row)
            self._append_code(code, self._language)
        return row

    def _led(self, opening: str, inner: Sequence[str], depth: int) -> None:
        """A term and its definition: one item, if the definition begins with prose."""
        at = len(self.blocks)
        self.read(inner, depth)
        first = self.blocks[at] if at < len(self.blocks) else None
        text = self._plain(opening)
        if isinstance(first, Paragraph) and len(text.split()) < 8:
            self.blocks[at] = ListItem(f"{text} {first.text}", depth)
        else:
            self.blocks.insert(at, Paragraph(text))

    def _item(self, lines: Sequence[str], row: int, depth: int) -> int:
        mark = _BULLET.match(lines[row])
        assert mark is not None
        body = [lines[row][mark.end() :]]
        row += 1
        # Lines that go on at the margin, as Markdown and plain text allow.
        while row < len(lines) and lines[row][:1].isalnum() and not _BULLET.match(lines[row]):
            body.append(lines[row])
            row += 1
        inner, row = _indented(lines, row)
        at = len(self.blocks)
        self.read([*body, *inner], depth + 1)
        if at < len(self.blocks):
            first = self.blocks[at]
            if isinstance(first, Paragraph):
                self.blocks[at] = ListItem(first.text, depth)
        return row

    def _explicit(self, lines: Sequence[str], row: int, depth: int) -> int:
        """A directive; comments, targets and footnotes are left out."""
        directive = _DIRECTIVE.match(lines[row])
        inner, row = _indented(lines, row + 1)
        if directive is None:
            return row
        name, argument = directive[1].lower(), directive[2]
        if name in _ADMONITIONS:
            inner = [argument, *inner]
        while inner and (not inner[0] or _OPTION.match(inner[0])):
            if name == "changelog" and inner[0].startswith(":version:"):
                self.blocks.append(Heading(2, inner[0].removeprefix(":version:").strip()))
            inner = inner[1:]
        if name in _CODE:
            self._append_code(inner, "python" if name in _PYTHON else named(argument))
        elif name == "highlight":
            self._language = named(argument)
        elif name == "change" and inner:  # an entry of a change log
            self._item(
                ["- " + line if not i else "  " + line for i, line in enumerate(inner)], 0, 0
            )
        elif name in _ADMONITIONS or name in _CONTAINERS:
            self.read(inner, depth)
        return row

    def _doctest(self, lines: Sequence[str], row: int, depth: int) -> int:
        """Interactions up to a blank line, and those right after it."""
        first = end = row
        while row < len(lines) and (lines[row] or _next_text(lines, row).startswith(">>>")):
            row += 1
            end = row if lines[row - 1] else end
        self._append_code(lines[first:end], "python")
        return row

    def _commands(self, lines: Sequence[str], row: int, depth: int) -> int:
        """Commands behind prompts, as plain text has them."""
        end = self._skip_block(lines, row, depth)
        self._append_code(lines[row:end], "bash")
        return end

    def _fence(self, lines: Sequence[str], row: int, depth: int) -> int:
        mark = _FENCE.match(lines[row])
        assert mark is not None
        end = row + 1
        while end < len(lines) and not lines[end].strip().startswith(mark[1]):
            end += 1
        self._append_code(lines[row + 1 : end], named(mark[2]) if mark[2] else "")
        return end + 1

    def _append_paragraph(self, text: str) -> None:
        shown = self._plain(text)
        if shown and shown != ":":
            self.blocks.append(Paragraph(shown))

    def _append_code(self, lines: Sequence[str], language: str) -> None:
        text = dedent("\n".join(lines)).strip("\n")
        if text:
            self.blocks.append(Code(text, language))

    def _plain(self, text: str) -> str:
        return rst_plain(text, self._substitutions)

    def _skip_line(self, lines: Sequence[str], row: int, depth: int) -> int:
        return row + 1

    def _skip_block(self, lines: Sequence[str], row: int, depth: int) -> int:
        while row < len(lines) and lines[row]:
            row += 1
        return row

    def _skip_indented(self, lines: Sequence[str], row: int, depth: int) -> int:
        return _indented(lines, row + 1)[1]

    def _skip_simple_table(self, lines: Sequence[str], row: int, depth: int) -> int:
        """To the border that a blank line follows."""
        row += 1
        while row < len(lines) and not (
            _SIMPLE_BORDER.match(lines[row]) and (row + 1 == len(lines) or not lines[row + 1])
        ):
            row += 1
        return row + 1


_Form = Callable[[_Reader, Sequence[str], int, int], int]
"""Appends the block that begins at a row of lines; gives the row after it."""

_FORMS: tuple[tuple[re.Pattern[str], _Form], ...] = (
    (_BULLET, _Reader._item),
    (_EXPLICIT, _Reader._explicit),
    (_PROMPT, _Reader._doctest),
    (_COMMAND, _Reader._commands),
    (_FENCE, _Reader._fence),
    (_NO_PROSE, _Reader._skip_block),
    (_SIMPLE_BORDER, _Reader._skip_simple_table),
    (_FIELD, _Reader._skip_indented),
    (_ADORNMENT, _Reader._skip_line),
)


def _indented(lines: Sequence[str], row: int) -> tuple[list[str], int]:
    """Lines from ``row`` on that are indented or blank, outdented, and the row after them."""
    end = row
    while end < len(lines) and (not lines[end] or lines[end][0] == " "):
        end += 1
    inner = dedent("\n".join(lines[row:end])).rstrip("\n")
    return (inner.split("\n") if inner else []), end


def _next_text(lines: Sequence[str], row: int) -> str:
    return next((line for line in lines[row:] if line), "")
