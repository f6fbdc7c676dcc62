"""An index that is damaged over points that are well is made anew, and nothing is embedded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cpt_rag
from cpt_rag.errors import CollectionError
from cpt_rag.integrity import Fault, rebuild, repair, verify
from cpt_rag.qdrant import Store, same_point
from cpt_rag.types import Point


def held(store: Store) -> list[Point]:
    engine, _ = store.open("docs")
    with engine:
        return list(engine.scroll(with_vectors=True))


def test_what_is_rebuilt_has_the_same_points(store: Store, project: Path) -> None:
    cpt_rag.ingest(project, collection="docs", store=store)
    before = held(store)
    rebuild("docs", store=store)
    assert all(map(same_point, held(store), before))
    assert len(held(store)) == len(before)
    assert store.versions("docs").previous is None


def test_a_migration_under_way_is_not_thrown_away(
    store: Store, project: Path, encoder: cpt_rag.Encoder
) -> None:
    cpt_rag.ingest(project, collection="docs", store=store)
    engine, identity = store.open("docs")
    engine.close()
    other = type(identity)(identity.encoder, "another", identity.sparse, identity.schema)
    store.next_version("docs").create("docs", engine.spec, other).close()
    with pytest.raises(CollectionError, match="is being migrated") as caught:
        rebuild("docs", store=store)
    assert "cpt-rag migrate --collection docs" in caught.value.remedy


def test_a_filter_that_misses_chunks_is_repaired_without_embedding(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpt_rag.ingest(project, collection="docs", store=tmp_path)
    from cpt_rag.qdrant import edge

    whole = edge.EdgeEngine._count
    (damaged,) = (path.name for path in (tmp_path / ".shards").iterdir() if path.is_dir())

    def torn(self: Any, where: Any) -> int:
        here = (tmp_path / ".shards" / damaged).is_dir()
        return 0 if here and where is not None else whole(self, where)

    monkeypatch.setattr(edge.EdgeEngine, "_count", torn)
    found = verify(project, collection="docs", store=tmp_path).differences
    assert {one.fault for one in found} == {Fault.FILTER}
    monkeypatch.setattr("cpt_rag.encoders.static.StaticEncoder.encode_document", None)
    assert repair(project, collection="docs", store=tmp_path).clean
    assert not (tmp_path / ".shards" / damaged).exists()
