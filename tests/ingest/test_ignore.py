"""Ignore files: what git ignores is ignored, whichever file says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpt_rag.ingest.patterns import Rules
from cpt_rag.ingest.reasons import Reason
from cpt_rag.ingest.walk import walk

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = ["a", "b", "ab", "foo", "foo.log", "x.log", "é", "a b", "sp ", "#c", "!d", "[e]", "b.c"]
PARTS = [
    *("a", "b", "foo", "log", ".", "*", "**", "?", "/", "/", "/**/", "**/", "/**", "!", "#", "\\"),
    *(" ", "\\ ", "[ab]", "[!a]", "[^b]", "[a-f]", "[[:alpha:]]", "[]a]", "[a", "\\*", "é", "\r"),
    *("[a\\-f]", "[[:x:]]", "[--b]", "[é]", "\\#", "\\!", "*.log", "foo.log", "ab", "sp"),
]
FOLDERS = ["", "a/", "foo/", "a/b/"]

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
line = st.lists(st.sampled_from(PARTS), max_size=5).map("".join) | paths | paths.map("!{}".format)
ignore_file = st.lists(line, max_size=5).map("\n".join)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, to git and to us."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [name for name in os.environ if name.startswith("GIT_") and name[-1] != "M"]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


def git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, check=True).stdout


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def taken(root: Path) -> set[str]:
    """Files that no rule leaves out."""
    return {entry.path for entry in walk(root) if entry.reason is not Reason.IGNORED}


def untracked(root: Path) -> set[str]:
    """What git would add."""
    listed = git(root, "ls-files", "--others", "--exclude-standard", "-z").decode()
    return set(listed.split("\0")) - {""}


@needs_git
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=st.sets(paths, min_size=1, max_size=12),
    rules=st.dictionaries(st.sampled_from(FOLDERS), ignore_file, max_size=3),
    exclude=ignore_file,
    everywhere=ignore_file,
)
def test_a_walk_takes_the_files_that_git_would_add(
    tmp_path: Path,
    home: Path,
    tree: set[str],
    rules: dict[str, str],
    exclude: str,
    everywhere: str,
) -> None:
    root = tmp_path / "repository"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    git(root, "init", "--quiet", "--template=")
    for path in sorted(tree):
        for parent in Path(path).parents:
            if (root / parent).is_file():
                break
        else:
            if not (root / path).is_dir():
                write(root, {path: "text\n"})
    for folder, text in rules.items():
        if (root / folder).is_dir():
            write(root, {f"{folder}.gitignore": text})
    write(root, {".git/info/exclude": exclude})
    write(home, {".config/git/ignore": everywhere})
    assert taken(root) == untracked(root)


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({".gitconfig": "[core]\n\texcludesFile = ~/mine\n"}, "mine"),
        ({".gitconfig": '[user]\nname=x\n[CORE]\nexcludesfile="~/a b" ; mine\n'}, "a b"),
        ({".config/git/config": "[core] excludesfile = ~/mine # mine\n"}, "mine"),
        ({}, ".config/git/ignore"),
    ],
)
def test_the_users_own_ignore_file_is_found(
    tmp_path: Path, home: Path, config: dict[str, str], place: str
) -> None:
    write(home, {**config, place: "*.log\n"})
    root = tmp_path / "repository"
    write(root, {".git/HEAD": "", "a.log": "", "b.txt": ""})
    assert taken(root) == {"b.txt"}
    if shutil.which("git"):
        shutil.rmtree(root / ".git")
        git(root, "init", "--quiet")
        assert untracked(root) == {"b.txt"}


def test_outside_a_repository_the_users_own_ignore_file_says_nothing(
    tmp_path: Path, home: Path
) -> None:
    write(home, {".config/git/ignore": "*.log\n"})
    write(tmp_path / "loose", {"a.log": ""})
    assert taken(tmp_path / "loose") == {"a.log"}


@pytest.mark.usefixtures("home")
def test_rules_rank_as_in_git(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    write(root, {".git/info/exclude": "*.log\n*.tmp\n", ".gitignore": "!keep.log\n!*.tmp\n"})
    write(root, {"sub/.gitignore": "a.tmp\n", "sub/a.tmp": "", "a.tmp": "", "a.log": ""})
    write(root, {"keep.log": "", ".cptignore": "sub/b.txt\n", "sub/b.txt": ""})
    assert taken(root) - {".gitignore", ".cptignore", "sub/.gitignore"} == {"a.tmp", "keep.log"}


@needs_git
@pytest.mark.usefixtures("home")
def test_a_linked_work_tree_obeys_the_excludes_it_shares(tmp_path: Path) -> None:
    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    git(main, "init", "--quiet")
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    git(main, *author, "commit", "--quiet", "--allow-empty", "-m", "start")
    git(main, "worktree", "add", "--quiet", str(linked))
    write(main, {".git/info/exclude": "*.log\n"})
    write(linked, {"a.log": "", "b.txt": ""})
    assert taken(linked) == untracked(linked) == {"b.txt"}


@pytest.mark.usefixtures("home")
def test_a_repository_inside_another_has_its_own_rules_and_ours_reach_into_it(
    tmp_path: Path,
) -> None:
    root = tmp_path / "repository"
    write(root, {".git/HEAD": "", ".gitignore": "*.log\n", ".cptignore": "*.tmp\n"})
    write(root, {"module/.git": "gitdir: ../.git/modules/module\n", "module/a.log": ""})
    write(root, {".git/modules/module/info/exclude": "*.txt\n", "module/b.txt": ""})
    write(root, {"module/c.tmp": "", "module/d.md": ""})
    assert {path for path in taken(root) if path.startswith("module/")} == {
        "module/a.log",
        "module/d.md",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
@pytest.mark.usefixtures("home")
def test_an_ignore_file_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitignore")
    write(tmp_path, {"sub/a.txt": ""})
    assert "sub/a.txt" in taken(tmp_path)


def test_a_rule_that_takes_a_folder_back_in_does_not_take_back_its_files() -> None:
    rules = Rules(b"*.log\n!keep/\n")
    assert rules.verdict(b"keep", folder=True) is False
    assert rules.verdict(b"keep/a.log") is True
    assert rules.verdict(b"a.txt") is None
