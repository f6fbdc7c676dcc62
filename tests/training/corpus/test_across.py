"""Kinds whose two sides come from two packages, or from two languages of one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cpt_training.corpus.build import build
from cpt_training.corpus.manifest import load_manifest
from cpt_training.corpus.table import records

from .conftest import MakeManifest

HEAD = 'def read_lines(path, encoding):\n    """Read the lines of a file."""\n'
ONE = f"{HEAD}    with open(path, encoding=encoding) as file:\n        text = file.read()\n"
ONE += "    return text.splitlines()\n"
OTHER = f"{HEAD}    with open(path, encoding=encoding) as handle:\n"
OTHER += "        lines = [line.rstrip() for line in handle]\n    return lines\n"
PYTHON = "class Reader:\n    def next_word(self, limit):\n        word = self.take(limit)\n"
PYTHON += "        while word.blank:\n            word = self.take(limit)\n        return word\n"
RUBY = "class Reader\n  def next_word(limit)\n    word = take(limit)\n    while word.blank\n"
RUBY += "      word = take(limit)\n    end\n    word\n  end\nend\n"


def rows(statistics: Path, split: str = "train") -> list[dict[str, str]]:
    return list(records(statistics.parent / f"{split}.parquet"))


def built(path: Path, head: str) -> Path:
    path.write_text(f"{head}\n{path.read_text()}")
    return build(load_manifest(path), path.parent / "cache", workers=1)


def test_namesakes_of_two_packages_are_a_pair_of_both(make_manifest: MakeManifest) -> None:
    path = make_manifest(
        one=("train", {"one/a.py": ONE}), two=("train", {"two/b.py": OTHER, "two/c.py": PYTHON})
    )
    statistics = built(path, 'kinds = ["clone_namesake"]')
    (row,) = rows(statistics)
    assert row == {
        "kind": "clone_namesake",
        "language": "python",
        "query": ONE.replace('    """Read the lines of a file."""\n', "").rstrip(),
        "document": OTHER.replace('    """Read the lines of a file."""\n', "").rstrip(),
        "package": "one + two",
        "path": "one/a.py + two/b.py",
        "licence": "MIT",
    }
    first = statistics.read_text()
    for stage in ("mined", "checked"):
        shutil.rmtree(path.parent / "cache" / stage)
    assert build(load_manifest(path), path.parent / "cache", workers=2).read_text() == first


def test_both_licences_are_named(make_manifest: MakeManifest) -> None:
    path = make_manifest(one=("train", {"a.py": ONE}), two=("train", {"b.py": OTHER}))
    head, _, tail = path.read_text().rpartition('"MIT"')
    path.write_text(f'{head}"ISC"{tail}')
    assert [row["licence"] for row in rows(built(path, 'kinds = ["clone_namesake"]'))] == [
        "ISC AND MIT"
    ]


def test_no_pair_spans_two_splits(make_manifest: MakeManifest) -> None:
    path = make_manifest(one=("train", {"a.py": ONE}), two=("test", {"b.py": OTHER}))
    statistics = built(path, 'kinds = ["clone_namesake", "docstring_code"]')
    assert {row["kind"] for row in rows(statistics)} <= {"docstring_code"}
    assert {row["kind"] for row in rows(statistics, "test")} == {"docstring_code"}


def test_ports_are_translated_and_other_packages_are_not(make_manifest: MakeManifest) -> None:
    path = make_manifest(
        one=("train", {"one/a.py": PYTHON, "one/lib/a.rb": RUBY}),
        two=("train", {"two/a.py": PYTHON.replace("blank", "empty")}),
    )
    statistics = built(path, 'kinds = ["translation"]\nports = [["one"]]')
    (row,) = rows(statistics)
    assert (row["language"], row["package"]) == ("python", "one")
    assert row["document"].startswith("def next_word(limit)\n  word = take(limit)")
    assert json.loads(statistics.read_text())["by_kind"]["train"] == {"translation": 1}


def test_a_manifest_without_kinds_has_none_of_these(make_manifest: MakeManifest) -> None:
    path = make_manifest(one=("train", {"a.py": ONE}), two=("train", {"b.py": OTHER}))
    kinds = {row["kind"] for row in rows(built(path, ""))}
    new = {"clone_namesake", "clone_variant", "code_text", "completion", "translation"}
    assert kinds
    assert not kinds & new


def test_a_port_added_to_the_manifest_is_mined(make_manifest: MakeManifest) -> None:
    path = make_manifest(
        one=("train", {"a.py": PYTHON}), two=("train", {"b.rb": RUBY}), six=("train", {"c.py": ONE})
    )
    assert rows(built(path, 'kinds = ["translation"]\nports = [["one", "six"]]')) == []
    path.write_text(path.read_text().replace('["one", "six"]', '["one", "six"], ["two", "one"]'))
    statistics = build(load_manifest(path), path.parent / "cache", workers=1)
    assert [row["package"] for row in rows(statistics)] == ["one + two"]
