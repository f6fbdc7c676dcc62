"""Each published architecture in small, from its files to a search through every adapter."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from llama_index.embeddings.cpt import CptEmbedding
from llama_index.retrievers.cpt import CptRetriever as LlamaIndexRetriever
from numpy.typing import NDArray
from tokenizers import Tokenizer

import cpt_rag
from cpt_rag.encoders.places import own_place
from cpt_rag.encoders.presets import PRESETS, Preset
from langchain_cpt import CptEmbeddings
from langchain_cpt import CptRetriever as LangChainRetriever

from . import checkpoints
from .checkpoints import LAYOUTS, Tiny

QUERY = "where is the price summed?"
DOCUMENTS = [
    "def total_price(self): return sum(item.price for item in self.items)",
    "Cards are charged",
    "x",
]


@dataclass(frozen=True)
class Placed:
    """A checkpoint in cpt-rag's own folder, its preset with the dimension of the small one."""

    tiny: Tiny
    directory: Path
    preset: Preset


@pytest.fixture(scope="module", params=LAYOUTS, ids=lambda build: build.__name__)
def placed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Placed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield place(request.param, patch)


@pytest.fixture
def place_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Placed]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return lambda build: place(build, monkeypatch)


def place(build: checkpoints.Build, patch: pytest.MonkeyPatch) -> Placed:
    building = own_place("building")
    building.mkdir(parents=True)
    tiny = build(building)
    preset = replace(PRESETS[tiny.preset], dimension=tiny.dimension, max_tokens=128)
    patch.setitem(PRESETS, tiny.preset, preset)
    return Placed(tiny, building.rename(own_place(tiny.preset)), preset)


def expected(placed: Placed, text: str) -> NDArray[np.float32]:
    """The unit vector of one text, by the model itself on the ids of its tokenizer.json."""
    tokenizer = Tokenizer.from_file(str(placed.directory / "tokenizer.json"))
    ids = torch.tensor([tokenizer.encode(text).ids])
    with torch.no_grad():
        states = placed.tiny.model(input_ids=ids).last_hidden_state[0].float()
    pooled = {"cls": states[0], "mean": states.mean(dim=0), "lasttoken": states[-1]}
    vector = pooled[placed.preset.pooling]
    for weight, bias in placed.tiny.projections:
        vector = torch.nn.functional.linear(vector, weight, bias)
    found: NDArray[np.float32] = torch.nn.functional.normalize(vector, dim=0).numpy()
    return found


def prompts_of(placed: Placed, encoder: cpt_rag.Encoder) -> tuple[str, str]:
    prompts = encoder.fingerprint.prompts
    return prompts.get("query", ""), prompts.get("document", "")


def test_vectors_are_those_of_the_weights_with_prompts_and_pooling(placed: Placed) -> None:
    encoder = cpt_rag.load_encoder(placed.preset.name)
    query, document = prompts_of(placed, encoder)
    half = placed.tiny.model.dtype == torch.bfloat16
    for role, prompt in ((encoder.encode_query, query), (encoder.encode_document, document)):
        vectors = role(DOCUMENTS)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        truth = np.stack([expected(placed, prompt + text) for text in DOCUMENTS])
        assert (vectors * truth).sum(axis=1).min() > (0.99 if half else 0.99999)
        assert abs((truth @ truth.T)[0, 1]) < 0.98  # else any vector would do


def test_it_knows_its_shape_and_fingerprint(placed: Placed) -> None:
    encoder = cpt_rag.load_encoder(placed.preset.name)
    assert encoder.dimension == placed.tiny.dimension
    assert encoder.fingerprint.name == placed.preset.name
    assert encoder.fingerprint.pooling == placed.preset.pooling
    assert set(placed.preset.prompts) <= set(encoder.fingerprint.prompts)
    tokenizer = Tokenizer.from_file(str(placed.directory / "tokenizer.json"))
    assert encoder.count_tokens(DOCUMENTS[0]) == len(tokenizer.encode(DOCUMENTS[0]).ids)


def test_a_text_beyond_the_limit_is_cut_not_refused(placed: Placed) -> None:
    encoder = cpt_rag.load_encoder(placed.preset.name)
    assert encoder.max_tokens is not None
    long = "price " * 300
    assert encoder.count_tokens(long) > encoder.max_tokens
    assert np.isfinite(encoder.encode_document([long, "x"])).all()


def test_neighbours_in_a_batch_and_so_padding_change_nothing(placed: Placed) -> None:
    encoder = cpt_rag.load_encoder(placed.preset.name)
    alone = np.concatenate([encoder.encode_document([text]) for text in DOCUMENTS])
    half = placed.tiny.model.dtype == torch.bfloat16
    together = (encoder.encode_document(DOCUMENTS) * alone).sum(axis=1)
    assert together.min() > (0.99 if half else 0.99999)


def test_ingest_search_and_both_adapters_agree(
    placed: Placed, project: Path, tmp_path: Path
) -> None:
    name, store = placed.preset.name, tmp_path / "store"
    report = cpt_rag.ingest(project, collection="c", store=store, encoder=name)
    assert report.chunks >= 3
    hits = cpt_rag.search(QUERY, collection="c", store=store, limit=3)
    assert len(hits) == 3
    encoder = cpt_rag.load_encoder(name)
    query, documents = encoder.encode_query([QUERY])[0], encoder.encode_document(DOCUMENTS)
    langchain, llama_index = CptEmbeddings(name), CptEmbedding(name)
    np.testing.assert_allclose(langchain.embed_query(QUERY), query, atol=1e-6)
    np.testing.assert_allclose(langchain.embed_documents(DOCUMENTS), documents, atol=1e-6)
    np.testing.assert_allclose(llama_index.get_query_embedding(QUERY), query, atol=1e-6)
    np.testing.assert_allclose(
        llama_index.get_text_embedding_batch(DOCUMENTS), documents, atol=1e-6
    )
    ids = [hit.id for hit in hits]
    with LangChainRetriever(collection="c", store=store, k=3) as retriever:
        assert [document.id for document in retriever.invoke(QUERY)] == ids
    with LlamaIndexRetriever("c", store=store, similarity_top_k=3) as other:
        assert [node.node.node_id for node in other.retrieve(QUERY)] == ids


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("build", [checkpoints.qwen2, checkpoints.gemma2], ids=["qwen2", "gemma2"])
def test_the_last_real_token_is_pooled_whichever_side_is_padded(
    side: str, build: checkpoints.Build, place_one: Callable[..., Placed]
) -> None:
    placed = place_one(build)
    settings = placed.directory / "tokenizer_config.json"
    changed = settings.read_text().replace('"padding_side": "left", ', "")
    settings.write_text(changed.replace("{", f'{{"padding_side": "{side}", ', 1))
    vectors = cpt_rag.load_encoder(placed.preset.name).encode_document(DOCUMENTS)
    prompt = placed.preset.prompts.get("document", "")
    truth = np.stack([expected(placed, prompt + text) for text in DOCUMENTS])
    assert (vectors * truth).sum(axis=1).min() > 0.99999


@pytest.mark.parametrize("build", [checkpoints.gemma2, checkpoints.gemma3], ids=["2", "3"])
def test_the_first_token_of_a_bidirectional_gemma_sees_the_last(
    build: checkpoints.Build, place_one: Callable[..., Placed]
) -> None:
    encoder: Any = cpt_rag.load_encoder(place_one(build).preset.name)
    model = encoder._model[0].auto_model
    with torch.no_grad():
        one, other = (
            model(input_ids=torch.tensor([[2, 5, 6, last]])).last_hidden_state[0, 0]
            for last in (7, 8)
        )
    assert not torch.allclose(one, other, atol=1e-4)


def test_gtes_rotation_is_the_published_ntk_scaling(place_one: Callable[..., Placed]) -> None:
    encoder: Any = cpt_rag.load_encoder(place_one(checkpoints.gte).preset.name)
    steps = torch.arange(0, 16, 2) / 16  # heads of 16
    published = (160000 * 2.0) ** -steps / 2.0 ** (2 / 16)
    torch.testing.assert_close(encoder._model[0].auto_model.rotary_emb.inv_freq, published)


def test_a_setting_that_the_native_class_lacks_is_refused(
    place_one: Callable[..., Placed],
) -> None:
    placed = place_one(checkpoints.nomic_bert)
    config = placed.directory / "config.json"
    config.write_text(config.read_text().replace('"prenorm": false', '"prenorm": true'))
    with pytest.raises(cpt_rag.EncoderError, match="prenorm = True"):
        cpt_rag.load_encoder(placed.preset.name)


def test_a_static_checkpoint_is_the_mean_of_its_weighted_rows(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    preset = replace(PRESETS["potion-code-16m"], dimension=16)
    monkeypatch.setitem(PRESETS, preset.name, preset)
    directory = own_place(preset.name)
    directory.mkdir(parents=True)
    rows = checkpoints.potion(directory)
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    encoder = cpt_rag.load_encoder(preset.name)
    assert encoder.max_tokens is None
    truth = rows[tokenizer.encode(DOCUMENTS[0], add_special_tokens=False).ids].mean(dim=0)
    unit = torch.nn.functional.normalize(truth, dim=0).numpy()
    np.testing.assert_allclose(encoder.encode_document(DOCUMENTS)[0], unit, atol=1e-5)
    np.testing.assert_allclose(
        CptEmbeddings(preset.name).embed_query(DOCUMENTS[0]), unit, atol=1e-5
    )
    embedding = CptEmbedding(preset.name)
    np.testing.assert_allclose(embedding.get_text_embedding(DOCUMENTS[0]), unit, atol=1e-5)
    store = tmp_path / "store"
    cpt_rag.ingest(project, collection="c", store=store, encoder=preset.name)
    assert cpt_rag.search(QUERY, collection="c", store=store, limit=3)


def test_codet5p_loads_by_its_path_too(place_one: Callable[..., Placed], tmp_path: Path) -> None:
    placed = place_one(checkpoints.codet5p)
    elsewhere = shutil.copytree(placed.directory, tmp_path / "elsewhere")
    by_path = cpt_rag.load_encoder(elsewhere)
    assert by_path.fingerprint.name == str(elsewhere)
    np.testing.assert_allclose(
        by_path.encode_document(DOCUMENTS),
        cpt_rag.load_encoder(placed.preset.name).encode_document(DOCUMENTS),
        atol=1e-6,
    )
