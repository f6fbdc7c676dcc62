"""An encoder that starts from a decoder-only language model."""

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
from sentence_transformers import SentenceTransformer
from torch.nn import functional
from transformers import (
    AutoTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

import cpt_rag
from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig
from cpt_training.data.tokens import tokenise
from cpt_training.models.make import make_trainable
from cpt_training.models.trainable import Role
from cpt_training.models.transformer import TransformerTrainable, make_transformer
from cpt_training.sections.models import TransformerModel

SHORT = "open file"
LONG = "return the first of all values that the caller has given, and raise an error for no value"
TEXTS = [SHORT, LONG]
FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "qwen2": (None, None, {}),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, {"head_dim": 8}),
    "llama": (LlamaConfig, LlamaForCausalLM, {}),
    "mistral": (MistralConfig, MistralForCausalLM, {"sliding_window": 64}),
    "gemma2": (Gemma2Config, Gemma2ForCausalLM, {"head_dim": 8, "sliding_window": 64}),
}


def other_family(decoder: Path, folder: Path, name: str, layers: int = 2) -> Path:
    """The tiny decoder with another architecture's weights."""
    shape, model, more = FAMILIES[name]
    if shape is None:
        return decoder
    shutil.copytree(decoder, folder)
    torch.manual_seed(1)
    config = shape(
        vocab_size=json.loads((decoder / "config.json").read_text())["vocab_size"],
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        **more,
    )
    model(config).save_pretrained(folder)
    return folder


@pytest.fixture
def wanted(decoder_config: TrainConfig) -> TransformerModel:
    assert decoder_config.transformer
    return decoder_config.transformer


def embed(
    trainable: TransformerTrainable, texts: Sequence[str], role: Role = "document"
) -> torch.Tensor:
    trainable.model.eval()
    with torch.inference_mode():
        tokens = tokenise(lambda part: trainable.tokenise(part, role, 128), texts)
        rows: torch.Tensor = trainable.model(trainable.features(tokens))["sentence_embedding"]
    return rows


def loaded(folder: Path) -> SentenceTransformer:
    """As anyone loads it: without code of ours, without ``trust_remote_code``."""
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def inner(model: SentenceTransformer) -> Any:
    transformer: Any = model[0]
    return transformer.auto_model


def sees_ahead(model: Any, padding: int) -> bool:
    """Whether any state but the last changes with the last token; all before it, or none, do."""
    model.eval()
    ids = torch.tensor([[5, 6, 7, 8, *padding * [0]], [5, 6, 7, 9, *padding * [0]]])
    mask = torch.tensor(2 * [[1, 1, 1, 1, *padding * [0]]])
    with torch.inference_mode():
        first, other = model(input_ids=ids, attention_mask=mask).last_hidden_state[:, :3]
    changed = (first - other).abs().amax(dim=1) > 1e-4
    assert changed.all() or not changed.any()
    return bool(changed.all())


@pytest.mark.parametrize("attention", ["pretrained", "causal", "bidirectional"])
@pytest.mark.parametrize("family", FAMILIES)
def test_an_earlier_state_changes_with_a_later_token_where_attention_is_bidirectional(
    wanted: TransformerModel,
    decoder: Path,
    tmp_path: Path,
    family: str,
    attention: Literal["pretrained", "causal", "bidirectional"],
) -> None:
    start = other_family(decoder, tmp_path / "start", family)
    trainable = make_transformer(replace(wanted, start=str(start), attention=attention))
    trainable.save(tmp_path / "out")
    saved = inner(loaded(tmp_path / "out"))
    for model in (inner(trainable.model), saved):
        for implementation in ("eager",) if family == "gemma2" else ("sdpa", "eager"):
            model.set_attn_implementation(implementation)
            for padding in (0, 2):
                assert sees_ahead(model, padding) == (attention == "bidirectional")


def test_attention_is_the_starts_own_where_the_config_does_not_say(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    make_transformer(wanted).save(tmp_path / "both ways")
    again = replace(wanted, start=str(tmp_path / "both ways"), attention="pretrained")
    assert sees_ahead(inner(make_transformer(again).model), 0)


def test_an_encoder_is_not_made_causal(wanted: TransformerModel, tiny: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"BertModel does not heed is_causal = True"):
        make_transformer(replace(wanted, start=str(tiny), attention="causal"))


@pytest.mark.parametrize("attention", ["causal", "bidirectional"])
def test_the_embedding_is_the_last_real_tokens_state_padded_left_or_right_or_not(
    wanted: TransformerModel, tmp_path: Path, attention: Literal["causal", "bidirectional"]
) -> None:
    trainable = make_transformer(replace(wanted, attention=attention, delimiters=False))
    tokenizer = trainable.model.tokenizer
    expected = []
    for text in TEXTS:
        ids = trainable.tokenise([text], "document", 128)[0]
        assert ids[-1] == tokenizer.eos_token_id
        with torch.inference_mode():
            states = inner(trainable.model).eval()(input_ids=torch.tensor([ids]))
        expected.append(functional.normalize(states.last_hidden_state[0, -1], dim=-1))
    torch.testing.assert_close(embed(trainable, TEXTS), torch.stack(expected), rtol=0, atol=1e-5)
    trainable.save(tmp_path)
    model = loaded(tmp_path)
    assert model.tokenizer.padding_side == "right"
    for side in ("right", "left"):
        model.tokenizer.padding_side = side
        mask = model.preprocess(TEXTS)["attention_mask"]
        assert bool(mask[0, 0]) == (side == "right")  # the short text's
        alone = np.concatenate([model.encode([text]) for text in TEXTS])
        for rows in (alone, model.encode(TEXTS)):
            np.testing.assert_allclose(rows, torch.stack(expected), atol=2e-3)
        np.testing.assert_allclose(alone, model.encode(TEXTS), atol=1e-5)
    assert np.abs(model.encode(TEXTS)[0] - model.encode(TEXTS)[1]).max() > 1e-2


def test_a_text_ends_with_the_end_token_once_and_a_cut_one_too(
    wanted: TransformerModel, decoder: Path, tmp_path: Path
) -> None:
    plain = AutoTokenizer.from_pretrained(decoder)
    trainable = make_transformer(wanted)
    end = plain.eos_token_id
    assert plain(f"{{{LONG}")["input_ids"][-1] != end
    whole, cut = (trainable.tokenise([LONG], "document", most)[0] for most in (100, 8))
    assert [*whole] == [*plain(f"{{{LONG}")["input_ids"], end]
    assert [*cut] == [*whole[:7], end]
    trainable.save(tmp_path)
    for tokenizer in (
        loaded(tmp_path).tokenizer,
        make_transformer(replace(wanted, start=str(tmp_path))).model.tokenizer,
    ):
        assert tokenizer(f"{{{LONG}")["input_ids"] == whole
        assert tokenizer(f"{{{LONG}", truncation=True, max_length=8)["input_ids"] == cut


def test_a_mean_needs_no_end_token(wanted: TransformerModel, decoder: Path) -> None:
    mean = make_transformer(replace(wanted, pooling="mean", delimiters=False))
    plain = AutoTokenizer.from_pretrained(decoder)
    assert mean.tokenise([SHORT], "query", 64) == plain([SHORT])["input_ids"]


def test_layers_are_cut_with_the_attention_that_each_has(
    wanted: TransformerModel, decoder: Path, tmp_path: Path
) -> None:
    start = other_family(decoder, tmp_path / "start", "gemma2", layers=4)  # near, far, near, far
    whole = make_transformer(replace(wanted, start=str(start), layers=4))
    cut = make_transformer(replace(wanted, start=str(start), layers=2))
    kinds = inner(whole.model).config.layer_types
    assert inner(cut.model).config.layer_types == [kinds[1], kinds[3]]
    assert len({*kinds}) == 2
    cut.save(tmp_path / "out")
    model = loaded(tmp_path / "out")
    assert inner(model).config.layer_types == [kinds[1], kinds[3]]
    np.testing.assert_allclose(model.encode_document(TEXTS), embed(cut, TEXTS), atol=5e-3)
    assert (embed(cut, TEXTS) - embed(whole, TEXTS)).abs().max() > 1e-2


def test_a_decoder_of_unknown_shape_is_refused(
    wanted: TransformerModel, decoder: Path, tmp_path: Path
) -> None:
    start = shutil.copytree(decoder, tmp_path / "start")
    GPT2LMHeadModel(GPT2Config(vocab_size=1000, n_embd=32, n_layer=2, n_head=4)).save_pretrained(
        start
    )
    with pytest.raises(InvalidInputError, match="GPT2Model has no layers"):
        make_transformer(replace(wanted, start=str(start)))


def test_a_start_in_half_precision_is_trained_in_full(
    decoder_config: TrainConfig, decoder: Path, tmp_path: Path
) -> None:
    start = half(decoder, tmp_path / "start")
    assert decoder_config.transformer
    transformer = replace(decoder_config.transformer, start=str(start))
    trainable = make_trainable(replace(decoder_config, transformer=transformer, lora=None), None)
    assert {weight.dtype for weight in trainable.model.parameters()} == {torch.float32}


def half(decoder: Path, folder: Path) -> Path:
    """The tiny decoder in bfloat16, as most published ones are."""
    shutil.copytree(decoder, folder)
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(decoder)
    model.bfloat16().save_pretrained(folder)
    return folder


def test_the_saved_decoder_is_an_encoder_of_the_library(
    wanted: TransformerModel, tmp_path: Path
) -> None:
    trainable = make_transformer(wanted)
    trainable.save(tmp_path)
    encoder = cpt_rag.load_encoder(tmp_path)
    assert encoder.fingerprint.pooling == "lasttoken"
    for role, rows in (
        ("query", encoder.encode_query(TEXTS)),
        ("document", encoder.encode_document(TEXTS)),
    ):
        np.testing.assert_allclose(rows, embed(trainable, TEXTS, role), atol=2e-3)  # type: ignore[arg-type]
