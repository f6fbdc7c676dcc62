"""Tiny tokenizers in the files of each family."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TEXTS = [
    "def total_price(self): return sum(item.price * quantity for item in self.items)",
    "Cards are charged once an order is packed. where is the price summed?",
    "Instruct: Given a code search query, retrieve relevant code\nQuery: title: none | text: ",
]
END = "<|endoftext|>"


def bert(directory: Path) -> int:
    """WordPiece with vocab.txt; [CLS] text [SEP]."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special)
    )
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
    )
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    _save(tokenizer, directory, "BertTokenizer", names)
    vocabulary = tokenizer.get_vocab()
    (directory / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)))
    return tokenizer.get_vocab_size()


def qwen(directory: Path) -> int:
    """Byte-level BPE whose template ends every text, padded to the left as published."""
    tokenizer = _byte_level([END])
    end = [(END, tokenizer.token_to_id(END))]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", pair=None, special_tokens=end
    )
    names = {"pad": END, "eos": END}
    _save(tokenizer, directory, "Qwen2Tokenizer", names, padding_side="left")
    _save_pairs(tokenizer, directory)
    return tokenizer.get_vocab_size()


def roberta(directory: Path) -> int:
    """Byte-level BPE with vocab.json and merges.txt; <s> text </s>."""
    tokenizer = _byte_level(["<pad>", "<s>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 1), add_prefix_space=False
    )
    names = {"pad": "<pad>", "bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>"}
    more = {"unk": "<unk>", "mask": "<mask>"}
    _save(tokenizer, directory, "RobertaTokenizer", names | more)
    _save_pairs(tokenizer, directory)
    return tokenizer.get_vocab_size()


def gemma(directory: Path) -> int:
    """BPE over characters with a visible space; <bos> text."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Replace("\u2581", " ")
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    tokenizer.train_from_iterator(
        [text.replace(" ", "\u2581") for text in TEXTS],
        trainers.BpeTrainer(vocab_size=200, special_tokens=special),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair=None, special_tokens=[("<bos>", 2)]
    )
    names = {"pad": "<pad>", "eos": "<eos>", "bos": "<bos>", "unk": "<unk>"}
    _save(tokenizer, directory, "GemmaTokenizer", names)
    return tokenizer.get_vocab_size()


def model2vec(directory: Path) -> int:
    """tokenizer.json alone."""
    tokenizer = _byte_level(["[PAD]", "[UNK]"])
    tokenizer.save(str(directory / "tokenizer.json"))
    return tokenizer.get_vocab_size()


def _byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def _save(
    tokenizer: Tokenizer, directory: Path, kind: str, names: dict[str, str], **more: object
) -> None:
    tokenizer.save(str(directory / "tokenizer.json"))
    config = {"tokenizer_class": kind, "model_max_length": 8192} | more
    config |= {f"{role}_token": token for role, token in names.items()}
    (directory / "tokenizer_config.json").write_text(json.dumps(config))


def _save_pairs(tokenizer: Tokenizer, directory: Path) -> None:
    """vocab.json and merges.txt."""
    tokenizer.model.save(str(directory))
