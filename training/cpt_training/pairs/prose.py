"""What a docstring or doc comment says: its opening prose, without the markup of its language."""

from __future__ import annotations

import inspect
import re

LEAD_CHARACTERS = 400
DOCUMENT_CHARACTERS = 3000

# Where the prose of a docstring ends: a section, a field list, an example, a directive.
_SECTION = re.compile(
    r"""^\s*(?:
        (?:\#{1,6}\s+|=+\s+|\*\*)?
          (?:args|arguments|parameters?|params|keyword\s+arg(?:ument)?s|kwargs|inputs?|outputs?
          |returns?|yields?|raises?|throws|errors|panics|safety|examples?|notes?|references?
          |see\s+also|see|attributes?|methods?|options|fields|globals|call-seq|remarks|complexity
          |usage|warnings?|todo|requires|shapes?|side\s+effects)\s*(?:\*\*)?:?\s*(?:\*\*|=+)?\s*$
        |(?:args|arguments|parameters?|returns?|yields?|raises?|throws|examples?|usage|todo
          |fixme|globals|outputs|deprecated)\s*:
        |see:
        |(?:\#{1,6}|={2,6})\s+\S
        |-\s+(?:parameters?\b[^:]*|returns?|throws|note|remark|warning|seealso|complexity
          |important|precondition|postcondition|since|requires)\s*:
        |[:@\\](?:param|parameter|type|return|returns|rtype|raise|raises|arg|keyword|kwarg
          |ivar|cvar|since|see|note|var|yields?|meta|throws)\b
        |[@\\](?!(?:brief|short|summary|desc|description|details|fileoverview|remarks)\b)
          [a-zA-Z][\w-]*(?=[\s\[{(]|$)
        |>>>|>\s+\S|iex>|```|~~~|\.\.\s+[\w:-]+::|[-=~^]{4,}\s*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TEXT_TAG = re.compile(
    r"^([ \t]*)[@\\](?:brief|short|summary|desc|description|details|fileoverview)\b[ \t]*",
    re.MULTILINE,
)
_ROLE = re.compile(r":[a-z:]+:`~?([^`<]*?)(?:\s*<[^`]*>)?`|L\{([^}]*)\}|C\{([^}]*)\}")
_INLINE_TAG = re.compile(
    r"\{@(?:link(?:plain|code)?|code|literal|value|see|tutorial)\b\s*([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
)
_LINK = re.compile(r"([^\s(|]+)(?:\([^()]*\))?\s*\|?\s*(.*)")
_INHERITED = re.compile(r"\{?@inherit[dD]oc\}?")
_DOXYGEN_WORD = re.compile(r"(?:^|(?<=[\s(]))[@\\][abcep] (?=\S)")
_HTML = re.compile(
    r"</?(?:p|br|b|i|em|strong|code|tt|pre|ul|ol|li|dl|dt|dd|a|span|div|h[1-6]|hr|sup|sub|kbd|var"
    r"|blockquote|table|tr|td|th|tbody|thead|para|c|remarks|summary)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_HTML_BREAK = re.compile(
    r"(?<=\S)</?(?:p|br|li|t[drh]|d[td]|div|h[1-6])\s*/?>(?=\S)", re.IGNORECASE
)
_MARKDOWN_LINK = re.compile(r"!?(?<![\w\])])\[([^\[\]]*)\](?:\([^()\s]+\)|\[[\w .:-]*\])")
_RUST_LINK = re.compile(r"\[`([^`\[\]]*)`\]")
_ENTITY = re.compile(r"&(lt|gt|amp|quot|nbsp|#64|#123|#125);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "nbsp": " "}
_ENTITIES |= {"#64": "@", "#123": "{", "#125": "}"}
_RDOC_MONOSPACE = re.compile(r"(?<!\w)\+([\w:#.?!=\[\]]+)\+(?!\w)")
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[\w ,={}.-]*$", re.MULTILINE)
_MANY_BLANK = re.compile(r"\n(?:[ \t]*\n){2,}")
_BOLD = re.compile(r"(?<![\w*])\*\*([^*\n]+)\*\*(?![\w*])")
_BLANK_LINES = re.compile(r"\n\s*\n")
_AUDIENCE = re.compile(r"^(?:Public|Internal|Private): ")
_EXAMPLE_FOLLOWS = re.compile(r"[,;]?\s+(?:For (?:example|instance)|Examples?|E\.g\.|e\.g\.)[:,]$")
_INDENTED = re.compile(r"\A(?:[ \t].*(?:\n|\Z))+\Z")
# A full stop ends a sentence before a capital, a digit, or a mark; not after "e.g." and its like.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!\bcf\.)(?<!\bvs\.)\s+(?=[^a-z\s])|\n\s*\n"
    r"|\n(?=[ \t]*[@\\:][a-z])"
)


def lead(text: str) -> str:
    """The prose that opens a docstring, at most about 400 characters of whole paragraphs."""
    kept: list[str] = []
    for line in inspect.cleandoc(text).split("\n"):
        if _SECTION.match(line):
            break
        kept.append(line)
    first, *others = _BLANK_LINES.split(plain("\n".join(kept)).strip())
    opening = _AUDIENCE.sub("", first.strip())
    for paragraph in others:
        if len(opening) + len(paragraph) > LEAD_CHARACTERS or _INDENTED.match(paragraph):
            break
        opening += "\n" + paragraph.strip()
    opening = _EXAMPLE_FOLLOWS.sub("", " ".join(opening.split()))
    return cut(opening, LEAD_CHARACTERS)


def plain(text: str) -> str:
    """Prose without the marks of reStructuredText, epytext, Markdown, HTML, Javadoc, Doxygen."""
    if "`" in text or "{" in text:
        text = _ROLE.sub(lambda match: next(filter(None, match.groups()), ""), text)
        text = _INLINE_TAG.sub(_link_text, text)
    if "@" in text or "\\" in text:
        text = _DOXYGEN_WORD.sub("", _TEXT_TAG.sub(r"\1", _INHERITED.sub("", text)))
    if "[" in text:
        text = _RUST_LINK.sub(r"\1", _MARKDOWN_LINK.sub(r"\1", text))
    if "<" in text:
        text = _HTML.sub("", _HTML_BREAK.sub(" ", text))
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "+" in text:
        text = _RDOC_MONOSPACE.sub(r"\1", text)
    if "```" in text or "~~~" in text:
        text = _FENCE.sub("", text)
    return _MANY_BLANK.sub("\n\n", text.replace("``", "").replace("`", ""))


def _link_text(match: re.Match[str]) -> str:
    """What a reader sees of ``{@link Target label}``."""
    said = " ".join(match[1].split())
    if not match[0].startswith("{@link"):
        return said
    parts = _LINK.match(said)
    if parts is None:
        return said
    return parts[2] or parts[1].lstrip("#").replace("#", ".")


def cut(text: str, length: int) -> str:
    """At most ``length`` characters, ending with a whole word."""
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(None, 1)[0].rstrip()


def cut_lines(code: str, length: int = DOCUMENT_CHARACTERS) -> str:
    """The first lines of code, at most ``length`` characters together."""
    if len(code) <= length:
        return code
    return (code[: length + 1].rpartition("\n")[0] or code[:length]).rstrip()


def first_sentence(text: str) -> tuple[str, str]:
    """A text's first sentence, or first paragraph if that is shorter, and the rest of the text."""
    text = text.strip()
    end = _SENTENCE_END.search(text)
    return (text[: end.start()], text[end.end() :].strip()) if end else (text, "")
