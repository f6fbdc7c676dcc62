"""What a decoder-only language model needs to become an encoder of texts."""

from __future__ import annotations

from typing import Any, Literal

import torch

from cpt_rag.errors import InvalidInputError

Attention = Literal["pretrained", "causal", "bidirectional"]
SLACK = 1e-3
"""What a state may change by, relative to its largest entry, and still be the same."""


def set_attention(model: Any, wanted: Attention) -> None:
    """Let the model's tokens see the whole text, or only what is before them.

    It is said in the model's own config, so that a saved model is read the same way without code of
    ours; that the architecture heeds it is then seen for oneself.

    Raises:
        InvalidInputError: it does not.
    """
    if wanted == "pretrained":
        return
    model.config.is_causal = wanted == "causal"
    for padding in (0, 1):  # without any, a model may take a way that needs no mask
        if _sees_ahead(model, padding) == (wanted == "causal"):
            raise InvalidInputError(
                f"{type(model).__name__} does not heed is_causal = {model.config.is_causal}.",
                expected=f"an architecture whose attention can be made {wanted}",
                remedy="upgrade transformers (5.2 or newer), change transformer.start, or leave "
                "transformer.attention out",
            )


@torch.inference_mode()
def _sees_ahead(model: Any, padding: int) -> bool:
    """Whether a text's first state changes with its last token."""
    training = model.training
    model.eval()
    ids = torch.tensor([[1, 2, 3, *padding * [0]], [1, 2, 4, *padding * [0]]])
    there = torch.tensor(2 * [[1, 1, 1, *padding * [0]]])
    first, other = model(input_ids=ids, attention_mask=there).last_hidden_state[:, 0].float()
    model.train(training)
    return bool((first - other).abs().max() > SLACK * first.abs().max())


def end_with_token(tokenizer: Any) -> None:
    """Have the tokenizer's template append its end-of-sequence token, where it closes with none.

    Raises:
        InvalidInputError: it has no such token, or its template is not to be changed so.
    """
    backend = tokenizer.backend_tokenizer
    before = backend.encode("a").ids
    if before and before[-1] in tokenizer.all_special_ids:
        return
    end = tokenizer.eos_token_id
    if end is not None:
        tokenizer.add_bos_token = before[:1] == [tokenizer.bos_token_id]
        tokenizer.add_eos_token = True
    if end is None or backend.encode("a").ids != [*before, end]:
        raise InvalidInputError(
            f"{type(tokenizer).__name__} closes no text with a token.",
            expected="an end-of-sequence token, whose state is the embedding",
            remedy="give the tokenizer an eos_token and a template that appends it, or change "
            "transformer.pooling to 'mean'",
        )


def pad_on_the_right(tokenizer: Any) -> None:
    """As training does, with the end-of-sequence token where there is none for padding.

    Raises:
        InvalidInputError: there is neither.
    """
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise InvalidInputError(
                f"{type(tokenizer).__name__} has no token to pad with.",
                expected="a pad_token or an eos_token",
                remedy="name one in the start's tokenizer_config.json",
            )
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
