"""Words that stand again a little further on, which a static encoder counts once.

Its vector of a text is the mean over all tokens, so that a variable named twenty times, or the
brackets of a dense expression, would push aside what the text is about. A word is a run of letters,
of digits or of signs. As with the rest of the normalisation the step stands in ``tokenizer.json``
too, as a ``Replace`` of the tokenizers library.
"""

from __future__ import annotations

import re

from cpt_rag.text.normalise import DIGITS, LETTERS, SIGNS

_WORDS = "|".join(f"[{kind}]++" for kind in (LETTERS, DIGITS, SIGNS))
_BETWEEN = f"[^{LETTERS}{DIGITS}{SIGNS}]*+"
# A lone surrogate, which only Python knows, becomes a letter further on.
_word = re.compile(f"[{LETTERS}\ud800-\udfff]+|[{DIGITS}]+|[{SIGNS}]+")


def repeated_word(within: int) -> str:
    """Pattern, in Oniguruma's syntax, of a word that is among the next ``within`` words too."""
    kinds = enumerate((LETTERS, DIGITS, SIGNS), 1)
    return "|".join(
        rf"(?<![{kind}])([{kind}]++)"
        rf"(?=(?:{_BETWEEN}(?:{_WORDS})){{0,{within - 1}}}?{_BETWEEN}\{group}(?![{kind}]))"
        for group, kind in kinds
    )


def without_repeats(text: str, within: int) -> str:
    """The words of ``text``, a space between any two, less those that `repeated_word` matches."""
    kept = []
    place_after: dict[str, int] = {}
    before, far = place_after.get, -within - 1
    for place, word in enumerate(reversed(_word.findall(text))):
        if place - before(word, far) > within:
            kept.append(word)
        place_after[word] = place
    kept.reverse()
    return " ".join(kept)
