"""A pretrained WordPiece vocabulary fitted to code: identifiers opened, unused rows left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.normalizers import Replace
from tokenizers.normalizers import Sequence as Normalizers
from transformers import PreTrainedTokenizerFast

from cpt_rag.errors import InvalidInputError
from cpt_rag.text.normalise import CASE_BOUNDARY, UNDERSCORE

PREFIX = "##"
AT_ONCE = 4096


def open_identifiers(tokenizer: Any) -> None:
    """From here on ``readFile`` and ``read_file`` are two words, in ``tokenizer`` itself."""
    backend = tokenizer.backend_tokenizer
    opened = [Replace(UNDERSCORE, " "), Replace(Regex(CASE_BOUNDARY), " ")]
    backend.normalizer = Normalizers([*opened, backend.normalizer])


def most_used(tokenizer: Any, texts: Iterable[str], rows: int) -> NDArray[np.int64]:
    """Ids of the ``rows`` tokens to keep, int64 (rows,), rising.

    Special tokens and single ASCII characters are always among them, so that whatever a word is,
    it can be spelled; the others by how often ``texts`` use them.

    Raises:
        InvalidInputError: it is no WordPiece vocabulary, or has no more than ``rows``.
    """
    vocabulary = _vocabulary(tokenizer)
    if len(vocabulary) <= rows:
        raise InvalidInputError(
            f"The pretrained vocabulary has {len(vocabulary):,} rows.",
            expected=f"more than transformer.vocabulary = {rows:,}",
            remedy="lower transformer.vocabulary, or set it to 0 to keep all",
        )
    counts = np.zeros(len(vocabulary))
    for ids in _ids(tokenizer.backend_tokenizer, texts):
        counts += np.bincount(ids, minlength=len(vocabulary))
    counts[[*tokenizer.all_special_ids]] = np.inf
    for token, row in vocabulary.items():
        spelled = token.removeprefix(PREFIX)
        if len(spelled) == 1 and spelled.isascii():
            counts[row] = np.inf
    return np.sort(np.argsort(-counts, kind="stable")[:rows])


def keep_rows(transformer: Any, kept: NDArray[np.int64]) -> None:
    """Leave only ``kept`` of a sentence-transformers ``Transformer``'s tokenizer and table."""
    transformer.processor = _cut_tokenizer(transformer.tokenizer, kept)
    model = transformer.model
    table = model.get_input_embeddings().weight.detach()[torch.from_numpy(kept)]
    model.resize_token_embeddings(len(kept))
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(table)
    model.config.pad_token_id = transformer.tokenizer.pad_token_id


def _cut_tokenizer(tokenizer: Any, kept: NDArray[np.int64]) -> PreTrainedTokenizerFast:
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    new = {int(old): row for row, old in enumerate(kept)}
    vocabulary = spec["model"]["vocab"]
    spec["model"]["vocab"] = {token: new[row] for token, row in vocabulary.items() if row in new}
    spec["added_tokens"] = [{**t, "id": new[t["id"]]} for t in spec["added_tokens"]]
    for special in spec["post_processor"]["special_tokens"].values():
        special["ids"] = [new[row] for row in special["ids"]]
    spec["padding"] = spec["truncation"] = None
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(json.dumps(spec)),
        model_max_length=tokenizer.model_max_length,
        **tokenizer.special_tokens_map,
    )


def _vocabulary(tokenizer: Any) -> dict[str, int]:
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    kinds = (spec["model"]["type"], (spec["post_processor"] or {}).get("type"))
    if kinds != ("WordPiece", "TemplateProcessing"):
        raise InvalidInputError(
            f"The pretrained tokenizer is {kinds[0]} with {kinds[1]}.",
            expected="WordPiece with TemplateProcessing, which spells words that it lacks",
            remedy="set transformer.vocabulary to 0",
        )
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    return vocabulary


def _ids(backend: Tokenizer, texts: Iterable[str]) -> Iterator[NDArray[np.int64]]:
    """Token ids of many texts at once, without special tokens, whole."""
    whole = Tokenizer.from_str(backend.to_str())
    whole.no_truncation()
    whole.no_padding()
    rest = iter(texts)
    while part := list(islice(rest, AT_ONCE)):
        encoded = whole.encode_batch_fast(part, add_special_tokens=False)
        yield np.concatenate([np.asarray(one.ids, dtype=np.int64) for one in encoded])
