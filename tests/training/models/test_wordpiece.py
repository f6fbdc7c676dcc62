"""A pretrained vocabulary, cut to what is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig, load_config
from cpt_training.models.make import make_trainable
from cpt_training.models.small_table import has_small_table
from cpt_training.models.transformer import make_transformer
from cpt_training.models.wordpiece import most_used
from cpt_training.sections.models import ContinuedModel, TransformerModel

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
    after = loaded.encode(TEXTS, convert_to_tensor=True)
    assert functional.cosine_similarity(after, before).min() > 0.999
    assert len(loaded.tokenizer) == ROWS


def test_its_rows_are_saved_in_one_byte_a_number_and_read_in_full(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    made = make_transformer(wanted, chosen)
    transformer: Any = made.model[0]
    rows = transformer.model.get_input_embeddings().weight.detach().clone()
    made.save(tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    table = kept.pop("embeddings.word_embeddings.weight")
    assert (table.dtype, table.shape) == (torch.float8_e4m3fn, rows.shape)
    assert {tensor.dtype for tensor in kept.values()} == {torch.float16}
    torch.testing.assert_close(table.float(), rows, rtol=1 / 16, atol=2**-10)
    loaded = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    assert {tensor.dtype for tensor in loaded.parameters()} == {torch.float32}


def test_what_was_saved_so_is_saved_so_again_when_it_has_been_trained_on(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    make_transformer(wanted, chosen).save(tmp_path / "small")
    make_transformer(wanted).save(tmp_path / "whole")
    for name in ("small", "whole"):
        config = load_config("cpt_text_nli")
        again = replace(config, continued=ContinuedModel(str(tmp_path / name)))
        make_trainable(again, None).save(tmp_path / "again" / name)
    assert has_small_table(tmp_path / "again" / "small")
    assert not has_small_table(tmp_path / "again" / "whole")


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
