"""Git's ignore patterns, matched against one path at a time as git itself matches them.

A library's matcher also says yes to what lies below a match; a walk that asks folder by folder must
have the answer for the folder alone, or a rule that takes a folder back in takes in all its files.
Paths and patterns are bytes, as to git: ``?`` is one byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb" \t\n\r\f\v",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_CLASS = re.compile(rb"\[:([^\]]*):\]")
_SPECIAL = re.compile(rb"[*?\[\\]")
_BOM = b"\xef\xbb\xbf"
_NEVER = rb"(?!)"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One pattern: a regular expression for a whole path, or for its last part only."""

    source: bytes
    negative: bool
    folders_only: bool
    last_part_only: bool

    def matches(self, path: bytes, name: bytes, folder: bool) -> bool:
        if self.folders_only and not folder:
            return False
        return re.fullmatch(self.source, name if self.last_part_only else path, re.S) is not None


class Rules:
    """The patterns of one ignore file.

    Args:
        content: the file's bytes.
    """

    def __init__(self, content: bytes) -> None:
        self._rules = list(_parsed(content.removeprefix(_BOM).split(b"\n")))
        # Most paths match nothing: one expression for all of them says so.
        self._names = _any(rule.source for rule in self._rules if rule.last_part_only)
        self._paths = _any(rule.source for rule in self._rules if not rule.last_part_only)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def verdict(self, path: bytes, *, folder: bool = False) -> bool | None:
        """Whether ``path`` is ignored: the last pattern that matches decides, None where none does.

        Args:
            path: relative to the folder of the ignore file, with forward slashes.
            folder: whether it is one.
        """
        name = path[path.rfind(b"/") + 1 :]
        if not (self._names.fullmatch(name) or self._paths.fullmatch(path)):
            return None
        for rule in reversed(self._rules):
            if rule.matches(path, name, folder):
                return not rule.negative
        return None


def _any(sources: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(b"(?:%b)" % source for source in sources) or _NEVER, re.S)


def _parsed(lines: Iterable[bytes]) -> Iterator[_Rule]:
    for line in lines:
        if line.startswith(b"#"):
            continue
        pattern = _without_trailing_spaces(line.removesuffix(b"\r"))
        negative = pattern.startswith(b"!")
        pattern = pattern[negative:]
        folders_only = pattern.endswith(b"/")
        if folders_only:
            pattern = pattern[:-1]
        last_part_only = b"/" not in pattern
        source = _expression(pattern) if last_part_only else _anchored(pattern)
        if pattern and source is not None:
            yield _Rule(source, negative, folders_only, last_part_only)


def _without_trailing_spaces(line: bytes) -> bytes:
    """Spaces at the end mean nothing unless a backslash stands before them."""
    kept = line.rstrip(b" ")
    escapes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if escapes % 2 and len(kept) < len(line) else kept


def _anchored(pattern: bytes) -> bytes | None:
    pattern = pattern.removeprefix(b"/")
    # Git compares what precedes the first special character by itself, so that two asterisks
    # there stand at a beginning.
    special = _SPECIAL.search(pattern)
    literal = pattern[: special.start()] if special else pattern
    rest = _expression(pattern[len(literal) :])
    return None if rest is None else re.escape(literal) + rest


def _expression(pattern: bytes) -> bytes | None:
    """The regular expression of a pattern; None for one that can match nothing."""
    parts: list[bytes] = []
    at = 0
    while at < len(pattern):
        one = pattern[at : at + 1]
        if one == b"*":
            part, at = _asterisks(pattern, at)
        elif one == b"[":
            found = _bracket(pattern, at + 1)
            if found is None:
                return None
            part, at = found
        elif one == b"\\":
            if at + 1 == len(pattern):
                return None
            part, at = re.escape(pattern[at + 1 : at + 2]), at + 2
        else:
            part, at = (rb"[^/]" if one == b"?" else re.escape(one)), at + 1
        parts.append(part)
    return b"".join(parts)


def _asterisks(pattern: bytes, start: int) -> tuple[bytes, int]:
    """One asterisk stays in its folder; two do not, where they are a part of the path."""
    end = start
    while pattern[end : end + 1] == b"*":
        end += 1
    opens = start == 0 or pattern[start - 1 : start] == b"/"
    closes = end == len(pattern) or pattern.startswith((b"/", b"\\/"), end)
    if end - start == 1 or not (opens and closes):
        return rb"[^/]*", end
    if pattern[end : end + 1] == b"/":
        return rb"(?:.*/)?", end + 1
    return rb".*", end


def _bracket(pattern: bytes, start: int) -> tuple[bytes, int] | None:
    """A set of bytes, from behind its ``[``: an expression and where it ends."""
    at = start
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: list[bytes] = []
    low: bytes | None = None  # what a range may begin with
    first = True
    while first or pattern[at : at + 1] != b"]":
        first = False
        if named := _CLASS.match(pattern, at):
            if named[1] not in _CLASSES:
                return None
            members.append(_CLASSES[named[1]])
            low, at = None, named.end()
            continue
        if pattern[at : at + 1] == b"-" and low and pattern[at + 1 : at + 2] not in (b"", b"]"):
            high, at = _member(pattern, at + 1)
            if high is None:
                return None
            if low <= high:
                members.append(_code(low) + b"-" + _code(high))
            low = None
            continue
        low, at = _member(pattern, at)
        if low is None:
            return None
        members.append(_code(low))
    inside = b"".join(members)
    if negated:
        return b"[^/%b]" % inside, at + 1
    return b"(?!/)[%b]" % inside, at + 1


def _member(pattern: bytes, at: int) -> tuple[bytes | None, int]:
    at += pattern[at : at + 1] == b"\\"
    return pattern[at : at + 1] or None, at + 1


def _code(byte: bytes) -> bytes:
    return b"\\x%02x" % byte[0]
