"""What a comment above a definition documents, and which comments document nothing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

# Any comment directly above a definition is its documentation in these languages; elsewhere only
# comments with the mark of a doc comment are.
_ANY_COMMENT = frozenset(
    {"bash", "c", "cpp", "go", "javascript", "lua", "ruby", "tsx", "typescript"}
)
_DOC_MARK = re.compile(r"/\*\*(?![*/])|/\*!|///(?!/)|--\s*\||\{-\s*\|")
# The comment documents what stands before it, or is a line for the kernel or the interpreter.
_OTHER_MARK = re.compile(r"(?:/\*[*!]|//[/!])<|#!|--\s*\^|//go:|//export\b|// ?\+build")

_OPENING = re.compile(r"\A(?:/\*+!?|\{-\s*\|?|--\[=*\[|=begin\b.*)")
_CLOSING = re.compile(r"(?:\*+/|-\}|\]=*\]|\n=end)\s*\Z")
_LINE_MARK = re.compile(r"^[ \t]*(?://[/!]?(?!/)|/{2,}|#+(?!\{)|--\s*\||-{2,})", re.MULTILINE)
_COLUMN = re.compile(r"^[ \t]*\*+(?!\w+\*)(?!/)", re.MULTILINE)
_RIGHT_BORDER = re.compile(r"(?<![ \t])[ \t]+\*+[ \t]*$", re.MULTILINE)
_RULER = re.compile(
    r"^[ \t]*(?:[-=*#~+_/<>]{3,}[ \t]*|(?=[-=*#~_]{3}).*[-=*#~_]{3}[ \t]*|--\s.*\s--)$",
    re.MULTILINE,
)

# Orders to tools, and tags that say who, when and where, but not what.
_PRAGMA = re.compile(
    r"""^[ \t]*(?:
        (?:eslint|oxlint|biome|deno-lint|jscs|prettier|clang-format|clang-tidy)[:-]\S.*
        |(?:jshint|jslint|tslint|istanbul|c8|v8)(?:\s+\w+:|:|\s+ignore).*
        |globals?\s+[\w$]+(?:\s*[,:].*)? |eslint\s+[\w/-]+\s*:.* |@ts-\w+.* |@flow.*
        |[@\#]__\w+__.* |@preserve.* |@(?:no)?inspection\b.* |noinspection\s.*
        |NOLINT.* |clang-format\s+o(?:n|ff) |cppcheck-.* |coverity\[.* |LCOV_.* |NOSONAR.*
        |CHECKSTYLE.* |nolint\b.* |lint:.* |\#?nosec\b.* |revive:.* |\+(?:k8s|kubebuilder):.*
        |rubocop\s*:.* |frozen_string_literal.* |-\*-.*-\*- |vim?:.* |sig\s*\{.*\}
        |:(?:stopdoc|startdoc|section|enddoc|method|attr\w*|yields?|args):[ \t]*
        |phpcs:.* |phpstan-.* |psalm-.* |@(?:phpstan|psalm|codeCoverageIgnore)[\w-]*.*
        |shellcheck\s+\w+=.* |pylint:.* |\#(?:end)?region\b.* |endregion\b.* |cSpell:.*
        |pragma\s+(?:once|mark|warning|GCC|clang|no)\b.* |falls?(?:\s|-)?through\.?
        |[@\\](?:author|copyright|package|subpackage|category|version|access|since|api|internal
          |ingroup|addtogroup|defgroup|date|file|\$Id|license|static|memberof|memberOf|private
          |public|protected|function|method|module|constructor|readonly|override|async|final
          |virtual|abstract|name|namespace|mixin|hideconstructor|export)\b.*
    )$""",
    re.MULTILINE | re.VERBOSE,
)
_NO_DOCUMENTATION = re.compile(r":nodoc:|^\s*(?:TODO|FIXME|XXX|HACK)\b|\A\s*:?nodoc\b")
_LICENCE = re.compile(
    r"copyright\s*(?:\(c\)|©|\d{4}|holders?|notice|by)|\(c\)\s*\d{4}|SPDX-License|licen[cs]ed under"
    r"|all rights reserved|permission is hereby granted|redistribution and use"
    r"|(?:Apache|MIT|BSD|GNU|Mozilla)[\w ]{0,30} Licen[cs]e|under the terms of",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"""[;{}]\s*$ | ^\s*[})\]]+[,;)]*\s*$ | ^\s*[\w.$:>\[\]-]+\([^()]*\)\s*$
    | ^\s*(?:[\w$.*&<>:\[\]-]+\s+){0,3}[\w$.\[\]>-]+\s*[-+*/|&]?=(?!=)\s*\S.*[\w)\]'"]\s*$
    | ^\s*(?:if|elif|for|while|switch|return|else|def|func|fn|var|let|const|import|puts|require
        |include|echo|local)\b[^.,]*[({=:\]]
    | ^\s*\#\s*(?:if|ifdef|ifndef|define|include|endif|else|pragma)\b | ^\s*</?\w[^>]*>\s*$
    """,
    re.VERBOSE,
)
_PARAGRAPH = re.compile(r"\n\s*\n")

_CALL_SEQUENCE = re.compile(
    r"\A\s*:?call-seq:.*\n(?:[ \t]{2,}\S.*(?:\n|\Z)|[ \t]*\n(?=[ \t]{2}))*", re.IGNORECASE
)
_HADDOCK = re.compile(r"@([^@\n]+)@|'([A-Za-z][\w.]*'*)'")
_XML_SECTION = re.compile(
    r"<(param|typeparam|exception)\s+(?:name|cref)=\"(?:\w:)?([^\"]*)\"\s*>", re.IGNORECASE
)
_XML_RETURN = re.compile(r"<(returns|value|remarks|example)>\s*", re.IGNORECASE)
_XML_REFERENCE = re.compile(
    r"<(?:see|seealso|paramref|typeparamref|inheritdoc)\b[^>]*?(?:\w+=\"(?:\w:)?([^\"]*)\")?\s*/>"
)
_XML_END = re.compile(
    r"</?(?:summary|param|typeparam|exception|returns|value|remarks|example|para|c|code|see|list"
    r"|item|term|description|inheritdoc|include)\b[^>]*>"
)


def documents(comment: str, language: str) -> bool:
    """Whether a comment of this form, directly above a definition, is its documentation."""
    comment = comment.lstrip()
    if _OTHER_MARK.match(comment):
        return False
    return language in _ANY_COMMENT or _DOC_MARK.match(comment) is not None


def is_line(comment: str) -> bool:
    """Whether a comment ends with its line, so that lines of its kind may continue it."""
    return not _OPENING.match(comment)


def doc_text(comments: Sequence[str], language: str) -> str:
    """What one block comment, or line comments in a row, say as documentation.

    Marks, borders, orders to tools and notes of authorship are left out, lines are kept. Empty
    where nothing is left, or a licence, code that was commented out, or a mere note to do.
    """
    text = "\n".join(map(_unmarked, comments))
    if comments and is_line(comments[0].lstrip()):
        # All lines are alike; cleandoc holds the first one of a text to be outdented already.
        text = f"\n{text}"
    text = _PRAGMA.sub("", _RULER.sub("", text))
    if language == "c_sharp":
        text = _without_xml(text)
    elif language == "ruby":
        text = _CALL_SEQUENCE.sub("", text)
    elif language == "haskell":
        text = _HADDOCK.sub(lambda match: match[1] or match[2], text)
    text = inspect.cleandoc(text).strip()
    if _NO_DOCUMENTATION.search(text) or is_licence(text) or _is_code(text):
        return ""
    return text


def is_licence(text: str) -> bool:
    """Whether a comment states under which terms a file may be used."""
    return _LICENCE.search(text, 0, 600) is not None


def _unmarked(comment: str) -> str:
    comment = comment.strip()
    if is_line(comment):
        return _LINE_MARK.sub("", comment)
    inner = _CLOSING.sub("", _OPENING.sub("", comment, count=1))
    if comment.startswith("/*"):
        inner = _RIGHT_BORDER.sub("", _COLUMN.sub("", inner))
    # The first line stands behind the mark, at a column of its own; cleandoc passes it over.
    return inner.lstrip(" \t")


def _is_code(text: str) -> bool:
    opening = _PARAGRAPH.split(text, maxsplit=1)[0]
    lines = [line for line in opening.split("\n") if line.strip()]
    return 2 * sum(map(bool, map(_CODE_LINE.search, lines))) > len(lines)


def _without_xml(text: str) -> str:
    """C#'s documentation with the tags that other languages have."""
    text = _XML_SECTION.sub(lambda match: f"@{match[1].lower()} {match[2]} ", text)
    text = _XML_RETURN.sub(lambda match: f"@{match[1].lower()} ", text)
    text = _XML_REFERENCE.sub(lambda match: (match[1] or "").rpartition(".")[2], text)
    text = _XML_END.sub("", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
