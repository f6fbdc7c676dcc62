"""A page by its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cpt_training.pairs.pages.block import Block, Heading

_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*[.)]|[IVX]+\.|Chapter \d+:?|Step \d+:?)\s+")
_ISSUE = re.compile(r"\s*\(#\d+\)")
_NONE = Heading(0, "")
_WORD = re.compile(r"[^\W\d_]{2}")
RELEASE = re.compile(
    r"(?:\b(?:version|release|releases|changes\ in|new\ in|released|changed)\s+)?"
    r"\bv?\d+\.(?:\d+|x)(?:\.(?:\d+|x))*(?:[-.]?(?:alpha|beta|a|b|rc|dev|pre|post)[-.]?\d*)?\b"
    r"|\b\d{4}-\d\d?-\d\d?\b|\bunreleased\b",
    re.IGNORECASE,
)
"""A version, a date of release, or what stands for them above changes to come."""
_GENERIC = re.compile(
    r"""(?:(?:basic|advanced|general|simple|common|more|other|code|full|quick|minimal|complete|usage)
      \s(?:usage|use|examples?|concepts?|topics?|options?|notes?|patterns?|features?|start|guide
      |information|cases|instructions|tips|overview)
    |getting\sstarted|get\sstarted|quick-?start(?:\sguide)?|how\sit\sworks|how\sto\suse(?:\sit)?
    |when\s(?:not\s)?to\suse\s(?:it|this)|what\sis\sit\??|why\??|rule\sdetails|key\sfeatures
    |the\sbasics|next\ssteps|known\s(?:issues|limitations)|best\spractices|return\svalues?
    |api(?:\s(?:reference|docs|documentation))?|cli|faq|readme|configuration\soptions
    |frequently\sasked\squestions|command[-\s]line(?:\s(?:usage|interface|options))?
    |examples?|usage|introduction|overview|installation|installing|tl;?dr)""",
    re.IGNORECASE | re.VERBOSE,
)
# Headings below which no subject of the page is treated.
_NO_SUBJECT = re.compile(
    r"""(?:acknowledge?ments?|additional\ resources|authors?|backers|badges?|build\ status
    |change\s?log|changes|citation|citing.*|code\ of\ conduct|commercial\ support|community
    |contact|contents?|contributing
    |contributions?|contributors|copyright.*|credits?|donat\w+|funding|further\ reading
    |getting\ help|help|history|in\ this\ section|indices\ and\ tables|legal|licen[cs]e.*
    |licen[cs]ing|links?|maintainers?|more\ information|mailing\ lists?|news
    |on\ this\ page|project\ information
    |project\ links|references|release\ (?:history|notes)|related.*|resources|security.*|see\ also
    |social.*|sponsor.*|support|table\ of\ contents|thanks.*|todo|translations?|who\ uses.*
    |index\ of.*|bibliography|footnotes)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, the titles of the headings above it, and what follows up to the next one.

    The text before the first heading has an empty title.
    """

    title: str
    above: tuple[str, ...]
    body: tuple[Block, ...]


def sections(blocks: Sequence[Block]) -> Iterator[Section]:
    """The sections in order, those without a body included."""
    above: list[Heading] = []
    heading = _NONE
    body: list[Block] = []
    for block in blocks:
        if not isinstance(block, Heading):
            body.append(block)
            continue
        if heading.title or body:
            yield _section(heading, above, body)
        if heading.title:
            above.append(heading)
        while above and above[-1].level >= block.level:
            above.pop()
        heading, body = block, []
    if heading.title or body:
        yield _section(heading, above, body)


def page_title(blocks: Sequence[Block]) -> str:
    """The first heading, if it has no equal above which another part of the page could begin."""
    headings = [block for block in blocks if isinstance(block, Heading)]
    if not headings:
        return ""
    first, *others = headings
    return first.title if all(first.level < other.level for other in others) else ""


def subject(title: str) -> str:
    """A heading without its number; empty where it names no subject, as "License" or "1.2.0"."""
    name = _ISSUE.sub("", _NUMBER.sub("", title)).strip(" #:\u00b6")
    if _NO_SUBJECT.fullmatch(name) or not _WORD.search(RELEASE.sub("", name)):
        return ""
    return name


def is_generic(name: str) -> bool:
    """Whether a heading could stand on a page on anything: "Usage", "Getting started"."""
    return _GENERIC.fullmatch(name) is not None


def is_word(name: str) -> bool:
    """Whether a heading is one ordinary word, which needs those above it: "Signals"."""
    return name.isalpha() and name.istitle()


def _section(heading: Heading, above: Sequence[Heading], body: Sequence[Block]) -> Section:
    return Section(heading.title, tuple(one.title for one in above), tuple(body))
