"""A transformer in training: padded token ids in, one pooled state out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Normalize,
    Pooling,
    Transformer,
)
from transformers import AutoModel

from cpt_rag.errors import InvalidInputError
from cpt_training.data.tokens import TokenLists
from cpt_training.models.decoder import end_with_token, pad_on_the_right, set_attention
from cpt_training.models.pretrained import PRETRAINED, locate
from cpt_training.models.small_table import shrink_table
from cpt_training.models.trainable import Features, Role
from cpt_training.models.wordpiece import keep_rows, open_identifiers
from cpt_training.sections.models import TransformerModel

DELIMITERS = {"query": "[", "document": "{"}

ChooseRows = Callable[[Any], NDArray[np.int64]]
"""Of a tokenizer, the ids that are kept, int64 (rows,), rising."""


class TransformerTrainable:
    """`Trainable` over any sentence-transformers model that reads padded ids.

    Args:
        model: what is trained.
        small_table: save its token embeddings in one byte a number.
    """

    def __init__(self, model: SentenceTransformer, *, small_table: bool = False) -> None:
        self.model = model
        self._small_table = small_table
        self._tokenizer = model.tokenizer
        self._prompts: Mapping[str, str | None] = model.prompts
        # Taken here: once it has cut a text, a tokenizer says so of itself.
        made_of = (self._tokenizer.backend_tokenizer.to_str(), sorted(self._prompts.items()))
        self._name = hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """Of the tokenizer and the prompts."""
        return self._name

    def tokenise(self, texts: Sequence[str], role: Role, most: int) -> Sequence[Sequence[int]]:
        """Ids of the role's prompt, the text, and the special tokens around them."""
        prompt = self._prompts.get(role) or ""
        ids: Sequence[Sequence[int]] = self._tokenizer(
            [prompt + text for text in texts], truncation=True, max_length=most
        )["input_ids"]
        return ids

    def features(self, tokens: TokenLists) -> Features:
        """Ids padded on the right, and which of them are there."""
        lengths = np.diff(tokens.offsets)
        there = np.arange(lengths.max(initial=1)) < lengths[:, None]
        ids = np.full(there.shape, self._tokenizer.pad_token_id, dtype=np.int64)
        ids[there] = tokens.ids
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(there.astype(np.int64)),
        }

    def save(self, out: Path) -> None:
        """Write the model, its weights in half precision or less, to be read in full."""
        out.mkdir(parents=True, exist_ok=True)
        dtype = next(self.model.parameters()).dtype
        self._tokenizer.backend_tokenizer.no_truncation()  # where the last text was cut
        self.model.half().save(str(out), create_model_card=False)
        self.model.to(dtype)
        if self._small_table:
            shrink_table(out, self._table_name())
        config = out / "config.json"
        values = {**json.loads(config.read_text(encoding="utf-8")), "dtype": "float32"}
        config.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    def _table_name(self) -> str:
        inner: Any = self.model[0]
        table = inner.model.get_input_embeddings().weight
        names = [name for name, tensor in inner.model.named_parameters() if tensor is table]
        return str(names[0])


def make_transformer(
    config: TransformerModel, choose_rows: ChooseRows | None = None
) -> TransformerTrainable:
    """A transformer as a config describes it, with the rows of its vocabulary that are chosen."""
    folder = str(locate(config.start))
    if not Path(folder).is_dir():
        raise InvalidInputError(
            f"There is no model in {folder!r}.",
            expected=f"{PRETRAINED}, or a folder in the transformers library's layout",
            remedy="change transformer.start",
        )
    # With what a sentence-transformers folder says of itself: how much of a text is read.
    transformer = Transformer.load(folder, local_files_only=True)
    if config.random_weights:
        shape = transformer.model.config
        transformer.model = AutoModel.from_config(shape)  # type: ignore[no-untyped-call]
    _keep_layers(transformer.model, config.layers)
    set_attention(transformer.model, config.attention)
    pad_on_the_right(transformer.tokenizer)
    if config.pooling == "lasttoken":
        end_with_token(transformer.tokenizer)
    if config.split_identifiers:
        open_identifiers(transformer.tokenizer)
    if choose_rows is not None:
        keep_rows(transformer, choose_rows(transformer.tokenizer))
    width = transformer.get_embedding_dimension()
    modules = [transformer, Pooling(width, pooling_mode=config.pooling)]
    if config.projection:
        modules.append(Dense(width, config.projection, activation_function=None))
    modules.append(Normalize())
    prompts = DELIMITERS if config.delimiters else {}
    model = SentenceTransformer(modules=modules, prompts=dict(prompts))
    # A vocabulary is cut where size counts.
    return TransformerTrainable(model, small_table=choose_rows is not None)


def _keep_layers(model: Any, wanted: int) -> None:
    """Cut to ``wanted`` layers, evenly spread over the depth, the last among them."""
    holder, name = model, "layers"
    if hasattr(model, "encoder"):
        holder, name = model.encoder, "layer"
    layers = getattr(holder, name, None)
    if layers is None or len(layers) < wanted:
        raise InvalidInputError(
            f"{type(model).__name__} has {len(layers) if layers is not None else 'no'} layers "
            "(in encoder.layer or layers).",
            expected=f"at least transformer.layers = {wanted}",
            remedy="change transformer.layers, or start from a model of BERT's shape or Llama's",
        )
    chosen = [round((i + 1) * len(layers) / wanted) - 1 for i in range(wanted)]
    setattr(holder, name, torch.nn.ModuleList(layers[i] for i in chosen))
    if kinds := getattr(model.config, "layer_types", None):
        model.config.layer_types = [kinds[i] for i in chosen]
    model.config.num_hidden_layers = wanted
