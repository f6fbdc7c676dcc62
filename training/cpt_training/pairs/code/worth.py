"""Which definitions implement something that a query may ask for."""

from __future__ import annotations

import re

from cpt_training.pairs.code.definitions import Definition

MINIMUM_LINES = 3
_KINDS = frozenset({"function", "method", "macro"})
_SPECIAL = re.compile(r"test[_ ]|TEST(?:_[FP])?$|__(?!init__|call__|construct|invoke)")
# Decorators and attributes of tests and of overloads, which have their implementation elsewhere.
_ORNAMENT = re.compile(
    r"^(?:@(?:\w+\.)?overload|@(?:Test|ParameterizedTest)|#\[(?:\w+::)*(?:test|bench)"
    r"|\[(?:Test|Fact|Theory)\w*[\](])\b",
    re.MULTILINE,
)
_IDLE = re.compile(
    r"""(?:(?:pass|\.\.\.|null|nil|return|'[^']*'|"[^"]*"
      |raise[ ]+(?:[\w.]+\.)?NotImplemented(?:Error)?\b(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|.*)
      |throw\s+(?:new\s+)?\w*(?:NotImplemented|NotSupported|UnsupportedOperation)\w*\b.*
      |throw\s+new\s+Error\(\s*['"](?:not\s+(?:yet\s+)?implemented|abstract|must\b)[^)]*\)
      |(?:unimplemented|todo|unreachable)!\(.*\)
      )\s*;?\s*)+""",
    re.IGNORECASE | re.VERBOSE,
)
_IDLE_CHARACTERS = 400
_COMMENT_LINE = re.compile(
    r"\s*(?:#(?!\s*(?:if|else|end|define))|//|/\*|\*(?:\s|/|$)|--|@(?:Override|spec|impl)\b)"
)
_TELLING = re.compile(r"(?!\s*(?:end|fi|done|esac|begin|do|else|\W*else\W*)\s*$).*\w")


def implements(definition: Definition) -> bool:
    """Whether it is a function that does something, and neither a test nor a special method."""
    if definition.kind not in _KINDS or not definition.body or _SPECIAL.match(definition.name):
        return False
    if _ORNAMENT.search(definition.code, 0, 400):
        return False
    body = definition.body.strip()
    return len(body) > _IDLE_CHARACTERS or _IDLE.fullmatch(body) is None


def telling_lines(code: str) -> int:
    """How many lines hold a word of code, and not brackets or a comment alone."""
    return sum(
        _TELLING.match(line) is not None and _COMMENT_LINE.match(line) is None
        for line in code.split("\n")
    )
