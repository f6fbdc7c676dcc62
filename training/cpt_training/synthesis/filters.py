"""What is wrong with one answer by itself, each fault by a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from cpt_training.corpus.near import tokens
from cpt_training.synthesis.english import foreign
from cpt_training.synthesis.prompts import Prompt
from cpt_training.synthesis.subject import Subject

_FENCE = re.compile(r"\A(`{3,}|~{3,})[^\n]*\n(.*?)\n?\1\s*\Z", re.DOTALL)
_QUOTES = ('"""', "'''", '"', "'", "`", "\u201c")
_CLOSING = {"\u201c": "\u201d"}
_REFUSAL = re.compile(
    r"^(?:(?:i['\u2019]?m|i am) (?:very )?(?:sorry|afraid|unable|not able)\b|sorry\b|apologies\b"
    r"|i apologi[sz]e|i (?:can(?:not| not|['\u2019]t)|could(?:n['\u2019]t| not)|won['\u2019]t)\b"
    r"|i (?:don['\u2019]t|do not) have\b"
    r"|as an? (?:ai|artificial|(?:large )?language model)\b|unfortunately\b"
    r"|(?:there is|the) (?:no|code (?:is|was) not) (?:enough|sufficient|provided)\b"
    r"|(?:please|could you) (?:provide|share|paste)\b)",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"^(?:sure|certainly|of course|absolutely|okay|ok)[,.!:]|^here(?:['\u2019]s| is| are)\b"
    r"|^(?:docstring|summary|(?:search )?query|description|answer)\s*:"
    r"|\blet me know\b|\bi hope this\b|^<think|(?m:^[ \t]*(?:`{3}|~{3}))",
    re.IGNORECASE,
)
Fault = Callable[[str, Subject, Prompt], bool]


def plain(answer: str) -> str:
    """An answer without the fence or the quotation marks that were put around all of it."""
    text = answer.strip()
    fenced = _FENCE.match(text)
    if fenced:
        text = fenced[2].strip()
    for mark in _QUOTES:
        closing = _CLOSING.get(mark, mark)
        inner = text[len(mark) : len(text) - len(closing)]
        quoted = text.startswith(mark) and text.endswith(closing)
        if quoted and len(text) > len(mark) + len(closing) and closing not in inner:
            return inner.strip()
    return text


def empty(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether there is no word in it."""
    return not any(character.isalnum() for character in text)


def refusal(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether it opens as a model does that will not, or cannot, answer."""
    return _REFUSAL.search(text) is not None


def chatter(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether it is more than was asked for: an introduction, a label, an offer, thoughts, a
    fence around a part of it."""
    return _CHATTER.search(text) is not None


def not_english(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether it is in another language, as far as `cpt_training.synthesis.english` tells."""
    return foreign(text)


def length(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether it has fewer or more words than its prompt asks for."""
    fewest, most = prompt.words
    return not fewest <= len(text.split()) <= most


def leak(text: str, subject: Subject, prompt: Prompt) -> bool:
    """Whether it has the function's name, as an identifier or as its words one after the other.

    A name of one word is one of the language, so it counts only where it is marked as code or
    called: ``flush()`` leaks, "flush the buffer" does not. Underscores around it change nothing.
    """
    name = [token for token in tokens(subject.name) if token[0].isalnum()]
    if not prompt.unnamed or not name:
        return False
    if len(name) == 1:
        word = re.escape(subject.name.strip("_"))
        return re.search(rf"`_*{word}_*`|(?<!\w)_*{word}_*\(", text) is not None
    said = tokens(text)
    return any(said[i : i + len(name)] == name for i in range(len(said) - len(name) + 1))


FAULTS: tuple[Fault, ...] = (empty, refusal, chatter, not_english, length, leak)


def fault(text: str, subject: Subject, prompt: Prompt) -> str:
    """The name of the first fault that a text has, "" where it has none."""
    return next((one.__name__ for one in FAULTS if one(text, subject, prompt)), "")
