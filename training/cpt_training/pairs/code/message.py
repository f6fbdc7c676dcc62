"""Texts that a program writes for people: a string literal read as prose, and code without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpt_training.pairs.prose import LEAD_CHARACTERS, cut

if TYPE_CHECKING:
    from tree_sitter import Node

MINIMUM_WORDS = 4
# A statement with more nodes than this before its first text is data, not a message.
_MOST_NODES = 60

_STRING = re.compile(
    r"string|(?:template|raw|encapsed)_string|(?:\w+_)?string_literal|interpolated_string_expression"
)
# What joins literals, and values, to one text.
_JOINED = re.compile(
    r"binary_expression|binary_operator|infix_expression|additive_expression|infix|literal"
    r"|parenthesized_expression|(?:concatenated|chained)_string"
)
_JOINING = frozenset(("+", "..", ".", "<>", "++", "%"))

_DELIMITER = re.compile(r"([A-Za-z$@]*#*)(\"\"\"|'''|[\"'`])")
_EXPRESSION = re.compile(
    r"\$\{([^{}]*)\}|#\{([^{}]*)\}|\\\(([^()]*(?:\([^()]*\))?[^()]*)\)|\{([^{}]*)\}"
    r"|%[({](\w+)[)}][a-z]?|(?<![\\\w])\$([A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*)*)"
)
_PRINTF = re.compile(
    r"%(?:\d+\$)?[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh?|ll?|[zjtqL])?[diouxXeEfFgGcrsapvTwqU@]"
    r"(?![a-z])|%-?\*?\d*\.?\*?\d*s"
)
_ESCAPE = re.compile(
    r"\\(?:\r?\n\s*|[\"'`\\/$]|u\{?[0-9A-Fa-f]+\}?|x[0-9A-Fa-f]{2}|[0-7]{1,3}|[a-z])"
)
# Names that say nothing of the value.
_NAMELESS = frozenset(("this", "self", "it", "e", "err", "ex", "s", "x"))
_NAME = re.compile(r"_*([A-Za-z]\w*?)_*(?:\(\))?$")
_EMPTY = re.compile(r"(?<!\w)\(\W*\)|(?<!\w)\[\W*\]|\{\s*\}|<\s*>|''|\"\s*\"|``|' +'")
_LEADING = re.compile(r"^(?:[\s:;,=*>]|-+\s)+")
_LOOSE = re.compile(r"\s+([,.;:!?)])(?=\s|$)")
_PARAGRAPH = re.compile(r"\n\s*\n")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")


@dataclass(frozen=True, slots=True)
class Message:
    """What a text says, its placeholders made plain, and the literals that it is written as."""

    text: str
    literals: tuple[str, ...]


def message(node: Node, minimum_words: int = MINIMUM_WORDS) -> Message | None:
    """The first text of ``minimum_words`` words in a statement, in the order of its source.

    Of several paragraphs the first is taken.
    """
    for literal in _strings(node):
        whole = literal
        while whole.parent is not None and whole != node and _joins(whole.parent):
            whole = whole.parent
        literals: list[str] = []
        text = "".join(_pieces(whole, literals)).strip()
        said = tidy(_PARAGRAPH.split(text)[0])
        if len(_WORD.findall(said)) >= minimum_words:
            return Message(said, tuple(literals))
    return None


def tidy(text: str) -> str:
    """A message on one line, without what is left around the values that are not known."""
    text = _LOOSE.sub(r"\1", " ".join(_EMPTY.sub(" ", text).split()))
    return cut(_LEADING.sub("", text).rstrip(" :;,-="), LEAD_CHARACTERS)


def without(code: str, message: Message) -> tuple[str, int] | None:
    """Code with a message's literals emptied, and where the first was; None where it has none."""
    position = -1
    for literal in message.literals:
        if not _WORD.search(literal):
            continue
        # The lines of a literal may be indented less in ``code`` than in the file.
        pattern = re.compile(
            r"\s*\n\s*".join(re.escape(line.strip()) for line in literal.split("\n"))
        )
        found = pattern.search(code)
        if found is None:
            return None
        if position < 0:
            position = found.start()
        empty = _emptied(literal)
        code = empty.join(pattern.split(code))
    return (code, position) if position >= 0 else None


def _strings(node: Node) -> Iterator[Node]:
    pending, seen = [node], 0
    while pending and seen < _MOST_NODES:
        inner = pending.pop()
        seen += 1
        if _STRING.fullmatch(inner.type):
            yield inner
        else:
            pending.extend(reversed(inner.named_children))


def _joins(node: Node) -> bool:
    """Whether an expression joins the texts inside it to one."""
    if not _JOINED.fullmatch(node.type):
        return False
    operator = node.child_by_field_name("operator")
    if operator is None and node.type.startswith(("binary", "additive")) and node.child_count == 3:
        operator = node.child(1)
    return operator is None or (operator.text or b"").decode() in _JOINING


def _pieces(node: Node, literals: list[str]) -> Iterator[str]:
    """What an expression writes, value by value; its literals are added to ``literals``."""
    source = (node.text or b"").decode("utf-8", "replace")
    if _STRING.fullmatch(node.type):
        literals.append(source)
        yield _said(source)
    elif _joins(node):
        # Python's % takes values for the placeholders of what stands before it.
        formats = node.child_count == 3 and any(child.type == "%" for child in node.children)
        for child in node.named_children[: 1 if formats else None]:
            if child.type != "operator":
                yield from _pieces(child, literals)
    else:
        yield f" {_name(source)} "


def _said(literal: str) -> str:
    """A literal's text without its delimiters, placeholders as names where they have one."""
    match = _DELIMITER.match(literal)
    text = literal
    if match is not None:
        text = literal[match.end() :].rstrip("#")
        text = text[: -len(match[2])] if text.endswith(match[2]) else text
    text = _EXPRESSION.sub(lambda found: _name(found[found.lastindex or 0]), text)
    return _ESCAPE.sub(_unescaped, _PRINTF.sub("", text).replace("%%", "%"))


def _unescaped(match: re.Match[str]) -> str:
    if match[0] == "\\n":
        return "\n"
    return match[0][1] if match[0][1] in "\"'`\\/$" else " "


def _name(expression: str) -> str:
    """The name of a value: the last name of a path such as ``self.path``, or nothing."""
    expression = re.split(r"![rsa]\b|:(?!:)|\|", expression.strip())[0]
    last = re.split(r"\.|->|::|\$", expression)[-1]
    found = _NAME.fullmatch(last)
    return found[1] if found and found[1] not in _NAMELESS else ""


def _emptied(literal: str) -> str:
    match = _DELIMITER.match(literal)
    if match is None:
        return '""'
    hashes = literal[len(literal.rstrip("#")) :]
    return f"{match[0]}{match[2]}{hashes}"
