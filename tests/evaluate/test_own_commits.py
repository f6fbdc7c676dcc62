"""Subjects of commits as queries: what they say, and which files answer."""

from __future__ import annotations

import pytest

from cpt_rag.evaluate.commits import FileQuery, clean_subject, commit_queries
from cpt_rag.evaluate.history import Change, Commit


def commit(subject: str, *paths: str, moved: tuple[tuple[str, str], ...] = ()) -> Commit:
    changes = [Change(path) for path in paths] + [Change(new, old) for old, new in moved]
    return Commit(subject, tuple(changes))


def asked(commits: list[Commit], paths: str) -> dict[str, tuple[str, ...]]:
    found = commit_queries(commits, paths.split(), lambda path: path == "CHANGES.md")
    return {query.query: query.paths for query in found}


def test_a_subject_asks_for_the_files_it_changed() -> None:
    found = commit_queries(
        [commit("Wait longer between retries", "retry.py", "test_retry.py")],
        ["retry.py", "test_retry.py", "mail.py"],
        lambda path: False,
    )
    assert found == [
        FileQuery("Wait longer between retries", ("retry.py", "test_retry.py"), "commit")
    ]


def test_files_that_are_gone_are_no_answers() -> None:
    commits = [commit("Wait longer between retries", "a.py", "gone.py")]
    assert asked(commits, "a.py") == {"Wait longer between retries": ("a.py",)}
    assert asked(commits, "b.py") == {}


def test_a_commit_of_many_files_asks_nothing_even_where_few_are_left() -> None:
    assert asked([commit("Rename everything at once", *"abcd")], "a") == {}


def test_a_changelog_is_neither_an_answer_nor_counted() -> None:
    commits = [commit("Wait longer between retries", "a", "b", "c", "CHANGES.md")]
    assert asked(commits, "a b c CHANGES.md") == {"Wait longer between retries": ("a", "b", "c")}


def test_a_file_is_found_under_the_name_it_has_now() -> None:
    commits = [
        commit("Put the client into a package", moved=(("lib/client.py", "src/client.py"),)),
        commit("Move the client into a folder", moved=(("client.py", "lib/client.py"),)),
        commit("Close idle connections early", "client.py"),
    ]
    # A commit that only moves a file says nothing about what is in it.
    assert asked(commits, "src/client.py") == {"Close idle connections early": ("src/client.py",)}


def test_a_subject_that_stands_twice_has_no_one_answer() -> None:
    commits = [commit("Simplify the error path", "a"), commit("simplify the ERROR path", "b")]
    assert asked(commits, "a b") == {}


@pytest.mark.parametrize(
    ("subject", "query"),
    [
        ("fix: handle an empty header", "handle an empty header"),
        ("feat(router)!: allow patterns in hosts (#123)", "allow patterns in hosts"),
        (":bug: Fix: keep the order of keys", "keep the order of keys"),
        ("ABC-12: Keep the order of keys", "Keep the order of keys"),
        ("Keep the order of keys, closes #12", "Keep the order of keys"),
        ("Keep the order of keys (#1, #2).", "Keep the order of keys"),
        ("http: close the body on errors", "http: close the body on errors"),
        ("Release the lock when closing", "Release the lock when closing"),
        ("Merge options before defaults", "Merge options before defaults"),
        ("Größe der Pakete prüfen", "Größe der Pakete prüfen"),
    ],
)
def test_a_subject_is_asked_without_kind_and_numbers(subject: str, query: str) -> None:
    assert clean_subject(subject) == query


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "fix",
        "Fix tests",
        "fix: two words",
        "Merge pull request #12 from someone/branch",
        'Revert "Wait longer between retries"',
        "Bump requests from 2.0 to 2.1",
        "v1.2.3 is out now",
        "Release v1.2.3 to the world",
        "chore: bump all the things",
        "Fix typos in the comments",
        "Update README with some badges",
        "fixup! Wait longer between retries",
        "long " * 100,
    ],
)
def test_a_subject_that_says_too_little_is_not_asked(subject: str) -> None:
    assert clean_subject(subject) == ""
