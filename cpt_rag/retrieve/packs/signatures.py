"""The signature at the top of a chunk, found in its text alone: a chunk is no whole program."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_SIGNATURE = 200

# Their signature ends with its line; in other languages it ends with what opens the body.
_ENDED_BY_LINE = frozenset({"python", "ruby", "lua", "elixir", "haskell", "bash"})
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE_COMMENT = re.compile(r"#|//|--|;|/?\*|@")
_ANNOTATIONS = re.compile(r"(?:@[\w.]+(?:\([^()]*\))?\s+)+(?=\w)")
# What joining lines leaves inside brackets: `( a, b, )`.
_BRACKET_SPACE = re.compile(r"([(\[]) |,? ([)\]])")
# A Go receiver, `pub(crate)`, an export macro: a group in brackets that a word follows.
_GROUP_BEFORE_WORD = re.compile(r"\([^()]*\)\s*(?=\w)")
_STATEMENT = re.compile(
    r"(?:assert|await|case|catch|defer|do|elif|else|for|go|if|match|panic|raise|return|switch|"
    r"throw|try|until|while|yield)\b|\W"
)
# Where every definition says that it is one, an assignment to its name is none.
_KEYWORD = {"python": re.compile(r"(?:async\s+)?def\b|class\b")}
# `template <...>` or a return type, on a line of its own above the name.
_CONTINUED = re.compile(r"[^(;={}]*[\w>*&]$")
_LINES_BEFORE_NAME = 3


def signature_of(name: str, text: str, language: str) -> str | None:
    """The definition of ``name`` that ``text`` begins with, on one line, without its body.

    Comments and decorators may come first. None where ``text`` begins with anything else.
    """
    whole_name = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    keyword = _KEYWORD.get(language)
    lines = list(code_lines(text))
    for number, line in enumerate(lines[:_LINES_BEFORE_NAME]):
        if _STATEMENT.match(line) or (keyword and not keyword.match(line)):
            return None
        before_brackets = re.split("[(=]", _GROUP_BEFORE_WORD.sub(" ", line, count=1))[0]
        if whole_name.search(before_brackets):
            found, end = _up_to_body("\n".join(lines[number:]), language)
            is_call = end == ";" and bool(whole_name.match(line))
            return None if is_call else found
        if not _CONTINUED.match(line):
            return None
    return None


def code_lines(text: str) -> Iterator[str]:
    """Lines without their indentation, and without blank ones, comments and decorators."""
    depth = 0
    for line in _BLOCK_COMMENT.sub("", text).splitlines():
        bare = _ANNOTATIONS.sub("", line.strip(), count=1)
        if not bare:
            continue
        if depth <= 0 and not _LINE_COMMENT.match(bare):
            yield bare
        elif depth > 0 or bare.startswith(("@", "#[")):
            depth += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))


def _up_to_body(text: str, language: str) -> tuple[str, str]:
    """From the beginning of ``text`` to where the body opens, and the character there."""
    depth, end = 0, len(text)
    stops = "\n" if language in _ENDED_BY_LINE else "{;"
    for position, character in enumerate(text):
        if depth <= 0 and character in stops:
            end = position
            break
        depth += (character in "([{") - (character in ")]}")
    line = _BRACKET_SPACE.sub(r"\1\2", " ".join(text[:end].split()))
    if len(line) > LONGEST_SIGNATURE:
        line = f"{line[:LONGEST_SIGNATURE].rstrip()} ..."
    return line, text[end : end + 1]
