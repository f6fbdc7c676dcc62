"""From a config to an encoder that can be trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig
from cpt_training.data.tokens import tokenise
from cpt_training.models import make
from cpt_training.models.make import make_trainable
from cpt_training.models.static import StaticTrainable
from cpt_training.models.token_vectors import principal_components
from cpt_training.models.trainable import Trainable
from cpt_training.models.transformer import TransformerTrainable
from cpt_training.models.vocabulary import learn_vocabulary
from cpt_training.sections.models import ContinuedModel

TEXTS = ["Open the file.", "def read_table(self, table): return self.tables.read(table)"]


def table(trainable: Trainable) -> NDArray[np.float32]:
    assert isinstance(trainable, StaticTrainable)
    rows: NDArray[np.float32] = trainable.embedding.embedding.weight.detach().numpy()
    return rows


def embed(trainable: Trainable) -> NDArray[np.float32]:
    tokens = tokenise(lambda part: trainable.tokenise(part, "query", 32), TEXTS)
    trainable.model.eval()
    with torch.inference_mode():
        rows: torch.Tensor = trainable.model(trainable.features(tokens))["sentence_embedding"]
    return rows.numpy()


def pretrained_start(config: TrainConfig, **changes: object) -> TrainConfig:
    assert config.static
    static = replace(config.static, start="pretrained", weighting="sif")
    return replace(config, static=replace(static, **changes))  # type: ignore[arg-type]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What stands in for the pretrained model, 90 MB: random rows. Lists the sizes it was asked."""
    asked: list[int] = []

    def read_tokens(tokenizer: Tokenizer) -> NDArray[np.float32]:
        asked.append(tokenizer.get_vocab_size())
        random = np.random.default_rng(0)
        return random.normal(size=(asked[-1], 384)).astype(np.float32)

    monkeypatch.setattr(make, "read_tokens", read_tokens)
    return asked


def test_a_random_start_is_drawn_from_the_seed(static_config: TrainConfig, corpus: Path) -> None:
    rows = table(make_trainable(static_config, corpus))
    assert rows.shape[1] == 32
    np.testing.assert_array_equal(rows, table(make_trainable(static_config, corpus)))
    assert not np.array_equal(rows, table(make_trainable(replace(static_config, seed=2), corpus)))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1).mean(), 1, atol=0.05)


def test_a_pretrained_start_is_the_principal_components_of_what_the_model_reads(
    static_config: TrainConfig, corpus: Path, read: list[int]
) -> None:
    rows = table(make_trainable(pretrained_start(static_config, weighting="none"), corpus))
    assert read == [len(rows)]
    whole = np.random.default_rng(0).normal(size=(len(rows), 384)).astype(np.float32)
    np.testing.assert_allclose(rows, principal_components(whole, 32), atol=1e-5)


def test_frequent_tokens_start_shorter(
    static_config: TrainConfig, corpus: Path, read: list[int]
) -> None:
    weighted = make_trainable(pretrained_start(static_config), corpus)
    plain = make_trainable(pretrained_start(static_config, weighting="none"), corpus)
    share = np.linalg.norm(table(weighted), axis=1) / np.linalg.norm(table(plain), axis=1)
    assert isinstance(weighted, StaticTrainable)
    # Every pair has "return" twice, every tenth has "socket"; none has a tilde.
    often, sometimes, never = (
        weighted.tokenizer.token_to_id(token) for token in ("return", "socket", "~")
    )
    assert share[often] < share[sometimes] < share[never]


def test_what_the_pretrained_model_reads_is_kept(
    static_config: TrainConfig, corpus: Path, read: list[int]
) -> None:
    first = table(make_trainable(pretrained_start(static_config), corpus))
    second = table(make_trainable(pretrained_start(static_config), corpus))
    assert read == [len(first)]
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda c: c, False),
        (lambda c: replace(c, seed=9), False),
        (lambda c: replace(c, static=replace(c.static, dimension=16)), False),
        (lambda c: replace(c, static=replace(c.static, vocabulary=520)), True),
        (lambda c: replace(c, static=replace(c.static, split_identifiers=False)), True),
    ],
    ids=["nothing", "the seed", "the width", "the size", "identifiers"],
)
def test_a_vocabulary_is_kept_until_what_it_is_made_from_changes(
    static_config: TrainConfig,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[TrainConfig], TrainConfig],
    again: bool,
) -> None:
    make_trainable(static_config, corpus)
    learnt: list[int] = []

    def counted(*arguments: object, **named: object) -> Tokenizer:
        learnt.append(1)
        return learn_vocabulary(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(make, "learn_vocabulary", counted)
    make_trainable(change(static_config), corpus)
    assert bool(learnt) == again


def test_a_new_vocabulary_without_a_corpus_is_refused(static_config: TrainConfig) -> None:
    with pytest.raises(InvalidInputError, match=r"'small' has \[static\] and no corpus"):
        make_trainable(static_config, None)


def continued(config: TrainConfig, start: Path | str) -> TrainConfig:
    return replace(config, static=None, transformer=None, continued=ContinuedModel(str(start)))


def test_a_static_model_is_trained_on_from_its_own_vectors(
    static_config: TrainConfig, corpus: Path, tmp_path: Path
) -> None:
    make_trainable(static_config, corpus).save(tmp_path / "model")
    trainable = make_trainable(continued(static_config, tmp_path / "model"), None)
    assert isinstance(trainable, StaticTrainable)
    plain = SentenceTransformer(str(tmp_path / "model"), device="cpu", local_files_only=True)
    np.testing.assert_allclose(embed(trainable), plain.encode(TEXTS), atol=1e-6)


def test_the_shipped_model_is_trained_on_by_its_name(static_config: TrainConfig) -> None:
    trainable = make_trainable(continued(static_config, "cpt-static"), None)
    assert isinstance(trainable, StaticTrainable)
    assert table(trainable).dtype == np.float32


def test_a_transformer_is_trained_on_from_its_own_vectors_with_its_delimiters(
    transformer_config: TrainConfig, tmp_path: Path
) -> None:
    make_trainable(transformer_config, None).save(tmp_path / "model")
    trainable = make_trainable(continued(transformer_config, tmp_path / "model"), None)
    assert isinstance(trainable, TransformerTrainable)
    plain = SentenceTransformer(str(tmp_path / "model"), device="cpu", local_files_only=True)
    assert plain.prompts["query"] == "["
    np.testing.assert_allclose(embed(trainable), plain.encode_query(TEXTS), atol=1e-6)


def test_a_folder_without_a_model_is_refused_with_what_would_be_right(
    static_config: TrainConfig, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=r"modules\.json[^$]*continued\.start"):
        make_trainable(continued(static_config, tmp_path), None)


def test_repeated_words_are_left_out_where_the_config_says_so(
    static_config: TrainConfig, corpus: Path
) -> None:
    assert static_config.static
    twice = ["read file", "read file, read file"]
    every = make_trainable(static_config, corpus).tokenise(twice, "query", 32)
    static = replace(static_config.static, repeats_within=8)
    fewer = make_trainable(replace(static_config, static=static), corpus)
    once = fewer.tokenise(twice, "query", 32)
    assert len(every[1]) > 2 * len(every[0])
    assert sorted(once[1]) == sorted({*every[1]})
    assert once[0] == every[0]


def test_a_finished_model_whose_vectors_have_other_lengths_gets_unit_ones(
    transformer_config: TrainConfig, tiny: Path, tmp_path: Path
) -> None:
    model = SentenceTransformer(str(tiny), device="cpu", local_files_only=True)
    del model[-1]
    model.save(str(tmp_path / "long"), create_model_card=False)
    config = replace(
        transformer_config, transformer=None, continued=ContinuedModel(str(tmp_path / "long"))
    )
    rows = embed(make_trainable(config, None))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
