"""The history of a folder, read from real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cpt_rag.evaluate.history import Change, read_history

IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
ODD = ["with space.py", "größe.py", 'quote".py', "new\nline.py", "-n", "M", "\x01mark.py"]


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *IDENTITY, "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(folder: Path, subject: str, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--allow-empty", "-m", subject)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet")
    return folder


def told(folder: Path, most: int = 100) -> list[tuple[str, set[str]]]:
    return [
        (commit.subject, {change.path for change in commit.changes})
        for commit in read_history(folder, most).commits
    ]


def test_commits_come_newest_first_with_what_they_changed(repository: Path) -> None:
    commit(repository, "One", a="1", lib__b="1")
    commit(repository, "Two\n\nAnd a body.", a="2")
    assert told(repository) == [("Two", {"a"}), ("One", {"a", "lib/b"})]
    assert told(repository, most=1) == [("Two", {"a"})]


def test_a_removed_file_was_changed_and_a_moved_one_says_where_it_was(repository: Path) -> None:
    commit(repository, "One", a="a text to move", b="b")
    (repository / "a").rename(repository / "c")
    (repository / "b").unlink()
    commit(repository, "Two")
    newest = read_history(repository).commits[0]
    assert set(newest.changes) == {Change("b"), Change("c", old="a")}


def test_a_sub_folder_sees_its_own_commits_and_all_that_they_changed(repository: Path) -> None:
    commit(repository, "Outside", other="1")
    commit(repository, "Both", other="2", lib__a="1")
    assert told(repository / "lib") == [("Both", {"a", "/other"})]


def test_merges_and_empty_commits_are_left_out(repository: Path) -> None:
    commit(repository, "One", a="1")
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "Side", b="1")
    git(repository, "checkout", "-q", "-")
    commit(repository, "Main", c="1")
    git(repository, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    commit(repository, "Empty")
    assert {subject for subject, _ in told(repository)} == {"One", "Side", "Main"}


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_read_as_it_is(repository: Path, name: str) -> None:
    commit(repository, "\x02 Odd", **{name: "1"})
    commit(repository, "M", a="1")
    assert [paths for _, paths in told(repository)] == [{"a"}, {name}]


def test_a_users_configuration_changes_nothing(repository: Path) -> None:
    commit(repository, "One", lib__a="1", b="1")
    settings = {
        "log.showSignature": "true", "log.follow": "true", "diff.relative": "true",
        "color.ui": "always", "format.pretty": "oneline", "diff.external": "false",
        "core.quotePath": "true", "log.showRoot": "true", "core.pager": "false",
    }  # fmt: skip
    for name, value in settings.items():
        git(repository, "config", name, value)
    assert told(repository / "lib") == [("One", {"a", "/b"})]


def test_the_folders_own_repository_is_read_whatever_a_hook_set(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, "One", a="1")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert told(repository) == [("One", {"a"})]


def test_no_history_is_no_error_and_says_so(repository: Path, tmp_path: Path) -> None:
    assert read_history(tmp_path).missing == "there is no git history"
    assert read_history(repository).missing == "there is no git history"  # no commit yet
    commit(repository, "One", a="1")
    (repository / "ignored").mkdir()
    assert read_history(repository / "ignored").missing == "there is no git history"
    assert read_history(repository).missing == ""


def test_a_damaged_repository_tells_what_git_says(repository: Path) -> None:
    commit(repository, "One", a="1")
    (repository / ".git" / "config").write_text("[broken", encoding="utf-8")
    history = read_history(repository)
    assert history.commits == ()
    assert "bad config" in history.missing


def test_without_git_there_is_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_history(tmp_path).missing == "git is not installed"
