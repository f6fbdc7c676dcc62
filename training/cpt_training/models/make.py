"""The encoder that a config asks for, ready to be trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize
from tokenizers import Tokenizer

from cpt_rag.encoders.presets import SHIPPED
from cpt_rag.errors import InvalidInputError, MissingExtraError
from cpt_training.config import TrainConfig
from cpt_training.data.examples import corpus_examples
from cpt_training.data.pairs import corpus_hash, read_pairs
from cpt_training.models.pretrained import locate
from cpt_training.models.small_table import has_small_table
from cpt_training.models.static import StaticTrainable, tokenizer_name
from cpt_training.models.token_vectors import (
    inverse_frequency,
    pretrained_words,
    principal_components,
    read_tokens,
)
from cpt_training.models.trainable import Trainable, tokenisers
from cpt_training.models.transformer import ChooseRows, TransformerTrainable, make_transformer
from cpt_training.models.vocabulary import learn_vocabulary, leave_out_repeats
from cpt_training.models.wordpiece import most_used
from cpt_training.origin import name_of
from cpt_training.sections.models import StaticModel

VOCABULARY_PAIRS = 300_000
"""Pairs that a vocabulary is learnt from, evenly spread: more change it no further."""


def make_trainable(config: TrainConfig, corpus: Path | None) -> Trainable:
    """The model of ``config``, its vocabulary learnt from the training split of ``corpus``."""
    torch.manual_seed(config.seed)
    if config.transformer:
        made = make_transformer(config.transformer, _chosen_rows(config, corpus))
        return _to_train(made, config)
    if config.continued:
        return _to_train(_continue(config.continued.start), config)
    assert config.static is not None
    if corpus is None:
        raise InvalidInputError(
            f"The config {config.name!r} has [static] and no corpus.",
            expected="a corpus, from which a new vocabulary is learnt",
            remedy="name data.corpus, or train a finished model on with [continued]",
        )
    return _static(config.static, config, corpus)


def _chosen_rows(config: TrainConfig, corpus: Path | None) -> ChooseRows | None:
    """How the rows of a pretrained vocabulary that are kept are found, and found again."""
    wanted = config.transformer.vocabulary if config.transformer else 0
    if not wanted:
        return None
    if corpus is None:
        raise InvalidInputError(
            f"The config {config.name!r} has transformer.vocabulary = {wanted} and no corpus.",
            expected="a corpus, which tells what is used",
            remedy="name data.corpus, or set transformer.vocabulary to 0",
        )

    def choose(tokenizer: Any) -> NDArray[np.int64]:
        cut = name_of(corpus_hash(corpus), tokenizer.backend_tokenizer.to_str(), wanted)
        kept = _kept(
            corpus / "tokens" / f"rows-{cut}.npy",
            lambda path: np.save(path, most_used(tokenizer, _texts(corpus), wanted)),
        )
        rows: NDArray[np.int64] = np.load(kept)
        return rows

    return choose


def _continue(start: str) -> Trainable:
    folder = locate(start)
    if not (folder / "modules.json").is_file():
        raise InvalidInputError(
            f"There is no sentence-transformers model in {str(folder)!r}.",
            expected=f"one of {', '.join(SHIPPED)}, or a folder with modules.json",
            remedy="change continued.start",
        )
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    table = getattr(getattr(model[0], "embedding", None), "weight", None)
    if table is not None:
        return StaticTrainable(model.tokenizer, table.detach().float().numpy())
    if not isinstance(model[-1], Normalize):  # the loss is over cosines
        model.append(Normalize())
    return TransformerTrainable(model, small_table=has_small_table(folder))


def _to_train(trainable: Trainable, config: TrainConfig) -> Trainable:
    """All of it in float32, or adapters beside it."""
    if config.lora is None:
        trainable.model.float()
        return trainable
    if not isinstance(trainable, TransformerTrainable):
        raise InvalidInputError(
            f"The config {config.name!r} has [lora] and continues a static model.",
            expected="a transformer, whose linear layers get adapters",
            remedy="remove [lora], or change continued.start",
        )
    try:
        from cpt_training.models.lora import add_adapters
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Adapters need {error.name}, which is not installed.",
            expected="the extra 'train'",
            remedy='pip install "cpt-rag[train]"',
        ) from error
    return add_adapters(trainable, config.lora)


def _static(static: StaticModel, config: TrainConfig, corpus: Path) -> StaticTrainable:
    kept = corpus / "tokens"
    tokenizer = Tokenizer.from_file(
        str(
            _kept(
                kept / f"vocabulary-{_key(corpus, static)}.json",
                lambda path: _learn(static, corpus).save(str(path)),
            )
        )
    )
    vocabulary = tokenizer_name(tokenizer)
    if static.repeats_within:
        leave_out_repeats(tokenizer, static.repeats_within)
    size = tokenizer.get_vocab_size()
    if static.start == "random":
        random = np.random.default_rng(config.seed)
        rows = random.normal(scale=static.dimension**-0.5, size=(size, static.dimension))
        return StaticTrainable(tokenizer, rows.astype(np.float32))
    read: NDArray[np.float32] = np.load(
        _kept(
            kept / f"read-{vocabulary}.npy",
            lambda path: np.save(path, read_tokens(tokenizer)),
        )
    )
    table = principal_components(read, static.dimension)
    if static.weighting == "sif":
        cut = tokenisers(StaticTrainable(tokenizer, table), config.data)
        counts = np.zeros(size, dtype=np.int64)
        most = config.data.training_pairs or None
        for own in corpus_examples(corpus / "train.parquet", cut, config.data, most).values():
            counts += np.bincount(own.queries.ids, minlength=size)
            counts += np.bincount(own.documents.ids, minlength=size)
        table *= inverse_frequency(counts)[:, None]
    return StaticTrainable(tokenizer, table)


def _learn(static: StaticModel, corpus: Path) -> Tokenizer:
    return learn_vocabulary(
        _texts(corpus),
        static.vocabulary,
        pretrained_words() if static.pretrained_words else (),
        split_identifiers=static.split_identifiers,
    )


def _texts(corpus: Path) -> Iterator[str]:
    """Both sides of evenly spread pairs, whatever kinds a config trains on."""
    statistics = json.loads((corpus / "statistics.json").read_text(encoding="utf-8"))
    every = max(1, statistics.get("pairs", {}).get("train", 0) // VOCABULARY_PAIRS)
    for row, pair in enumerate(read_pairs(corpus / "train.parquet")):
        if row % every == 0:
            yield pair.query
            yield pair.document


def _key(corpus: Path, static: StaticModel) -> str:
    return name_of(
        corpus_hash(corpus),
        static.vocabulary,
        static.pretrained_words,
        static.split_identifiers,
    )


def _kept(path: Path, make: Callable[[Path], object]) -> Path:
    """``path``, made where it is not there; it appears when it is whole."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        arriving = path.with_name(f"partial-{path.name}")
        make(arriving)
        arriving.replace(path)
    return path
