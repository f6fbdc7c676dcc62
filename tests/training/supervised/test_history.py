"""Triplets of real git repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cpt_rag.cli.run import run
from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.__main__ import app
from cpt_training.supervised.history import convert_history
from cpt_training.supervised.triplets import Triplet, read_triplets

IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
READ = '''
def read_lines(path):
    """Read them."""
    with open(path) as file:
        return file.read().splitlines()
'''
SEND = """
def send_message(peer, message):
    peer.open()
    peer.send(message)
    peer.close()
"""


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), *IDENTITY, "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(folder: Path, message: str, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--allow-empty", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, "Initial commit", a=READ + SEND)
    return folder


def converted(folder: Path, most: int = 100) -> tuple[list[Triplet], list[str]]:
    notes: list[str] = []
    return list(convert_history(folder, most, notes)), notes


def test_a_message_is_paired_with_the_function_as_the_commit_left_it(repository: Path) -> None:
    mended = READ.replace("file.read().splitlines()", "[*file]")
    commit(
        repository,
        "fix(io): keep line breaks of a file (#12)\n\nThey were lost\nwhenever a file was read.\n\n"
        "Signed-off-by: Somebody",
        a=mended + SEND,
    )
    commit(repository, "Rename the module", a=f"# later\n{mended}{SEND}")
    (triplet,), notes = converted(repository)
    assert triplet == Triplet(
        "keep line breaks of a file\nThey were lost whenever a file was read.",
        "def read_lines(path):\n    with open(path) as file:\n        return [*file]",
        (),
    )
    assert notes == [
        "commits that changed no function of which they speak left out: 1",
        "commits whose subject says too little left out: 1",
    ]


def test_removed_lines_are_a_change_of_the_function_around_them(repository: Path) -> None:
    commit(
        repository,
        "Leave the peer open after a message",
        a=READ + SEND.replace("    peer.open()\n", ""),
    )
    (triplet,), _ = converted(repository)
    assert triplet.positive.startswith("def send_message(peer, message):\n    peer.send(message)")


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ("Say more about reading lines", {"a": READ.replace("Read them", "Read all") + SEND}),
        ("Explain how lines are read", {"a": READ.replace("    with", "    # why\n    with")}),
        ("Lint the reading of lines", {"a": READ.replace("path", "paths")}),
        ("Works like a charm", {"a": READ.replace("path", "paths")}),
        ("Read lines of the vendored one", {"vendor__a": READ}),
        ("Read lines in the tests too", {"tests__test_a": READ}),
        ("Read lines everywhere", {name: READ.replace("path", name) for name in "abcd"}),
        ("Read many lines", {"a": "".join(READ.replace("read", f"read_{i}") for i in range(4))}),
    ],
)
def test_commits_that_are_about_no_function_or_too_many_give_nothing(
    repository: Path, message: str, files: dict[str, str]
) -> None:
    commit(repository, message, **files)
    with pytest.raises(InvalidInputError, match=r"is about a function; commits .* left out: 1"):
        converted(repository)


def test_merges_and_reverts_are_left_out(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "Read bytes of a file", b=READ.replace("(path)", "(path, mode)"))
    git(repository, "checkout", "-q", "-")
    commit(repository, "Send message to all of them", c=SEND.replace("peer,", "peers, peer,"))
    commit(repository, "Send message without a peer", c=SEND.replace("peer, ", ""))
    git(repository, "revert", "--no-edit", "HEAD")
    git(repository, "merge", "-q", "--no-edit", "side")
    asked = [triplet.anchor for triplet in converted(repository)[0]]
    assert sorted(asked) == [
        "Read bytes of a file",
        "Send message to all of them",
        "Send message without a peer",
    ]


def test_only_the_newest_commits_are_read(repository: Path) -> None:
    commit(repository, "Read lines in another module", b=READ)
    commit(repository, "Send message in another module", c=SEND)
    triplets, _ = converted(repository, most=1)
    assert [triplet.anchor for triplet in triplets] == ["Send message in another module"]


def test_a_folder_of_a_repository_and_a_bare_one_are_read_as_well(
    repository: Path, tmp_path: Path
) -> None:
    commit(repository, "Read lines in the library", lib__b=READ, other=SEND)
    assert [one.anchor for one in converted(repository / "lib")[0]] == ["Read lines in the library"]
    bare = tmp_path / "bare"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(bare))
    assert converted(bare) == converted(repository)


def test_a_folder_without_history_is_refused_and_what_lay_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("as it was")
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, said in (
        (empty, "there is no git history"),
        (tmp_path / "no", "There is no folder"),
    ):
        arguments = ["history", str(folder), "--out", str(out)]
        assert run(app, arguments, "python -m cpt_training.supervised") == 2
        told = capsys.readouterr().err
        assert said in told
        assert "Remedy: " in told
    assert out.read_text() == "as it was"
    git(empty, "init", "--quiet")
    with pytest.raises(InvalidInputError, match="no git history"):
        converted(empty)


def test_a_clone_whose_objects_are_elsewhere_is_refused(repository: Path, tmp_path: Path) -> None:
    commit(repository, "Read lines again", b=READ)
    git(repository, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    url = repository.as_uri()
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", url, str(partial))
    with pytest.raises(InvalidInputError, match="git cannot read"):
        converted(partial)


def test_what_the_models_are_measured_on_is_refused(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://example.com/pallets/flask.git")
    with pytest.raises(InvalidInputError, match="flask is never trained on"):
        converted(repository)


def test_the_command_writes_triplets(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repository, "Read lines again", b=READ)
    out = tmp_path / "history.jsonl.gz"
    arguments = ["history", str(repository), "--out", str(out), "--commits", "1"]
    assert run(app, arguments, "python -m cpt_training.supervised") == 0
    (triplet,) = read_triplets(out)
    assert triplet.anchor == "Read lines again"
    assert f"Wrote 1 triplets to {out}." in capsys.readouterr().err
