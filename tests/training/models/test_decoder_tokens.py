"""The tokenizers of decoder-only language models close a text, and pad on the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoTokenizer,
    GemmaTokenizer,
    LlamaTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
)

from cpt_rag.errors import InvalidInputError
from cpt_training.models.decoder import end_with_token, pad_on_the_right


def byte_level(name: str) -> Any:
    """A tokenizer of a published family, with no vocabulary but letters and its special tokens."""
    vocabulary = {
        token: i for i, token in enumerate(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"])
    }
    vocabulary |= {letter: 5 + i for i, letter in enumerate("▁abcdefghijklmnopqrstuvwxyz")}
    named = {"unk_token": "<unk>", "eos_token": "<eos>", "pad_token": "<pad>"}
    if name == "qwen2":
        return Qwen2Tokenizer(vocab=vocabulary, merges=[], **named)
    if name == "gemma":
        return GemmaTokenizer(vocab=vocabulary, merges=[], bos_token="<bos>", add_bos_token=True)
    return LlamaTokenizer(
        vocab=vocabulary, merges=[], bos_token="<bos>", add_bos_token=True, **named
    )


@pytest.mark.parametrize("name", ["qwen2", "llama", "gemma"])
def test_the_tokenizers_of_the_families_end_a_text_and_still_do_when_saved(
    name: str, tmp_path: Path
) -> None:
    tokenizer = byte_level(name)
    before = tokenizer("open file")["input_ids"]
    assert (before[0] == tokenizer.bos_token_id) == (name != "qwen2")
    end_with_token(tokenizer)
    tokenizer.save_pretrained(tmp_path)
    for closing in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        assert closing("open file")["input_ids"] == [*before, tokenizer.eos_token_id]
        end_with_token(closing)
        assert closing("open file")["input_ids"] == [*before, tokenizer.eos_token_id]


def of_the_same_vocabulary(decoder: Path, **named: str) -> Any:
    """The tiny decoder's tokenizer, with these special tokens alone."""
    backend = AutoTokenizer.from_pretrained(decoder).backend_tokenizer
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, **named
    )


def test_a_tokenizer_without_an_end_token_is_refused_where_its_state_would_be_the_embedding(
    decoder: Path,
) -> None:
    with pytest.raises(InvalidInputError, match="closes no text with a token"):
        end_with_token(of_the_same_vocabulary(decoder, pad_token="<|endoftext|>"))


def test_a_tokenizer_whose_template_would_be_lost_is_refused(decoder: Path) -> None:
    tokenizer = of_the_same_vocabulary(decoder, eos_token="<|endoftext|>")
    backend = tokenizer.backend_tokenizer
    backend.post_processor = TemplateProcessing(
        single="( $A", pair="( $A $B", special_tokens=[("(", backend.token_to_id("("))]
    )
    with pytest.raises(InvalidInputError, match="closes no text with a token"):
        end_with_token(tokenizer)


def test_the_end_token_pads_where_there_is_no_other(decoder: Path) -> None:
    tokenizer = of_the_same_vocabulary(decoder, eos_token="<|endoftext|>")
    tokenizer.padding_side = "left"
    pad_on_the_right(tokenizer)
    assert (tokenizer.pad_token, tokenizer.padding_side) == ("<|endoftext|>", "right")
    other = of_the_same_vocabulary(decoder, eos_token="<|endoftext|>", pad_token="!")
    pad_on_the_right(other)
    assert other.pad_token == "!"


def test_a_tokenizer_with_nothing_to_pad_with_is_refused(decoder: Path) -> None:
    with pytest.raises(InvalidInputError, match="no token to pad with"):
        pad_on_the_right(of_the_same_vocabulary(decoder))
