"""A folder's texts as they are indexed for an evaluation: no changelog, nothing that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import mine_queries
from cpt_rag.own.texts import existing_folder, is_changelog, read_texts, write_without

CODE = (
    'def wait(times):\n    """Seconds until the next attempt."""\n    a = 1\n    b = 2\n    c = 3\n'
)


def test_texts_are_those_that_an_ingestion_would_read(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    for name in ("a.py", "ignored.py", "CHANGELOG.md"):
        (tmp_path / name).write_text(CODE, encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\x00\x01")
    (tmp_path / "wide.py").write_text(CODE, encoding="utf-16")
    texts, changelogs = read_texts(tmp_path)
    assert texts == {".gitignore": "ignored.py\n", "a.py": CODE, "wide.py": CODE}
    assert changelogs == ["CHANGELOG.md"]


@pytest.mark.parametrize(
    "path",
    ["CHANGELOG.md", "Changes.rst", "lib/HISTORY.txt", "NEWS", "docs/release-notes.md",
     "changelog.d/12.md", "newsfragments/3.feature.rst"],
)  # fmt: skip
def test_changelogs_go_by_their_names(path: str) -> None:
    assert is_changelog(path)


@pytest.mark.parametrize("path", ["history.py", "src/changes/apply.go", "NEWSLETTER.md", "a.md"])
def test_code_and_other_prose_is_no_changelog(path: str) -> None:
    assert not is_changelog(path)


def test_the_copy_lacks_what_asks_and_keeps_the_rest_to_the_letter(tmp_path: Path) -> None:
    other = "# A title of\r\n\tanother ï file\x0c\n"
    texts = {"lib/a.py": CODE, "b.md": other}
    [query] = mine_queries(texts)
    moved = write_without(texts, [query], tmp_path)
    kept = (tmp_path / "lib/a.py").read_text(encoding="utf-8")
    assert "Seconds until" not in kept
    assert kept[moved[query].start : moved[query].end].startswith("def wait(times):\n    a = 1")
    assert (tmp_path / "b.md").read_bytes().decode() == other


def test_a_missing_path_a_file_and_an_empty_folder_each_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="does not exist"):
        existing_folder(tmp_path / "nothing")
    (tmp_path / "a.py").write_text(" \n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="is a file") as caught:
        existing_folder(tmp_path / "a.py")
    assert str(tmp_path) in caught.value.remedy
    with pytest.raises(InvalidInputError, match="holds no text"):
        read_texts(tmp_path)
