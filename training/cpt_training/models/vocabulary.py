"""Learn the code-aware sub-word vocabulary of a static encoder.

Byte-level BPE over normalised text: identifiers opened, lower-cased, no white space, so that a word
has one token wherever it stands. The result has the same ids in tokenizers and in tiktoken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import Lowercase, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from tokenizers.trainers import BpeTrainer

from cpt_rag.text.normalise import CASE_BOUNDARY, TOKEN_PATTERN, UNDERSCORE
from cpt_rag.text.repeats import repeated_word


def learn_vocabulary(
    texts: Iterable[str],
    size: int,
    words: Iterable[str] = (),
    *,
    split_identifiers: bool = True,
) -> Tokenizer:
    """Byte-pair merges over ``texts``, none of the tokens special.

    Args:
        texts: what is merged over.
        size: tokens learnt, single bytes among them.
        words: whole words in ASCII that each become a token too, after those.
        split_identifiers: whether ``readFile`` and ``read_file`` are two words.
    """
    tokenizer = Tokenizer(BPE())
    opened = [Replace(UNDERSCORE, " "), Replace(Regex(CASE_BOUNDARY), " ")]
    tokenizer.normalizer = Normalizers([*(opened if split_identifiers else []), Lowercase()])
    tokenizer.pre_tokenizer = PreTokenizers(
        [
            Split(Regex(TOKEN_PATTERN), "removed", invert=True),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=sorted(ByteLevel.alphabet()),
        max_token_length=24,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _with_all_merges(tokenizer, words)


def leave_out_repeats(tokenizer: Tokenizer, within: int) -> None:
    """From here on a word has no tokens where it is among the next ``within`` words too."""
    last = Replace(Regex(repeated_word(within)), " ")
    tokenizer.normalizer = Normalizers([*tokenizer.normalizer, last])


def _with_all_merges(tokenizer: Tokenizer, words: Iterable[str]) -> Tokenizer:
    """Add ``words``, and let every pair merge whose concatenation is a token, as tiktoken does.

    A trained BPE lists one pair for each token; tiktoken knows only the ranks of whole tokens and
    merges any pair that makes one. With all pairs listed in the order of ranks, and whole words
    taken as they are, both cut alike.
    """
    spec: dict[str, Any] = json.loads(tokenizer.to_str())
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    for word in words:
        vocabulary.setdefault(word, len(vocabulary))
    spec["model"]["merges"] = list(_pairs(vocabulary))
    spec["model"]["ignore_merges"] = True
    return Tokenizer.from_str(json.dumps(spec))


def _pairs(vocabulary: dict[str, int]) -> Iterator[list[str]]:
    for token in sorted(vocabulary, key=lambda token: vocabulary[token]):
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in vocabulary and right in vocabulary:
                yield [left, right]
