from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus import build as builder
from cpt_training.corpus.build import build, read_sidecar
from cpt_training.corpus.manifest import load_manifest
from cpt_training.corpus.near import NearDuplicates, evaluation_texts

from .conftest import MakeManifest, function

LONG = "\n".join(f"step_{i} = transform(value, weights[{i}], bias={i * 7})" for i in range(12))
READ = function("read", "Read the whole file at once.", "data = open(value)\nreturn data")
SEND = function("send", "Send one message to the peer.", "value.send()\nreturn value.ok")
FIT = function("fit", "Fit all layers one by one.", f"{LONG}\nreturn value")


def rows(statistics: Path, split: str) -> list[dict[str, str]]:
    content = gzip.decompress((statistics.parent / f"{split}.jsonl.gz").read_bytes()).decode()
    return [json.loads(line) for line in content.splitlines()]


def run(path: Path, evaluation: Path | None = None, workers: int = 1) -> Path:
    return build(load_manifest(path), path.parent / "cache", evaluation, workers)


def test_pairs_go_to_the_split_of_their_package(make_manifest: MakeManifest) -> None:
    path = make_manifest(one=("train", {"one/a.py": READ}), two=("test", {"two/a.py": SEND}))
    statistics = run(path)
    assert rows(statistics, "train") == [
        {
            "kind": "docstring_code",
            "query": "Read the whole file at once.",
            "document": "def read(value):\n    data = open(value)\n    return data",
            "package": "one",
            "path": "one/a.py",
            "licence": "MIT",
        }
    ]
    assert [row["package"] for row in rows(statistics, "test")] == ["two"]
    assert rows(statistics, "validation") == []
    content = json.loads(statistics.read_text())
    assert content["pairs"]["by_split_and_kind"]["train"] == {"docstring_code": 1}


def test_two_builds_are_the_same_bytes_with_any_number_of_workers(
    make_manifest: MakeManifest,
) -> None:
    files = {"a.py": READ, "b.py": SEND}
    path = make_manifest(
        one=("train", files), two=("train", {"c.py": FIT, **files}), three=("test", {"d.py": FIT})
    )
    first = {file.name: file.read_bytes() for file in run(path).parent.iterdir()}
    second = {file.name: file.read_bytes() for file in run(path, workers=2).parent.iterdir()}
    assert first == second
    assert len(first) == 4


def test_held_out_pairs_win_over_equal_and_nearly_equal_training_pairs(
    make_manifest: MakeManifest,
) -> None:
    near = FIT.replace("Fit all layers one by one", "Teach every layer in turn").replace(
        "return value", "return VALUE"
    )
    equal_query = SEND.replace("value.ok", "something(else_entirely)")
    path = make_manifest(
        one=("train", {"a.py": near, "b.py": equal_query, "c.py": READ}),
        two=("test", {"d.py": FIT, "e.py": SEND}),
    )
    statistics = run(path)
    assert [row["path"] for row in rows(statistics, "train")] == ["c.py"]
    assert json.loads(statistics.read_text())["dropped"]["train"] == {
        "duplicate": 1,
        "near a held-out document": 1,
    }


def test_duplicates_are_kept_once(make_manifest: MakeManifest) -> None:
    same_query = READ.replace("data", "content")
    same_code = READ.replace("at once", "in one go")
    path = make_manifest(
        one=("train", {"a.py": READ, "b.py": same_query, "c.py": same_code}),
        two=("train", {"d.py": READ}),
    )
    assert len(rows(run(path), "train")) <= 2


def test_a_package_gives_only_so_many(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "PAIRS_PER_PACKAGE", 2)
    path = make_manifest(one=("train", {"a.py": READ + SEND + FIT}))
    statistics = run(path)
    assert len(rows(statistics, "train")) == 2
    assert json.loads(statistics.read_text())["dropped"]["train"] == {
        "over the limit of a package": 1
    }


def test_near_duplicates_of_the_evaluation_are_dropped_now_and_by_later_builds(
    make_manifest: MakeManifest, tmp_path: Path
) -> None:
    path = make_manifest(one=("train", {"a.py": READ, "b.py": SEND, "c.py": FIT}))
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    spaced = FIT.replace("=", " =  ").replace("(", " ( ").replace("fit", "fit_all")
    corpus = {"_id": "0", "text": spaced}
    query = {"_id": "1", "text": "send ONE message to the peer ."}
    (evaluation / "corpus.jsonl").write_text(json.dumps(corpus) + "\n")
    (evaluation / "pairs.jsonl").write_text(json.dumps({"first": query["text"]}) + "\n")

    looked = run(path, evaluation)
    assert [row["path"] for row in rows(looked, "train")] == ["a.py"]
    bytes_then = looked.read_bytes()
    assert len(read_sidecar(path.with_suffix(".excluded.txt"))) == 2
    assert "message" not in path.with_suffix(".excluded.txt").read_text()

    assert run(path).read_bytes() == bytes_then

    path.with_suffix(".excluded.txt").unlink()
    assert len(rows(run(path), "train")) == 3


def test_an_evaluation_folder_without_sets_is_refused(
    make_manifest: MakeManifest, tmp_path: Path
) -> None:
    path = make_manifest(one=("train", {"a.py": READ}))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="no evaluation sets"):
        run(path, tmp_path / "empty")


def test_short_texts_must_be_equal_after_normalisation() -> None:
    known = NearDuplicates(["Open theFile now"], 0.7)
    assert "open the_file NOW" in known
    assert "open the file later" not in known
    assert "a much longer text that has nothing to do with it" not in known


def test_evaluation_code_is_also_compared_without_its_docstring(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "7", "text": FIT}) + "\n")
    texts = list(evaluation_texts(tmp_path))
    assert "Fit all layers one by one." in texts
    assert "7" not in texts
    assert any('"""' not in text and "step_3" in text for text in texts)
