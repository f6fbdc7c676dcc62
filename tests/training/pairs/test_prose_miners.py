"""Pairs out of guides, READMEs and change logs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import changelog, heading_section, neighbours, title_page
from cpt_training.pairs.pair import TEXT, Pair, SourceFile
from cpt_training.pairs.registry import Miner

LONG = (
    "A store keeps what it is given under a key and gives it back when it is asked for that key "
    "again, also after the process that wrote it has ended or the machine was restarted."
)
GUIDE = f"""\
# Storehouse

Keys and values on disk.

[![Build](https://ci.example/badge.svg)](https://ci.example)

[Home](https://x.example) | [Guide](https://x.example) | [Forum](https://x.example) | Chat

{LONG}

## Usage

{LONG}

```python
store = Store()
```

### Expiring keys

{LONG} It forgets.

## Short

Too little to be found.

## License

{LONG}
"""


def mine(miner: Miner, text: str, path: str = "README.md") -> list[Pair]:
    language = "markdown" if path.endswith(".md") else "rst"
    return list(miner(SourceFile(path, language, dedent(text))))


def test_a_heading_is_mined_with_its_prose_and_a_bare_one_with_its_parent() -> None:
    assert mine(heading_section.mine, GUIDE) == [
        Pair("heading_section", TEXT, "Storehouse: Usage", LONG),
        Pair("heading_section", TEXT, "Expiring keys", f"{LONG} It forgets."),
    ]


def test_a_bare_heading_without_a_parent_is_no_query() -> None:
    assert mine(heading_section.mine, f"# Usage\n\n{LONG}\n\n# Overview\n\n{LONG}") == []


def test_headings_of_parts_of_equal_rank_are_all_mined() -> None:
    page = f"Open a store\n============\n\n{LONG}\n\n2. Close a store\n=================\n\n{LONG}"
    pairs = mine(heading_section.mine, page, "docs/guide.rst")
    assert [pair.query for pair in pairs] == ["Open a store", "Close a store"]


def test_a_title_is_mined_with_its_tagline_and_the_opening_of_the_page() -> None:
    assert mine(title_page.mine, GUIDE) == [
        Pair(
            "title_page",
            TEXT,
            "Storehouse: Keys and values on disk.",
            f"{LONG}\n{LONG}\n{LONG} It forgets.\nToo little to be found.",
        )
    ]


def test_the_first_paragraph_of_an_inner_page_is_no_tagline() -> None:
    page = f"# Expiring keys\n\nKeys may expire.\n\n{LONG} {LONG}"
    pair = mine(title_page.mine, page, "docs/expiry.md")[0]
    assert pair.query == "Expiring keys"
    assert pair.document == f"Keys may expire.\n{LONG} {LONG}"


@pytest.mark.parametrize("title", ["Introduction", "1.2.0", "Changelog"])
def test_a_title_that_names_no_subject_is_no_query(title: str) -> None:
    assert mine(title_page.mine, f"# {title}\n\n{LONG}\n\n{LONG}", "docs/page.md") == []


def numbered(*words: str) -> list[str]:
    return [f"The {word} paragraph says this: {LONG} {LONG}" for word in words]


def test_neighbours_are_passages_of_one_section_and_none_is_used_twice() -> None:
    one, two, three, four, five = numbered("first", "second", "third", "fourth", "fifth")
    page = "\n\n".join(["# Storehouse", one, two, three, "## Reading", four, five])
    pairs = [(pair.query, pair.document) for pair in mine(neighbours.mine, page)]
    assert pairs == [(one, two), (four, five)]


def test_what_is_left_over_in_two_sections_that_follow_each_other_is_joined() -> None:
    one, two, three, four = numbered("first", "second", "third", "fourth")
    page = "\n\n".join(["# Storehouse", one, two, three, "## Reading", four])
    pairs = [(pair.query, pair.document) for pair in mine(neighbours.mine, page)]
    assert pairs == [(one, two), (three, four)]


def test_passages_are_40_to_150_words_of_whole_sentences() -> None:
    sentence = "Every key of a store has a value, and each value has but one key. "
    pairs = mine(neighbours.mine, "# Storehouse\n\n" + sentence * 30 + "\n\nShort.\n\n" * 3)
    assert pairs
    for pair in pairs:
        for text in (pair.query, pair.document):
            assert 40 <= len(text.split()) <= 150
            assert text.startswith("Every")
            assert text.endswith(("key.", "Short."))


CHANGES = """\
# Changelog

## 1.2.0 (2024-03-01)

### Features

* **store:** keys may expire after a given time ([#123](https://x.example/123)) ([a1b2c3d](https://x))
* values are compressed before they are written, thanks to @someone
* bump left-pad from 1.0 to 1.1
* the index is now kept in memory, which makes reading faster by half. Fixes #7, #8.

### Bug fixes

* GH-77: a store that was closed twice no longer raises an error (by @other in #12)
* reading a missing key names that key in the message of the error (Jane Q. Doe)
* typo

## 1.1.0

* the only entry of a release has nothing that it could be paired with
"""


def test_entries_are_mined_with_the_others_of_their_subsection_without_numbers_and_people() -> None:
    assert mine(changelog.mine, CHANGES, "CHANGELOG.md") == [
        Pair(
            "changelog",
            TEXT,
            "store: keys may expire after a given time",
            "values are compressed before they are written\n"
            "the index is now kept in memory, which makes reading faster by half.",
        )
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[#123] Keys may expire after a given time.", "Keys may expire after a given time."),
        (
            "a1b2c3d: Thanks @someone! - Keys may expire after a given time",
            "Keys may expire after a given time",
        ),
        ("feat(store)!: keys may expire after a given time", "keys may expire after a given time"),
        ("LANG-1234: Keys may expire after a given time", "Keys may expire after a given time"),
        (
            "Keys may expire after a given time. Contributed by Jane Doe.",
            "Keys may expire after a given time.",
        ),
        (
            "Keys may expire after a given time. [jkassemi, #780]",
            "Keys may expire after a given time.",
        ),
        (
            "Added the @cached decorator to all methods",
            "Added the @cached decorator to all methods",
        ),
        ("chore: keys may expire after a given time", ""),
        ("Bump the compiler that we use from 1.2 to 1.3", ""),
        ("Fixed a bug (#1)", ""),
    ],
)
def test_an_entry_says_what_changed(written: str, said: str) -> None:
    assert changelog.entry(written) == said


def test_a_release_gives_three_pairs_at_most_that_share_no_entry() -> None:
    entries = [f"* change number {n}0 of many: {LONG}" for n in range(40)]
    pairs = mine(changelog.mine, "1.0\n===\n\n" + "\n".join(entries), "docs/changes.rst")
    assert len(pairs) == 3
    texts = [line for pair in pairs for line in (pair.query, *pair.document.split("\n"))]
    assert len(texts) == len(set(texts)) > 6
    assert all(len(pair.document.split()) <= 150 for pair in pairs)


def test_entries_by_directives_and_releases_by_lines_of_plain_text_are_read() -> None:
    directives = """
        .. changelog::
            :version: 2.0.1

            .. change::
                :tags: bug, orm
                :tickets: 1234

                Fixed an error that was raised when a session was closed twice in a row.

            .. change::
                :tags: usecase

                Values may now be given as an iterator, which is read only once it is needed.

                More is in the guide.
    """
    pair = mine(changelog.mine, directives, "doc/changelog/changelog_20.rst")[0]
    assert pair.query.startswith("Fixed an error")
    assert pair.document.startswith("Values may now")

    plain = f"Version 1.1\n\n- one {LONG}\n- two {LONG}\n\nVersion 1.0\n\n- three {LONG}\n"
    found = list(changelog.mine(SourceFile("NEWS", "text", plain)))
    assert [(pair.query, pair.document) for pair in found] == [(f"one {LONG}", f"two {LONG}")]


def test_change_logs_are_left_to_changelog() -> None:
    page = GUIDE.replace("# Storehouse", "# Changes", 1)
    for miner in (heading_section.mine, title_page.mine, neighbours.mine):
        assert mine(miner, page, "CHANGES.md") == []
    assert mine(changelog.mine, CHANGES, "docs/guide.md") == []


@pytest.mark.parametrize(
    "miner", [heading_section.mine, title_page.mine, neighbours.mine, changelog.mine]
)
@pytest.mark.parametrize("text", ["", "#", "# \n\n- ", "* [](", "1.0\n===\n\n* #1\n* (#2)"])
def test_odd_pages_give_nothing(miner: Miner, text: str) -> None:
    assert mine(miner, text, "HISTORY.md") == mine(miner, text, "index.rst") == []
