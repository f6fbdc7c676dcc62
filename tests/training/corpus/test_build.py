from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus import build as builder
from cpt_training.corpus import mine as mining
from cpt_training.corpus.build import build
from cpt_training.corpus.fetch import VanishedError
from cpt_training.corpus.locate import corpus_directory
from cpt_training.corpus.manifest import Package, load_manifest
from cpt_training.corpus.near import Digest, NearDuplicates, evaluation_texts
from cpt_training.corpus.sidecar import read_sidecar
from cpt_training.corpus.table import records

from .conftest import MakeManifest, function

LONG = "\n".join(f"step_{i} = transform(value, weights[{i}], bias={i * 7})" for i in range(12))
READ = function("read", "Read the whole file at once.", "data = open(value)\nreturn data")
SEND = function("send", "Send one message to the peer.", "value.send()\nreturn value.ok")
FIT = function("fit", "Fit all layers one by one.", f"{LONG}\nreturn value")


def rows(statistics: Path, split: str) -> list[dict[str, str]]:
    return list(records(statistics.parent / f"{split}.parquet", kind="docstring_code"))


def run(path: Path, evaluation: Path | None = None, workers: int = 1) -> Path:
    return build(load_manifest(path), path.parent / "cache", evaluation, workers)


def test_pairs_go_to_the_split_of_their_package(make_manifest: MakeManifest) -> None:
    path = make_manifest(one=("train", {"one/a.py": READ}), two=("test", {"two/a.py": SEND}))
    statistics = run(path)
    assert rows(statistics, "train") == [
        {
            "kind": "docstring_code",
            "language": "python",
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
    assert content["pairs"] == {"test": 1, "validation": 0, "train": 1}
    assert content["by_language"]["train"] == {"python": 1}
    assert content["test_docstrings"] == {"python": 1}
    page = (statistics.parent / "statistics.html").read_text()
    assert "Read the whole file at once." in page


def test_two_builds_hold_the_same_rows_with_any_number_of_workers(
    make_manifest: MakeManifest, tmp_path: Path
) -> None:
    files = {"a.py": READ, "b.py": SEND}
    path = make_manifest(
        one=("train", files), two=("train", {"c.py": FIT, **files}), three=("test", {"d.py": FIT})
    )
    first = json.loads(run(path).read_text())
    for stage in ("mined", "checked"):
        shutil.rmtree(tmp_path / "cache" / stage)
    assert json.loads(run(path, workers=2).read_text()) == first


def test_a_build_goes_on_where_it_was_stopped(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_manifest(one=("train", {"a.py": READ}), two=("train", {"b.py": SEND}))
    done: list[str] = []
    mine = mining.mine_package

    def stopped(package: Package, archive: Path, kinds: tuple[str, ...], target: Path) -> Path:
        if done:
            raise KeyboardInterrupt
        done.append(package.name)
        return mine(package, archive, kinds, target)

    monkeypatch.setattr(builder, "mine_package", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(path)
    assert not (path.parent / "cache" / "tiny" / "statistics.json").exists()

    def again(package: Package, *rest: Any) -> Path:
        assert package.name not in done
        return mine(package, *rest)

    monkeypatch.setattr(builder, "mine_package", again)
    assert {row["package"] for row in rows(run(path), "train")} == {"one", "two"}


def test_a_corpus_is_built_once_and_again_when_its_manifest_changes(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = make_manifest(one=("train", {"a.py": READ}))
    cache = tmp_path / "cache"
    folder = corpus_directory(str(path), cache)
    (folder / "train.parquet").unlink()
    assert corpus_directory(str(path), cache) == folder
    assert not (folder / "train.parquet").exists()
    path.write_text('kinds = ["docstring_code"]\n' + path.read_text())
    corpus_directory(str(path), cache)
    assert (folder / "train.parquet").exists()


def test_vanished_packages_stop_the_build_and_are_named_with_what_they_held(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_manifest(one=("train", {"a.py": READ}), two=("test", {"b.py": SEND}))
    published = json.loads(run(path).read_text())
    path.with_suffix(".statistics.json").write_text(json.dumps(published))
    shutil.rmtree(path.parent / "cache" / "archives" / "wheel" / "two-1.0")

    def gone(*_: object) -> str:
        raise VanishedError("gone")

    monkeypatch.setattr("cpt_training.corpus.fetch.download", gone)
    with pytest.raises(VanishedError, match=r"two 1\.0 \(\d pairs of the test split\)"):
        run(path)
    statistics = build(load_manifest(path), path.parent / "cache", workers=1, allow_missing=True)
    assert json.loads(statistics.read_text())["missing"] == ["two 1.0"]
    assert rows(statistics, "test") == []


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
    dropped = json.loads(statistics.read_text())["dropped"]["train"]
    assert dropped["near a held-out text"] >= 2


def test_duplicates_are_kept_once(make_manifest: MakeManifest) -> None:
    same_query = READ.replace("data", "content")
    same_code = READ.replace("at once", "in one go")
    path = make_manifest(
        one=("train", {"a.py": READ, "b.py": same_query, "c.py": same_code}),
        two=("train", {"d.py": READ}),
    )
    assert len(rows(run(path), "train")) == 1


def test_nearly_equal_documents_are_kept_once(make_manifest: MakeManifest) -> None:
    near = FIT.replace("Fit all layers one by one", "Teach every layer in turn")
    near = near.replace("return value", "return VALUE.other")
    path = make_manifest(one=("train", {"a.py": FIT}), two=("train", {"b.py": near, "c.py": READ}))
    statistics = run(path)
    assert [row["path"] for row in rows(statistics, "train")] == ["a.py", "c.py"]
    assert json.loads(statistics.read_text())["dropped"]["train"]["near another pair"] >= 1


def test_a_package_gives_only_so_many(
    make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mining, "_MOST", {"docstring_code": 2})
    path = make_manifest(one=("train", {"a.py": READ + SEND + FIT}))
    statistics = run(path)
    assert len(rows(statistics, "train")) == 2
    dropped = json.loads(statistics.read_text())["dropped"]["train"]
    assert dropped["over the limit of a package"] == 1


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
    then = json.loads(looked.read_text())
    sidecar = path.with_suffix(".excluded.txt")
    assert set(read_sidecar(sidecar).values()) == {"corpus", "pairs"}
    assert "message" not in sidecar.read_text()
    assert then["near_evaluation"] == {"corpus": 1, "pairs": 1}

    assert json.loads(run(path).read_text()) == then

    sidecar.rename(path.with_name("other.excluded.txt"))
    assert json.loads(run(path).read_text())["sha256"] == then["sha256"]

    path.with_name("other.excluded.txt").unlink()
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
    assert known.find(Digest.of("open the_file NOW")) == 0
    assert known.find(Digest.of("open the file later")) is None
    assert known.find(Digest.of("a much longer text that has nothing to do with it")) is None


def test_evaluation_code_is_also_compared_without_its_docstring(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "7", "text": FIT}) + "\n")
    texts = [text for _, text in evaluation_texts(tmp_path)]
    assert "Fit all layers one by one." in texts
    assert "7" not in texts
    assert any('"""' not in text and "step_3" in text for text in texts)


def test_a_bad_line_of_the_sidecar_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tiny.excluded.txt"
    path.write_text("# head\n0123456789abcdef cosqa\nnonsense\n")
    with pytest.raises(InvalidInputError, match=r"Line 3 of .*tiny\.excluded\.txt is 'nonsense'"):
        read_sidecar(path)


def test_a_bad_row_of_a_split_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    columns = {"kind": ["a", "a"], "query": ["one", None]}
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InvalidInputError, match=r"Row 2 of .*train\.parquet has no query"):
        list(records(path))
    path.write_bytes(b"no parquet")
    with pytest.raises(InvalidInputError, match=r"train\.parquet cannot be read"):
        list(records(path))
