"""A decoder-only language model at the size of a toy, in the layout of a published one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

END = "<|endoftext|>"


def tiny_decoder(folder: Path, texts: Iterable[str], width: int) -> Path:
    """A random Qwen2 of two layers, its head with it; its tokenizer appends and pads nothing."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=1000,
        show_progress=False,
        initial_alphabet=sorted(ByteLevel.alphabet()),
        special_tokens=[END],
    )
    tokenizer.train_from_iterator(texts, trainer)
    shape = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=128,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(shape).save_pretrained(folder)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END
    )
    wrapped.save_pretrained(folder)
    return folder
