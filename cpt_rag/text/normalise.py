"""The one normalisation of static encoders and of the lexical index.

Identifier boundaries are opened, then every character is lower-cased on its own. The same steps
stand in the shipped ``tokenizer.json`` as ``Replace`` and ``Lowercase`` of the tokenizers library,
which the training writes from the constants here; both sides give identical text for every
assigned code point. Python's ``str.lower`` would not: it follows the interpreter's Unicode version
and treats a final sigma by its context.
"""

from __future__ import annotations

import re

from cpt_rag.text.lowercase import LOWERCASE

UNDERSCORE = "_"
# aB|, and the last capital of an acronym before a word: HTTP|Server. Digits part in TOKEN_PATTERN.
CASE_BOUNDARY = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"

# Explicit ranges instead of Unicode classes, so that every regex engine and every Unicode version
# cuts alike: Latin-1 signs, general punctuation to box drawing, and CJK punctuation are signs,
# all other characters beyond ASCII are letters.
LETTERS = "a-z\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\ue000-\U0010ffff"
DIGITS = "0-9"
SIGNS = "!-/:-`{-~\u0080-\u00bf\u2000-\u2bff\u3000-\u303f"
# White space and control characters are dropped. The bounds keep one pathological line (base64, a
# ruler of dashes) from costing quadratic time in byte-pair merging.
TOKEN_PATTERN = f"[{LETTERS}]{{1,64}}|[{DIGITS}]{{1,4}}|[{SIGNS}]{{1,8}}"

_ASCII = bytes(range(0x80))

# The same boundaries, said from the capital after them: Python's engine leaps from capital to
# capital, where CASE_BOUNDARY would have it look around at every character.
_capital = re.compile(r"[A-Z](?:(?<=[a-z0-9][A-Z])|(?<=[A-Z][A-Z])(?=[a-z]))")


def open_identifiers(text: str) -> str:
    """A space at every boundary inside an identifier: ``getHTTPName_2`` -> ``get HTTP Name 2``."""
    # A function, since before Python 3.12 a template runs slower than one.
    return _capital.sub(lambda capital: " " + capital[0], text.replace(UNDERSCORE, " "))


def lowercase(text: str) -> str:
    """Lower-case each character without regard to its neighbours."""
    if text.isascii():
        return text.lower()
    # str.translate alone looks up every character, and takes eight to twenty times as long where
    # most are ASCII. The lower-case form of bytes leaves all beyond ASCII as it is.
    encoded = text.encode("utf-8", "surrogatepass")
    beyond_ascii = encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    text = encoded.lower().decode("utf-8", "surrogatepass")
    for character in set(beyond_ascii):
        if ord(character) in LOWERCASE:
            text = text.replace(character, character.translate(LOWERCASE))
    return text


def normalise(text: str) -> str:
    """Text as static encoders and the lexical index see it."""
    return lowercase(open_identifiers(text))
