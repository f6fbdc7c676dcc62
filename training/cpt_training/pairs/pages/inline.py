"""Marks inside a paragraph: reStructuredText, and what doc comments of other languages use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cpt_training.pairs.pages.word_set import word_set

# One alternation in one pass, so that nothing inside a literal is taken for a mark.
_MARK = re.compile(
    r"""
      ``(?P<literal>.+?)``
    | :(?P<role>[A-Za-z][\w:+.-]*):`(?P<target>[^`]*)`
    | `(?P<linked>[^`<]+?)\s*<[^`>]*>`_{1,2}
    | `(?P<quoted>[^`]+)`(?:_{1,2}(?!\w)|:[a-z:]+:)?
    | \*\*(?P<strong>[^*\s](?:[^*]*[^*\s])?)\*\*
    | (?<![\w*])\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])
    | \|(?P<substitution>[^|\s](?:[^|\n]*[^|\s])?)\|_{0,2}
    | (?P<footnote>\[(?:\#?[\w-]*|\*)\]_)
    | !?\[(?P<link>[^\]\n]*)\]\([^)\s]*\)
    | (?<![\w`])(?P<reference>[A-Za-z][\w-]*?)_{1,2}(?=[\s.,;:!?)]|$)
    | \\(?P<escaped>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Roles that name an issue, a change or a person: numbers and names, nothing that is said.
_NUMBERED = word_set(
    "bpo bug changeset commit cve gh ghissue ghpull ghuser gitlab issue pr pull ref-issue rfe "
    "ticket tickets user"
)
_REQUESTS = {"pep": "PEP", "rfc": "RFC"}
_LABELS = word_set("ref numref doc std:ref std:doc any")
_PATH_MARKS = re.compile(r"^[!.]*(?:_\w+\.)?")
_SHOWN = re.compile(r"(.*\S)\s*<[^<>]*>\s*$", re.DOTALL)
# Only tags of HTML: elsewhere ``List<String>`` is a type.
TAG = re.compile(
    r"<!--.*?-->|</?(?:a|abbr|b|blockquote|br|center|code|dd|del|details|div|dl|dt|em|font|h[1-6]"
    r"|hr|i|img|ins|kbd|li|ol|p|picture|pre|q|s|samp|small|source|span|strong|sub|summary|sup"
    r"|table|tbody|td|th|thead|tr|tt|u|ul|var|video|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = re.compile(
    r"<?\b(?:https?|ftp)://[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*(?<![.,;:!?])>?"
)
_PICTOGRAPH = re.compile(
    "[\u2139\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+"
    r"|(?<![\w:]):[a-z][a-z_]*[a-z]:(?![\w:`])"
)
_HOLLOW = re.compile(r"\([\s,;.]*\)|\[\s*\]")
_SPACE = re.compile(r"\s+")
_LOOSE = re.compile(r" +(?=[,;.!?](?:\s|$))")


def rst_plain(text: str, substitutions: Mapping[str, str] | None = None) -> str:
    """Text of reStructuredText or of a doc comment on one line, names without their marks.

    Args:
        text: one paragraph.
        substitutions: what ``|name|`` stands for; unknown names, as a rule images, are left out.
    """
    known = substitutions or {}

    def shown(match: re.Match[str]) -> str:
        which = match.lastgroup
        if which == "target":
            return role_text(match["target"], match["role"].lower())
        if which == "substitution":
            return known.get(match["substitution"], "")
        if which == "quoted":
            return role_text(match["quoted"])
        if which == "escaped":
            return match["escaped"].strip()
        return "" if which in (None, "footnote") else match[which]

    return tidy(_MARK.sub(shown, TAG.sub("", text)))


def role_text(target: str, role: str = "") -> str:
    """What a reader sees of the text of a role: of ``title <target>`` or of a path to a name."""
    kind = role.rsplit(":", 1)[-1]
    if kind in _NUMBERED:
        return ""
    explicit = _SHOWN.match(target)
    if explicit:
        return explicit[1]
    if role in _LABELS:
        return re.sub(r"[-_/]+", " ", target).strip()
    if target.startswith("~"):
        return target.rsplit(".", 1)[-1].lstrip("~")
    name = _PATH_MARKS.sub("", target)
    return f"{_REQUESTS[kind]} {name}" if kind in _REQUESTS else name


def tidy(text: str) -> str:
    """One line without addresses, pictographs and the brackets that they leave empty."""
    if "://" in text:
        text = _ADDRESS.sub("", text)
    text = _HOLLOW.sub(_kept_call, _PICTOGRAPH.sub("", text))
    return _LOOSE.sub("", _SPACE.sub(" ", text)).strip()


def _kept_call(match: re.Match[str]) -> str:
    """``name()`` and ``name[]`` are code, brackets after a space are hollow."""
    before = match.string[match.start() - 1 : match.start()]
    return match[0] if match[0] in ("()", "[]") and before.strip() else ""
