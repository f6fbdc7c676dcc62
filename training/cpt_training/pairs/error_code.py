"""The message of an error and the code that raises it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cpt_rag.chunking.languages import COMMENTS
from cpt_training.pairs.code.definitions import syntax
from cpt_training.pairs.code.enclosing import function_around, window
from cpt_training.pairs.code.message import message, without
from cpt_training.pairs.pair import Pair, SourceFile

KIND = "error_code"
MOST_OF_FUNCTION = 3
MINIMUM_LINES = 3

_THROW = rb"\bthrow\s+[\w\\.:<>]"
_C = (
    rb"\bfprintf\s*\(\s*stderr\s*,|\b(?:errx?|warnx?|die|fatal|perror|failf|panic|croak|bail"
    rb"|g_set_error|luaL_error|PyErr_SetString|PyErr_Format|error|error_setg|log_err(?:or)?"
    rb"|[a-z_]+_err(?:or)?|LOGE|LOG_ERR(?:OR)?)\s*\("
)
# The opening of what raises, returns or reports an error, or its group, where links of a chain
# stand before; the first text of the smallest node around it is the message.
_RAISES = {
    "python": rb"\braise\s+[\w.]+\(",
    "javascript": _THROW + rb"|\b(?:Promise\.)?reject\(\s*new\b",
    "java": _THROW,
    "go": rb"\b(?:errors\.(?:New|Errorf|Wrapf?|WithMessagef?)|fmt\.Errorf|xerrors\.(?:New|Errorf)"
    rb"|status\.(?:Error|Errorf)|panic|log\.Fatal(?:f|ln)?)\(",
    "rust": rb"\b(?:panic|bail|anyhow|ensure|eyre|format_err|assert)!\s*[(\[{]"
    rb"|\bErr\(|\.(?:context|with_context|ok_or|ok_or_else)(\()",
    "ruby": rb"\b(?:raise|fail|abort)[ (]\s*[A-Z:\"']",
    "php": _THROW + rb"|\btrigger_error\(",
    "c": _C,
    "cpp": _THROW + rb"|" + _C,
    "c_sharp": _THROW,
    "bash": rb"\b(?:die|fatal|error|err|abort|bail)\s+[\"']|\becho\s[^\n]*>&2",
    "kotlin": _THROW + rb"|\b(?:error|require|check|requireNotNull|checkNotNull)\s*\(",
    "scala": _THROW + rb"|\bsys\.error\(|\brequire\(",
    "swift": rb"\bthrow\s+[\w.]+|\b(?:fatalError|preconditionFailure)\(",
    "lua": rb"\b(?:error|assert)\s*\(",
    "elixir": rb"\braise[ (]\s*[A-Z\"]",
    "haskell": rb"\b(?:error|errorWithoutStackTrace|throwError|fail|throwIO|ioError)\b[ $(]",
    "zig": rb"@(?:panic|compileError)\(",
}
# What stands where code does not: it says nothing of what the function does.
_PLACEHOLDER = re.compile(
    r"not (?:yet |been )?implemented|(?:never|n't|not) (?:be |get )?(?:called|happen|reached|here)"
    r"|unreachable|(?:must|should) (?:be )?(?:implement|overrid)|abstract (?:method|class)",
    re.IGNORECASE,
)
_RAISES["typescript"] = _RAISES["tsx"] = _RAISES["javascript"]
_PATTERNS = {language: re.compile(pattern) for language, pattern in _RAISES.items()}


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield messages of errors with the functions that raise them, less the message itself."""
    pattern = None if file.test else _PATTERNS.get(file.language)
    tree = syntax(file) if pattern else None
    if pattern is None or tree is None:
        return
    of_function: Counter[int] = Counter()
    seen: set[str] = set()
    for match in pattern.finditer(tree.data):
        function = function_around(file, match.start())
        if function is None or of_function[function.node.start_byte] >= MOST_OF_FUNCTION:
            continue
        statement = tree.root.named_descendant_for_byte_range(*match.span(match.lastindex or 0))
        if statement is None or statement.type in COMMENTS or "string" in statement.type:
            continue
        found = message(statement)
        if found is None or found.text in seen or _PLACEHOLDER.search(found.text):
            continue
        rest = without(function.code, found)
        if rest is None or rest[0].count("\n") + 1 < MINIMUM_LINES:
            continue
        seen.add(found.text)
        of_function[function.node.start_byte] += 1
        yield Pair(KIND, file.language, found.text, window(*rest))
