"""The walk: what is met, what is not entered, and what is left out with a reason."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from cpt_rag.ingest.reasons import Reason
from cpt_rag.ingest.walk import walk


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text\n", encoding="utf-8")


def met(root: Path) -> dict[str, Reason | None]:
    return {entry.path: entry.reason for entry in walk(root)}


def test_files_are_met_in_a_fixed_order_with_forward_slashes(tmp_path: Path) -> None:
    make(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt")
    assert [entry.path for entry in walk(tmp_path)] == ["a/b/c.txt", "a/z.txt", "b.txt"]


def test_version_control_caches_and_environments_are_not_entered(tmp_path: Path) -> None:
    make(tmp_path, ".git/config", "__pycache__/x.pyc", "node_modules/m/i.js", "env/pyvenv.cfg")
    make(tmp_path, "env/lib/site.py", ".github/workflows/ci.yml", "main.py")
    assert met(tmp_path) == {".github/workflows/ci.yml": None, "main.py": None}


def test_ignore_files_apply_below_them_and_the_innermost_rule_wins(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "sub/b.log", "sub/keep.log", "out/x.txt", "sub/deep/c.tmp")
    (tmp_path / ".gitignore").write_text("*.log\nout/\n", encoding="utf-8")
    (tmp_path / "sub/.gitignore").write_text("!keep.log\n", encoding="utf-8")
    (tmp_path / "sub/.cptignore").write_text("*.tmp\n", encoding="utf-8")
    found = met(tmp_path)
    assert found["a.log"] is found["sub/b.log"] is found["sub/deep/c.tmp"] is Reason.IGNORED
    assert found["sub/keep.log"] is None
    assert "out/x.txt" not in found


def test_a_repositorys_rules_reach_a_folder_inside_it(tmp_path: Path) -> None:
    make(tmp_path, ".git/config", "pkg/a.py", "pkg/a.log")
    (tmp_path / ".gitignore").write_text("*.log\n", encoding="utf-8")
    assert met(tmp_path / "pkg") == {"a.log": Reason.IGNORED, "a.py": None}


def test_a_folder_asked_for_by_name_is_walked_though_it_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, ".git/config", "vendor/lib/a.py")
    (tmp_path / ".gitignore").write_text("vendor/\n", encoding="utf-8")
    assert met(tmp_path / "vendor/lib") == {"a.py": None}


def test_secrets_are_left_out_but_their_templates_are_not(tmp_path: Path) -> None:
    make(tmp_path, ".env", ".env.local", ".env.example", "id_rsa", "tls.key", "keys.py")
    found = met(tmp_path)
    assert {name for name, reason in found.items() if reason is Reason.SECRET} == {
        ".env",
        ".env.local",
        "id_rsa",
        "tls.key",
    }
    assert found[".env.example"] is found["keys.py"] is None


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege on Windows")
def test_links_are_not_followed_so_loops_end(tmp_path: Path) -> None:
    make(tmp_path, "a/x.txt")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "link.txt").symlink_to(tmp_path / "a/x.txt")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    found = met(tmp_path)
    assert found.pop("a/x.txt") is None
    assert set(found.values()) == {Reason.SYMLINK}
    assert set(found) == {"a/loop", "link.txt", "dangling"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
def test_sockets_and_pipes_are_special(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may be short only
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        assert met(tmp_path) == {"pipe": Reason.SPECIAL, "sock": Reason.SPECIAL}


def test_a_folder_without_permission_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "open.txt", "closed/secret.txt")
    real = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert met(tmp_path) == {"closed/": Reason.UNREADABLE, "open.txt": None}


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
def test_a_name_that_is_no_text_is_reported(tmp_path: Path) -> None:
    make(tmp_path, "good.py")
    (tmp_path / os.fsdecode(b"caf\xe9.py")).touch()
    assert met(tmp_path) == {"caf\\udce9.py": Reason.UNDECODABLE, "good.py": None}


@pytest.mark.parametrize("line", ["!", "\\"])
def test_a_line_that_is_no_pattern_is_passed_over(tmp_path: Path, line: str) -> None:
    make(tmp_path, "a.log", "b.txt")
    (tmp_path / ".gitignore").write_text(f"{line}\n*.log\n", encoding="utf-8")
    found = met(tmp_path)
    assert found["a.log"] is Reason.IGNORED
    assert found["b.txt"] is None


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    make(tmp_path, "d/" * 150 + "end.txt")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(120 + len(traceback.extract_stack()))
    try:
        found = list(walk(tmp_path))
    finally:
        sys.setrecursionlimit(limit)
    assert [entry.path for entry in found] == ["d/" * 150 + "end.txt"]
