"""``CptEmbedding`` is a LlamaIndex component that gives cpt-rag's vectors."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.schema import MetadataMode, TextNode
from llama_index.core.storage.kvstore import SimpleKVStore
from llama_index.embeddings.cpt import CptEmbedding, as_encoder

import cpt_rag
from cpt_rag.encoders.presets import MODELS

if TYPE_CHECKING:
    from tests.integrations.llama_index.conftest import HeldEncoder

TEXTS = ["def f():\n    return 1\n", "a line\nand another", "\tgo fmt"]
AGAIN: dict[str, Callable[[CptEmbedding], CptEmbedding]] = {
    "dict": lambda e: CptEmbedding.from_dict(e.to_dict()),
    "json": lambda e: CptEmbedding.from_json(e.to_json()),
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "model copy": lambda e: e.model_copy(),
}
ASYNC: dict[str, Callable[[CptEmbedding], Awaitable[object]]] = {
    "query": lambda e: e.aget_query_embedding(TEXTS[0]),
    "text": lambda e: e.aget_text_embedding(TEXTS[0]),
    "batch": lambda e: e.aget_text_embedding_batch(TEXTS),
    "nodes": lambda e: e.acall([TextNode(text=text) for text in TEXTS]),
}


@pytest.mark.parametrize("batch", [1, 2, 2048])
def test_vectors_are_those_of_the_library_newlines_and_all(
    encoder: cpt_rag.Encoder, batch: int
) -> None:
    embedding = CptEmbedding(embed_batch_size=batch)
    np.testing.assert_array_equal(
        np.array(embedding.get_text_embedding_batch(TEXTS)), encoder.encode_document(TEXTS)
    )
    np.testing.assert_array_equal(
        np.array(embedding.get_query_embedding(TEXTS[0])), encoder.encode_query(TEXTS[:1])[0]
    )


def test_a_folder_is_a_model_and_its_roles_are_kept(asking: Path) -> None:
    embedding, plain = CptEmbedding(asking), CptEmbedding()
    for found, text in (
        (embedding.get_query_embedding("cards"), "question: cards"),
        (embedding.get_text_embedding("cards"), "cards"),
    ):
        np.testing.assert_allclose(found, plain.get_text_embedding(text), atol=1e-4)


async def test_async_gives_the_same_vectors() -> None:
    embedding = CptEmbedding(embed_batch_size=2)
    batch = embedding.get_text_embedding_batch(TEXTS)
    assert await embedding.aget_text_embedding_batch(TEXTS) == batch
    assert await embedding.aget_text_embedding(TEXTS[0]) == batch[0]
    assert await embedding.aget_query_embedding(TEXTS[0]) == embedding.get_query_embedding(TEXTS[0])


@pytest.mark.parametrize("call", ASYNC)
async def test_the_event_loop_goes_on_while_texts_are_embedded(
    held: HeldEncoder, call: str
) -> None:
    embedding = CptEmbedding()
    task = asyncio.ensure_future(ASYNC[call](embedding))
    while not held.asked.is_set():
        await asyncio.sleep(0.001)
    held.released.set()
    assert await task


async def test_sync_calls_work_where_an_event_loop_runs() -> None:
    embedding = CptEmbedding()
    assert embedding.get_text_embedding_batch(TEXTS) == (
        await embedding.aget_text_embedding_batch(TEXTS)
    )


def test_no_texts_give_no_vectors() -> None:
    assert CptEmbedding().get_text_embedding_batch([]) == []
    assert asyncio.run(CptEmbedding().aget_text_embedding_batch([])) == []


def test_progress_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    embedding = CptEmbedding()
    embedding.get_text_embedding_batch(TEXTS)
    assert not capsys.readouterr().err
    embedding.get_text_embedding_batch(TEXTS, show_progress=True)
    assert "Generating embeddings" in capsys.readouterr().err


@pytest.mark.parametrize("how", AGAIN)
def test_it_survives_serialisation_and_copying(how: str) -> None:
    embedding = CptEmbedding(MODELS / "cpt-static", embed_batch_size=7)
    again = AGAIN[how](embedding)
    assert isinstance(again, CptEmbedding)
    assert again.to_dict() == embedding.to_dict()
    assert again.embed_batch_size == 7
    assert again.get_query_embedding("x") == embedding.get_query_embedding("x")


def test_weights_are_no_part_of_what_is_pickled_or_written() -> None:
    embedding = CptEmbedding()
    assert len(pickle.dumps(embedding)) < 2_000
    assert json.loads(embedding.to_json())["model_name"] == "cpt-static"


def test_it_is_a_base_embedding_under_its_own_name() -> None:
    assert BaseEmbedding.__name__ in [b.__name__ for b in CptEmbedding.__mro__]
    assert CptEmbedding.class_name() == CptEmbedding().to_dict()["class_name"] == "CptEmbedding"


def test_nodes_get_the_vector_of_what_they_embed(encoder: cpt_rag.Encoder) -> None:
    node = TextNode(text="total()", metadata={"path": "a.py"})
    CptEmbedding()([node])
    expected = encoder.encode_document([node.get_content(MetadataMode.EMBED)])[0]
    np.testing.assert_array_equal(np.array(node.embedding), expected)


def test_a_cache_of_vectors_is_taken_where_roles_are_alike_and_refused_elsewhere(
    asking: Path,
) -> None:
    cache = SimpleKVStore()
    embedding = CptEmbedding(embeddings_cache=cache)
    assert embedding.get_text_embedding_batch(TEXTS) == embedding.get_text_embedding_batch(TEXTS)
    assert cache.get(TEXTS[0], collection="embeddings")
    with pytest.raises(cpt_rag.InvalidInputError, match="leave embeddings_cache out"):
        CptEmbedding(asking, embeddings_cache=cache)


def test_an_unknown_model_is_refused_when_it_is_named() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="cpt-static"):
        CptEmbedding("no-such-model")


def test_a_blank_text_is_refused() -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 2 of 2"):
        CptEmbedding().get_text_embedding_batch(["a", " \n"])


def test_as_an_encoder_it_is_the_one_that_it_holds() -> None:
    embedding = CptEmbedding()
    assert as_encoder(embedding) is embedding.encoder


def test_any_other_embedding_is_an_encoder_by_its_class_and_model() -> None:
    fingerprint = as_encoder(MockEmbedding(embed_dim=4, model_name="m")).fingerprint
    module = MockEmbedding.__module__
    assert fingerprint.name == f"{module}.MockEmbedding/m"
    assert fingerprint.dimension == 4
