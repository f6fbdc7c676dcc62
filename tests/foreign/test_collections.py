"""A collection of another program: who embedded it is tried, and nothing in it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models

import cpt_rag
from cpt_rag.ingest import collection_status
from cpt_rag.qdrant import ServerStore, open_store
from tests.foreign.conftest import NAME, Write

TEXTS = [
    "Cards are charged once an order is packed.",
    "Passwords are hashed with argon2.",
    "Receipts go to the customer by mail.",
]
PAYLOADS = [
    {"page_content": text, "metadata": {"source": f"docs/{name}.md", "language": "markdown"}}
    for text, name in zip(TEXTS, ("pay", "login", "mail"), strict=True)
]
OTHER = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.5, 0.5, 1.0]]
QUERY = "how are passwords hashed?"


def test_one_of_an_unknown_encoder_is_searched_by_words(server: ServerStore, write: Write) -> None:
    write(PAYLOADS, vectors=OTHER)
    with cpt_rag.open_collection(NAME, server) as collection:
        assert collection.lexical
        assert cpt_rag.search(QUERY, collection=collection)[0].text == TEXTS[1]
        assert cpt_rag.search("???", collection=collection) == []
        with pytest.raises(cpt_rag.CollectionError, match="did not make its vectors"):
            _ = collection.encoder


def test_vectors_of_the_same_dimension_by_another_encoder_are_not_believed(
    server: ServerStore, write: Write, encoder: cpt_rag.Encoder
) -> None:
    write(PAYLOADS, vectors=encoder.encode_document([text[::-1] for text in TEXTS]).tolist())
    with cpt_rag.open_collection(NAME, server) as collection:
        assert collection.lexical


@pytest.mark.parametrize("vectors", ["of another dimension", "of other texts"])
def test_an_encoder_that_is_named_and_did_not_make_it_is_refused(
    server: ServerStore, write: Write, encoder: cpt_rag.Encoder, vectors: str
) -> None:
    same = encoder.encode_document([text[::-1] for text in TEXTS]).tolist()
    write(PAYLOADS, vectors=OTHER if "dimension" in vectors else same)
    with pytest.raises(cpt_rag.IdentityMismatchError, match="cosine of ") as caught:
        cpt_rag.open_collection(NAME, server, encoder=encoder)
    assert f"({encoder.dimension})" in caught.value.found
    assert "0.98 or more" in caught.value.expected


def test_of_several_named_vectors_the_encoders_own_are_searched(
    server: ServerStore, client: QdrantClient, encoder: cpt_rag.Encoder
) -> None:
    cosine = models.Distance.COSINE
    plain = models.VectorParams(size=encoder.dimension, distance=cosine)
    many = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
    late = models.VectorParams(size=encoder.dimension, distance=cosine, multivector_config=many)
    client.create_collection(NAME, vectors_config={"late": late, "title": plain, "body": plain})
    rows = encoder.encode_document(TEXTS).tolist()
    client.upsert(
        NAME,
        [
            models.PointStruct(
                id=place,
                vector={"late": [row, row], "title": row[::-1], "body": row},
                payload=payload,
            )
            for place, (row, payload) in enumerate(zip(rows, PAYLOADS, strict=True))
        ],
    )
    with cpt_rag.open_collection(NAME, server, encoder=encoder) as collection:
        nearest = cpt_rag.Documents(collection).nearest(
            encoder.encode_document(TEXTS[2:])[0], 1, with_vectors=True
        )
    assert [document.text for document in nearest] == TEXTS[2:]
    assert nearest[0].score == pytest.approx(1.0, abs=1e-4)
    assert nearest[0].vector is not None


@pytest.mark.parametrize("distance", [models.Distance.DOT, models.Distance.EUCLID])
def test_scores_are_cosines_whatever_the_distance(
    server: ServerStore, write: Write, encoder: cpt_rag.Encoder, distance: models.Distance
) -> None:
    write(PAYLOADS, TEXTS, distance=distance)
    vector = encoder.encode_query([QUERY])[0]
    with cpt_rag.open_collection(NAME, server, encoder=encoder) as collection:
        found = cpt_rag.Documents(collection).nearest(vector, 3)
    cosines = encoder.encode_document(TEXTS) @ vector
    assert [one.text for one in found] == [TEXTS[i] for i in (-cosines).argsort()]
    assert [one.score for one in found] == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)


def test_one_without_dense_vectors_is_searched_by_words(
    server: ServerStore, client: QdrantClient
) -> None:
    client.create_collection(
        NAME, vectors_config={}, sparse_vectors_config={"splade": models.SparseVectorParams()}
    )
    points = [models.PointStruct(id=1, vector={}, payload=PAYLOADS[1])]
    client.upsert(NAME, points)
    assert cpt_rag.search(QUERY, collection=NAME, store=server)[0].text == TEXTS[1]
    assert collection_status(NAME, server).dimension == 0


def test_documents_keep_their_programs_ids(
    server: ServerStore, write: Write, encoder: cpt_rag.Encoder
) -> None:
    named = "0b0c9a53-8a7a-4a6e-9a55-6d4c1c2f3f10"
    write(PAYLOADS, TEXTS, ids=[7, 8, named])
    with cpt_rag.open_collection(NAME, server, encoder=encoder) as collection:
        found = cpt_rag.Documents(collection).get([named, "7", "9", "no such id"])
    assert [(one.id, one.text) for one in found] == [(named, TEXTS[2]), ("7", TEXTS[0])]


def test_filters_take_the_fields_there_are(server: ServerStore, write: Write) -> None:
    write(PAYLOADS, vectors=OTHER)
    with cpt_rag.open_collection(NAME, server) as collection:

        def found(**filters: str) -> list[str]:
            hits = cpt_rag.search(
                "customer passwords cards", collection=collection, filters=filters
            )
            return sorted(hit.path for hit in hits)

        assert len(found(language="markdown")) == 3
        assert found(language="go") == []
        assert found(path="login.md") == ["docs/login.md"]
        assert len(found(path="docs/")) == 3
        for unknown in ("symbol", "kind", "root"):
            with pytest.raises(cpt_rag.InvalidInputError, match=f"has a '{unknown}'") as caught:
                found(**{unknown: "x"})
            assert caught.value.expected == "one of language, source"


def test_nothing_in_it_can_be_changed(
    server: ServerStore, write: Write, encoder: cpt_rag.Encoder, project: Path
) -> None:
    write(PAYLOADS, TEXTS)
    with cpt_rag.open_collection(NAME, server, encoder=encoder) as collection:
        documents = cpt_rag.Documents(collection)
        for change in (
            lambda: documents.add(["more"]),
            lambda: documents.delete(["0b0c9a53-8a7a-4a6e-9a55-6d4c1c2f3f10"]),
            lambda: documents.delete_where({"language": "markdown"}),
        ):
            with pytest.raises(cpt_rag.CollectionError, match="was not written by cpt-rag") as e:
                change()
            assert "cpt-rag ingest" in e.value.remedy
        assert collection.engine.count() == 3
    with pytest.raises(cpt_rag.IdentityMismatchError, match="was not written by cpt-rag"):
        cpt_rag.ingest(project, collection=NAME, store=server)


def test_more_points_than_fit_in_memory_are_refused_in_words(
    server: ServerStore, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cpt_rag.qdrant.foreign.engine.MOST_POINTS", 2)
    write(PAYLOADS, vectors=OTHER)
    with pytest.raises(cpt_rag.CollectionError, match="holds 3 points") as caught:
        cpt_rag.search(QUERY, collection=NAME, store=server)
    assert "at most 2" in caught.value.expected


def test_it_gives_context(server: ServerStore, write: Write, encoder: cpt_rag.Encoder) -> None:
    write(PAYLOADS, TEXTS)
    with cpt_rag.open_collection(NAME, server, encoder=encoder) as collection:
        pack = cpt_rag.context(QUERY, collection=collection)
    assert f"## docs/login.md\n\n```markdown\n{TEXTS[1]}\n```" in pack.text


def test_its_status_counts_points_and_names_no_encoder(server: ServerStore, write: Write) -> None:
    write(PAYLOADS, vectors=OTHER)
    status = collection_status(NAME, server)
    assert (status.encoder, status.dimension, status.chunks, status.files) == (None, 3, 3, 0)


def test_a_folder_of_qdrant_clients_own_is_never_unpickled(tmp_path: Path) -> None:
    client = QdrantClient(path=str(tmp_path / "local"))
    size = models.VectorParams(size=4, distance=models.Distance.COSINE)
    client.create_collection(NAME, vectors_config=size)
    client.close()
    with pytest.raises(cpt_rag.StoreError, match="pickle") as caught:
        open_store(tmp_path / "local")
    assert "server" in caught.value.remedy
