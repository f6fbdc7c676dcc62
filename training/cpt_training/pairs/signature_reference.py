"""A function's signature and its reference: what its documentation says as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpt_rag.text.normalise import normalise
from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.pair import Pair, SourceFile
from cpt_training.pairs.prose import DOCUMENT_CHARACTERS, LEAD_CHARACTERS, cut, lead, plain

KIND = "signature_reference"
MINIMUM_WORDS = 12
MINIMUM_SIGNATURE_WORDS = 4
_KINDS = frozenset({"function", "method", "macro"})
_WORD = re.compile(r"[a-z]{2,}")
# A parameter other than the object itself, or a type of what is returned.
_INFORMATIVE = re.compile(
    r"\(\s*(?!(?:&?(?:mut )?self|cls|this|void)?\s*\))[^()\s]|->|::|\)\s*:\s*\w"
)
_SPECIAL = re.compile(r"test_|__(?!init__|call__|construct|invoke)")


def mine(file: SourceFile) -> Iterator[Pair]:
    """Yield documented functions and methods, those that are only declared among them."""
    if file.test:
        return
    for definition in definitions(file):
        if definition.kind not in _KINDS or not definition.doc or _SPECIAL.match(definition.name):
            continue
        signature = cut(" ".join(definition.signature.split()), LEAD_CHARACTERS)
        if not _INFORMATIVE.search(signature):
            continue
        if len(_WORD.findall(normalise(signature))) < MINIMUM_SIGNATURE_WORDS:
            continue
        reference = plain(definition.doc).strip()
        if lead(definition.doc) and len(reference.split()) >= MINIMUM_WORDS:
            yield Pair(KIND, file.language, signature, cut(reference, DOCUMENT_CHARACTERS))
