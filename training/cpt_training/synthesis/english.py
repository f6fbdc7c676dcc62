"""Whether a text is English, by its letters and its commonest words.

Enough to tell that a model has answered in another language; no language identification.
"""

from __future__ import annotations

import re

FOREIGN_LETTERS = 0.1
"""The share of letters beyond ASCII at which a text is foreign: other scripts are far above it."""
FEW_WORDS = 8
"""A text of so many words has one of the commonest; a summary line of fewer need not."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_COMMON = """
    a an the of to and or in into on onto for from with without by at as is are be been it its
    this that these those if when while then than not no each every any all given which whose how
    return returns if otherwise between over under using where what can could does do i my we you
    one two only so before after until whether but has have was were will"""
# The commonest of German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Polish, Indonesian
# and Turkish, without those that are words of English or of code (os, del, per).
_COMMON_ELSEWHERE = """
    der das und ist nicht ein eine einer eines den dem wenn oder wird zu mit auf aus bei dass
    le la les un une des du de et est dans pour sur avec qui que pas ou sont cette ce
    el los las una en con por para si como se
    um uma da dos das em nao ao
    il gli di della che sono nel alla
    het een van niet wordt voor met zijn naar bij
    och att det som inte till
    jest nie oraz lub dla przez
    yang dan untuk dari dengan ini
    ve bir bu ile olarak"""
_ENGLISH = frozenset(_COMMON.split())
_FOREIGN = frozenset(_COMMON_ELSEWHERE.split())


def foreign(text: str) -> bool:
    """Whether more speaks against English than for it; a text without letters is not foreign."""
    letters = [character for character in text if character.isalpha()]
    beyond = sum(not letter.isascii() for letter in letters)
    if beyond > FOREIGN_LETTERS * len(letters):
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    ours = sum(word in _ENGLISH for word in words)
    theirs = sum(word in _FOREIGN for word in words)
    return theirs > ours or (not ours and len(words) >= FEW_WORDS)
