"""A pretrained vocabulary, cut to what is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig
from cpt_training.models.make import make_trainable
from cpt_training.models.transformer import make_transformer
from cpt_training.models.wordpiece import most_used
from cpt_training.sections.models import TransformerModel

TEXTS = ["open the file and return it", "def close_file(self):\n    return self.files.close(file)"]
ROWS = 520


@pytest.fixture
def wanted(tiny: Path) -> TransformerModel:
    return TransformerModel(
        start=str(tiny), random_weights=False, layers=2, pooling="mean", delimiters=False
    )


def chosen(tokenizer: object) -> NDArray[np.int64]:
    return most_used(tokenizer, TEXTS, ROWS)


def test_a_text_of_kept_tokens_has_the_same_vector_without_the_others(
    wanted: TransformerModel,
) -> None:
    whole, cut = make_transformer(wanted).model, make_transformer(wanted, chosen).model
    assert len(cut.tokenizer) == ROWS < len(whole.tokenizer)
    torch.testing.assert_close(
        cut.encode(TEXTS, convert_to_tensor=True), whole.encode(TEXTS, convert_to_tensor=True)
    )


def test_what_it_has_no_token_for_is_spelled(wanted: TransformerModel) -> None:
    tokenizer = make_transformer(wanted, chosen).model.tokenizer
    pieces = tokenizer.tokenize("zyxw quilt")
    assert "".join(piece.removeprefix("##") for piece in pieces) == "zyxwquilt"
    assert tokenizer.unk_token not in pieces


def test_it_is_saved_and_loaded_with_its_tokenizer(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    made = make_transformer(replace(wanted, split_identifiers=True), chosen)
    before = made.model.encode(TEXTS, convert_to_tensor=True)
    made.save(tmp_path)
    loaded = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    torch.testing.assert_close(
        loaded.encode(TEXTS, convert_to_tensor=True), before, atol=2e-3, rtol=0
    )
    assert len(loaded.tokenizer) == ROWS


def test_identifiers_are_opened_where_that_is_wanted(wanted: TransformerModel) -> None:
    plain = make_transformer(wanted).model.tokenizer
    opened = make_transformer(replace(wanted, split_identifiers=True)).model.tokenizer
    words = plain.tokenize("read the file name")
    assert opened.tokenize("readTheFile_name") == words
    assert plain.tokenize("readTheFile_name") != words


def test_a_vocabulary_that_is_small_already_is_refused(wanted: TransformerModel) -> None:
    tokenizer = make_transformer(wanted).model.tokenizer
    with pytest.raises(InvalidInputError, match=r"has [\d,]+ rows"):
        most_used(tokenizer, TEXTS, 100_000)


def test_rows_are_chosen_by_a_corpus_and_only_by_one(
    wanted: TransformerModel, static_config: TrainConfig, corpus: Path
) -> None:
    own = replace(static_config, static=None, transformer=replace(wanted, vocabulary=ROWS))
    assert len(make_trainable(own, corpus).model.tokenizer) == ROWS
    with pytest.raises(InvalidInputError, match="no corpus"):
        make_trainable(own, None)
