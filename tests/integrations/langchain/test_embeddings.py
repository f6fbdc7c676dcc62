"""``CptEmbeddings`` passes LangChain's own suites, and gives cpt-rag's vectors."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

import cpt_rag
from langchain_cpt import CptEmbeddings

TEXTS = ["def f():\n    return 1\n", "a line\nand another"]


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CptEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {}


class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CptEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {}


class Roles:
    """An encoder that gives its roles different vectors and notes its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def encode_query(self, texts: list[str]) -> Any:
        return np.tile(np.array([1.0, 0.0], np.float32), (len(texts), 1))

    def encode_document(self, texts: list[str]) -> Any:
        self.batches.append(texts)
        return np.tile(np.array([0.0, 1.0], np.float32), (len(texts), 1))


def test_vectors_are_those_of_the_library_newlines_and_all(encoder: cpt_rag.Encoder) -> None:
    embeddings = CptEmbeddings()
    np.testing.assert_array_equal(
        np.array(embeddings.embed_documents(TEXTS)), encoder.encode_document(TEXTS)
    )
    np.testing.assert_array_equal(
        np.array(embeddings.embed_query(TEXTS[0])), encoder.encode_query(TEXTS[:1])[0]
    )


def test_async_gives_the_same_vectors() -> None:
    embeddings = CptEmbeddings()
    found = asyncio.run(embeddings.aembed_documents(TEXTS))
    assert found == embeddings.embed_documents(TEXTS)
    assert asyncio.run(embeddings.aembed_query("x")) == embeddings.embed_query("x")
    assert {type(number) for vector in found for number in vector} == {float}


def test_queries_and_documents_are_encoded_in_their_roles_batch_by_batch() -> None:
    roles: Any = Roles()
    embeddings = CptEmbeddings(roles, batch_size=2)
    assert embeddings.embed_query("a") == [1.0, 0.0]
    assert embeddings.embed_documents(["a", " b\n", "c"]) == [[0.0, 1.0]] * 3
    assert roles.batches == [["a", " b\n"], ["c"]]


def test_the_batch_size_changes_no_vector() -> None:
    texts = [f"text {n}" * (n + 1) for n in range(7)]
    assert CptEmbeddings(batch_size=3).embed_documents(texts) == CptEmbeddings().embed_documents(
        texts
    )


def test_progress_is_drawn_on_stderr_and_only_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CptEmbeddings(batch_size=1).embed_documents(TEXTS)
    assert capsys.readouterr() == ("", "")
    CptEmbeddings(batch_size=1, show_progress=True).embed_documents(TEXTS)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err


def test_no_texts_have_no_vectors() -> None:
    assert CptEmbeddings().embed_documents([]) == []


def test_a_blank_text_is_named_by_its_place_in_the_whole_list() -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 4 of 5"):
        CptEmbeddings(batch_size=2).embed_documents(["a", "b", "c", " \n", "e"])
    with pytest.raises(cpt_rag.InvalidInputError, match="Text 1 of 1"):
        CptEmbeddings().embed_query("")


def test_it_pickles_by_name_and_shows_it() -> None:
    embeddings = CptEmbeddings(batch_size=7)
    pickled = pickle.dumps(embeddings)
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert again.batch_size == 7
    assert again.embed_query("x") == embeddings.embed_query("x")
    assert repr(again) == "CptEmbeddings(encoder='cpt-static')"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(cpt_rag.EncoderError, match="no-such-model"):
        CptEmbeddings("no-such-model")
    with pytest.raises(cpt_rag.InvalidInputError, match="batch_size is 0"):
        CptEmbeddings(batch_size=0)


def test_the_event_loop_goes_on_while_texts_are_embedded(gate: Any) -> None:
    class Slow(Roles):
        def encode_query(self, texts: list[str]) -> Any:
            gate.pass_through()
            return super().encode_query(texts)

        def encode_document(self, texts: list[str]) -> Any:
            gate.pass_through()
            return super().encode_document(texts)

    slow: Any = Slow()
    embeddings = CptEmbeddings(slow)
    assert asyncio.run(gate.watch(lambda: embeddings.aembed_documents(TEXTS))) == [[0.0, 1.0]] * 2
    assert asyncio.run(gate.watch(lambda: embeddings.aembed_query("a"))) == [1.0, 0.0]
