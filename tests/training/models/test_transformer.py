"""A transformer in training, and the model that is left of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

import cpt_rag
from cpt_rag.errors import InvalidInputError
from cpt_training.data.tokens import TokenLists, tokenise
from cpt_training.models.trainable import Role
from cpt_training.models.transformer import TransformerTrainable, make_transformer
from cpt_training.sections.models import TransformerModel

SHORT = "open file"
LONG = "return the first of all values that the caller has given, and raise an error for no value"
DEEP = 6


@pytest.fixture
def wanted(tiny: Path) -> TransformerModel:
    return TransformerModel(
        start=str(tiny), random_weights=False, layers=2, pooling="lasttoken", delimiters=True
    )


@pytest.fixture(scope="module")
def deep(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the tiny one, with six layers."""
    folder = shutil.copytree(tiny, tmp_path_factory.mktemp("deep") / "model")
    shape = BertConfig.from_pretrained(tiny)
    shape.num_hidden_layers = DEEP
    BertModel(shape).save_pretrained(folder)
    return folder


def tokens(
    trainable: TransformerTrainable, texts: Sequence[str], role: Role = "document"
) -> TokenLists:
    return tokenise(lambda part: trainable.tokenise(part, role, 32), texts)


def embed(
    trainable: TransformerTrainable, texts: Sequence[str], role: Role = "document"
) -> torch.Tensor:
    trainable.model.eval()
    with torch.inference_mode():
        features = trainable.features(tokens(trainable, texts, role))
        rows: torch.Tensor = trainable.model(features)["sentence_embedding"]
    return rows


def inner(trainable: TransformerTrainable) -> Any:
    """The model of the transformers library."""
    transformer: Any = trainable.model[0]
    return transformer.auto_model


def weights(trainable: TransformerTrainable) -> dict[str, torch.Tensor]:
    return dict(trainable.model.named_parameters())


@pytest.mark.parametrize("pooling", ["lasttoken", "mean"])
def test_a_texts_vector_is_the_same_alone_and_beside_a_longer_one(
    wanted: TransformerModel, pooling: Literal["lasttoken", "mean"]
) -> None:
    trainable = make_transformer(replace(wanted, pooling=pooling))
    alone, together = embed(trainable, [SHORT]), embed(trainable, [SHORT, LONG])
    torch.testing.assert_close(together[0], alone[0], rtol=0, atol=1e-5)
    assert (together[0] - together[1]).abs().max() > 1e-3


def test_the_last_token_is_the_closing_one(wanted: TransformerModel) -> None:
    trainable = make_transformer(wanted)
    features = trainable.features(tokens(trainable, [SHORT, LONG]))
    lengths = features["attention_mask"].sum(dim=1)
    places = (torch.arange(2), lengths - 1)
    assert features["input_ids"][places].tolist() == 2 * [trainable.model.tokenizer.sep_token_id]
    trainable.model.eval()
    with torch.inference_mode():
        states = inner(trainable)(**features).last_hidden_state
    expected = functional.normalize(states[places], dim=-1)
    torch.testing.assert_close(embed(trainable, [SHORT, LONG]), expected, rtol=0, atol=1e-6)


def test_a_long_text_is_cut_inside_its_closing_token(wanted: TransformerModel) -> None:
    trainable = make_transformer(wanted)
    whole, cut = (trainable.tokenise([LONG], "query", most)[0] for most in (100, 8))
    assert len(whole) > len(cut) == 8
    assert [*cut] == [*whole[:7], whole[-1]]


def test_a_role_opens_its_texts_with_its_delimiter(wanted: TransformerModel) -> None:
    trainable = make_transformer(wanted)
    tokenizer = trainable.model.tokenizer
    for role, text in (("query", f"[{SHORT}"), ("document", f"{{{SHORT}")):
        ids = trainable.tokenise([SHORT], role, 32)[0]  # type: ignore[arg-type]
        assert ids == tokenizer(text)["input_ids"]
        assert ids != tokenizer(SHORT)["input_ids"]


def test_without_delimiters_both_roles_read_alike(wanted: TransformerModel) -> None:
    trainable = make_transformer(replace(wanted, delimiters=False))
    ids = trainable.model.tokenizer([SHORT])["input_ids"]
    assert trainable.tokenise([SHORT], "query", 32) == ids
    assert trainable.tokenise([SHORT], "document", 32) == ids


def test_its_name_changes_with_its_delimiters(wanted: TransformerModel) -> None:
    name = make_transformer(wanted).name
    assert name == make_transformer(replace(wanted, layers=1)).name
    assert name != make_transformer(replace(wanted, delimiters=False)).name


def test_features_are_padded_on_the_right(wanted: TransformerModel) -> None:
    trainable = make_transformer(wanted)
    pad = trainable.model.tokenizer.pad_token_id
    given = TokenLists(
        np.array([5, 6, 7, 8], np.int32), np.array([0, 1, 4]), np.zeros(2, np.uint64)
    )
    features = trainable.features(given)
    assert features["input_ids"].tolist() == [[5, pad, pad], [6, 7, 8]]
    assert features["attention_mask"].tolist() == [[1, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("layers", "kept"),
    [(1, [5]), (2, [2, 5]), (3, [1, 3, 5]), (4, [1, 2, 3, 5]), (6, [0, 1, 2, 3, 4, 5])],
)
def test_layers_are_cut_evenly_and_the_last_stays(
    wanted: TransformerModel, deep: Path, layers: int, kept: list[int]
) -> None:
    whole = weights(make_transformer(replace(wanted, start=str(deep), layers=DEEP)))
    cut = make_transformer(replace(wanted, start=str(deep), layers=layers))
    stems = {name.split(".layer.")[0] for name in whole if ".layer." in name}
    assert len(stems) == 1
    (stem,) = stems
    for name, weight in weights(cut).items():
        if name.startswith(f"{stem}.layer."):
            number, rest = name.removeprefix(f"{stem}.layer.").split(".", 1)
            name = f"{stem}.layer.{kept[int(number)]}.{rest}"  # noqa: PLW2901
        assert torch.equal(weight, whole[name])
    assert inner(cut).config.num_hidden_layers == layers


def test_more_layers_than_there_are_is_refused(wanted: TransformerModel) -> None:
    with pytest.raises(InvalidInputError, match=r"has 2 layers[^$]*transformer\.layers = 3"):
        make_transformer(replace(wanted, layers=3))


def test_a_model_of_another_shape_is_refused(
    wanted: TransformerModel, tiny: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny, tmp_path / "model")
    shape = DistilBertConfig(vocab_size=1000, dim=32, n_layers=2, n_heads=2, hidden_dim=64)
    DistilBertModel(shape).save_pretrained(folder)
    with pytest.raises(InvalidInputError, match="DistilBertModel has no layers"):
        make_transformer(replace(wanted, start=str(folder)))


def test_a_missing_folder_is_refused_with_what_would_be_right(wanted: TransformerModel) -> None:
    with pytest.raises(InvalidInputError, match=r"no/such[^$]*all-MiniLM-L6-v2"):
        make_transformer(replace(wanted, start="no/such"))


def test_random_weights_take_the_shape_and_the_tokenizer_alone(wanted: TransformerModel) -> None:
    def start(seed: int) -> TransformerTrainable:
        torch.manual_seed(seed)
        return make_transformer(replace(wanted, random_weights=True))

    pretrained, random = make_transformer(wanted), start(5)
    assert random.name == pretrained.name
    shapes = {name: weight.shape for name, weight in weights(random).items()}
    assert shapes == {name: weight.shape for name, weight in weights(pretrained).items()}
    for name, weight in weights(random).items():
        if name.endswith("dense.weight"):
            assert not torch.equal(weight, weights(pretrained)[name])
    texts = [SHORT, LONG]
    assert torch.equal(embed(random, texts), embed(start(5), texts))
    for other in (pretrained, start(6)):
        assert (embed(random, texts) - embed(other, texts)).abs().max() > 1e-3


@pytest.mark.parametrize("delimiters", [True, False])
def test_the_saved_model_gives_the_vectors_of_training_in_both_roles(
    wanted: TransformerModel, tmp_path: Path, delimiters: bool
) -> None:
    trainable = make_transformer(replace(wanted, delimiters=delimiters))
    queries, documents = (embed(trainable, [SHORT, LONG], role) for role in ("query", "document"))
    trainable.save(tmp_path)
    plain = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    encoder = cpt_rag.load_encoder(tmp_path)
    for expected, *found in (
        (queries, plain.encode_query([SHORT, LONG]), encoder.encode_query([SHORT, LONG])),
        (documents, plain.encode_document([SHORT, LONG]), encoder.encode_document([SHORT, LONG])),
    ):
        for rows in found:
            np.testing.assert_allclose(rows, expected.numpy(), atol=2e-3)


def test_the_saved_model_is_kept_in_half_precision_and_read_in_full(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    make_transformer(wanted).save(tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    assert {weight.dtype for weight in kept.values()} == {np.dtype(np.float16)}
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"
    plain = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    assert {weight.dtype for weight in plain.parameters()} == {torch.float32}


def test_saving_leaves_a_model_that_can_be_trained_on(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    trainable = make_transformer(wanted)
    trainable.save(tmp_path)
    assert {weight.dtype for weight in weights(trainable).values()} == {torch.float32}


def test_the_saved_model_reads_as_much_of_a_text_as_its_start_and_not_what_training_cut(
    wanted: TransformerModel, tiny: Path, tmp_path: Path
) -> None:
    start = SentenceTransformer(str(shutil.copytree(tiny, tmp_path / "start")), device="cpu")
    start.max_seq_length = 12
    start.save(str(tmp_path / "start"))
    trainable = make_transformer(replace(wanted, start=str(tmp_path / "start"), delimiters=False))
    trainable.tokenise([LONG], "document", 8)
    trainable.save(tmp_path / "out")
    encoder = cpt_rag.load_encoder(tmp_path / "out")
    assert encoder.max_tokens == 12
    plain = Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json"))
    assert len(plain.encode(LONG).ids) > 12


def test_a_projection_is_a_linear_layer_over_the_pooled_state(wanted: TransformerModel) -> None:
    trainable = make_transformer(replace(wanted, pooling="cls", projection=8))
    trainable.model.eval()
    modules: Any = trainable.model
    transformer, _, dense, _ = modules
    with torch.inference_mode():
        states = transformer(trainable.features(tokens(trainable, [SHORT, LONG])))
        first = states["token_embeddings"][:, 0]
        expected = functional.normalize(first @ dense.linear.weight.T + dense.linear.bias)
    torch.testing.assert_close(embed(trainable, [SHORT, LONG]), expected)


def test_a_projected_model_is_loaded_as_it_was_saved(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    trainable = make_transformer(replace(wanted, pooling="cls", projection=8))
    expected = embed(trainable, [SHORT, LONG])
    trainable.save(tmp_path)
    plain = SentenceTransformer(str(tmp_path), device="cpu", local_files_only=True)
    encoder = cpt_rag.load_encoder(tmp_path)
    assert encoder.dimension == plain.get_embedding_dimension() == 8
    for rows in (plain.encode_document([SHORT, LONG]), encoder.encode_document([SHORT, LONG])):
        np.testing.assert_allclose(rows, expected.numpy(), atol=2e-3)
