"""The help of a command or an option and the code that handles it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cpt_rag.chunking.languages import COMMENTS
from cpt_training.pairs.code import handlers
from cpt_training.pairs.code.definitions import syntax
from cpt_training.pairs.code.enclosing import window
from cpt_training.pairs.code.message import message, without
from cpt_training.pairs.pair import Pair, SourceFile

KIND = "help_handler"
MINIMUM_WORDS = 3
MINIMUM_LINES = 3
MOST_OF_HANDLER = 3

# Every program has these, and no code that is about them.
_COMMONPLACE = re.compile(
    r"^(?:show|print|display|output|get)s?\b.{0,16}\b(?:help|version|usage)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Convention:
    """How programs of some libraries give their help.

    Args:
        mentions: what a file that follows it mentions, a pattern.
        opening: the opening of what holds the help, or its group, where more is needed to know
            it by; the smallest node around it has the text.
        handler: finds the code that the help is about.
    """

    mentions: re.Pattern[bytes]
    opening: re.Pattern[bytes]
    handler: handlers.Resolver


def _row(mentions: bytes, opening: bytes, handler: handlers.Resolver) -> _Convention:
    return _Convention(re.compile(mentions), re.compile(opening, re.MULTILINE), handler)


_NAMED = rb"\b(?:help|short_help|description)\s*=\s*[^=\s]"
_QUOTE = rb"\s*[\"'`]"
_COMMANDER = rb"commander|\bcac\b|caporal|sade|\bprogram\b"
_ECMASCRIPT = (
    _row(_COMMANDER, rb"\.(?:description|summary)(\(" + _QUOTE + rb")", handlers.of_chain),
    _row(_COMMANDER, rb"\.(?:option|requiredOption)(\(" + _QUOTE + rb")", handlers.of_chain),
    _row(rb"yargs", rb"\.(?:command|usage)\(\s*[\"'`\[]", handlers.of_call),
    _row(
        rb"yargs|citty|gunshi|defineCommand|CommandModule|\bhandler\b|\bArgv\b",
        rb"\b(?:describe|description|desc)\s*[:=]" + _QUOTE,
        handlers.of_object,
    ),
    _row(rb"oclif", rb"\bstatic\s+(?:description|summary)\s*=" + _QUOTE, handlers.of_class),
)
_CONVENTIONS = {
    "python": (
        # argparse, optparse, click, typer
        _row(rb"\bhelp\s*=|Parser\(", _NAMED, handlers.of_python_call),
        # Django, setuptools, cliff
        _row(rb"\bCommand\b", rb"^[ \t]+((?:help|description)\s*=\s*[^=\s])", handlers.of_class),
    ),
    **dict.fromkeys(("javascript", "typescript", "tsx"), _ECMASCRIPT),
    "go": (
        _row(rb"cobra|cli\.", rb"\b(?:Short|Long|Usage|Description)\s*:\s*\S", handlers.of_literal),
        _row(
            rb"[fF]lag",
            rb"[fF]lag(?:s\(\)|s|Set)?\.(?:String|Bool|Int|Int64|Uint|Float64|Duration|Count)"
            rb"(?:Slice|Array)?(?:VarP|Var|P)?\(",
            handlers.of_function,
        ),
    ),
    "rust": (
        _row(rb"clap", rb"\.(?:about|help|long_about|long_help)(\(\s*\S)", handlers.of_function),
    ),
    "ruby": (
        _row(rb"Thor|\btask\b|Rake", rb"^[ \t]*(desc[ (]" + _QUOTE + rb")", handlers.of_next),
        _row(rb"OptionParser|optparse|opts\b", rb"\.on\b[ (]" + _QUOTE, handlers.of_function),
    ),
    "php": (
        _row(rb"Command", rb"->setDescription(\(" + _QUOTE + rb")", handlers.of_class),
        _row(rb"Command", rb"\$(?:defaultDescription|description)\s*=" + _QUOTE, handlers.of_class),
        _row(rb"AsCommand", rb"\bdescription:" + _QUOTE, handlers.of_class),
    ),
    "elixir": (_row(rb"Mix\.Task", rb"@shortdoc\s+\"", handlers.of_class),),
    "java": (
        _row(rb"picocli|jcommander", rb"\b(?:d|commandD)escription\s*=\s*\S", handlers.of_class),
    ),
    "kotlin": (_row(rb"clikt", rb"CliktCommand\(", handlers.of_class),),
    "swift": (_row(rb"ArgumentParser", rb"\b(?:abstract|help):\s*\"", handlers.of_class),),
}


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield help texts with their handlers, less the text itself."""
    rows = () if file.test else _CONVENTIONS.get(file.language, ())
    tree = syntax(file) if rows else None
    if tree is None:
        return
    seen: set[str] = set()
    of_handler: Counter[str] = Counter()
    for row in rows:
        if not row.mentions.search(tree.data):
            continue
        for match in row.opening.finditer(tree.data):
            node = tree.root.named_descendant_for_byte_range(*match.span(match.lastindex or 0))
            if node is None or node.type in COMMENTS or "string" in node.type:
                continue
            found = message(node, MINIMUM_WORDS)
            code = row.handler(file, node) if found and found.text not in seen else ""
            if found is None or _COMMONPLACE.match(found.text):
                continue
            if code.count("\n") + 1 < MINIMUM_LINES or of_handler[code] >= MOST_OF_HANDLER:
                continue
            seen.add(found.text)
            of_handler[code] += 1
            yield Pair(
                KIND, file.language, found.text, window(*(without(code, found) or (code, 0)))
            )
