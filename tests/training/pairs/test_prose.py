"""The prose that opens a docstring, and prose without markup."""

from __future__ import annotations

import pytest

from cpt_training.pairs.prose import cut, cut_lines, first_sentence, lead, plain


@pytest.mark.parametrize(
    "section",
    [
        "Args:\n    key: a name.",
        "Parameters\n----------\nkey : str",
        ":param key: a name.",
        "@param key a name",
        "\\param key a name",
        "Returns: a value.",
        "# Examples\n\nlet a = 1;",
        "## Examples\n\n    iex> 1",
        "==== Options",
        "- Parameter key: a name.",
        "- Returns: a value",
        ">>> read('key')",
        "> read 3",
        "```js\nread()\n```",
        ".. code-block:: python",
        "Deprecated: use fetch.",
        "TODO: read it twice",
        "**Example**",
    ],
)
def test_prose_ends_where_a_section_begins(section: str) -> None:
    assert lead(f"Read the value.\nIt may be old.\n\n{section}") == "Read the value. It may be old."
    assert lead(section) == ""


def test_whole_paragraphs_that_fit_are_kept_and_code_ends_them() -> None:
    assert lead("Read.\n\nTwice.\n\n" + "word " * 90) == "Read. Twice."
    assert lead("Read it. For example:\n\n    read()\n\nTwice.") == "Read it."


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("see :class:`~store.Policy` and ``key``", "see store.Policy and key"),
        (":func:`read it <store.read>`", "read it"),
        ("L{read} of C{Store}", "read of Store"),
        ("a {@link Map#get the getter} or {@code null}", "a the getter or null"),
        ("{@link Map#get}", "Map.get"),
        ("{@link Task|the task}", "the task"),
        ("{@link #chomp(String, String)} or {@link Map#get(K) get}", "chomp or get"),
        ("{@code new int[] {1, 2}} and all", "new int[] {1, 2} and all"),
        ("Run:\n```ts\nrun();\n```\nDone.", "Run:\n\nrun();\n\nDone."),
        ("\\brief Reads \\p key.", "Reads key."),
        ("@description Reads it.", "Reads it."),
        ("a character such as @ in @desc.", "a character such as @ in @desc."),
        ("[`Read`] and [the guide](https://docs.rs/x)", "Read and the guide"),
        ("values[0][1] of key[.part][.other]", "values[0][1] of key[.part][.other]"),
        ("<p>Reads a <code>List&lt;T&gt;</code>.<br/>Twice.</p>", "Reads a List<T>. Twice."),
        ("a Map<String> of <T>", "a Map<String> of <T>"),
        ("the +path+ and **no** other", "the path and no other"),
    ],
)
def test_marks_around_names_are_left_out(marked: str, text: str) -> None:
    assert plain(marked) == text


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("Read it. Then wait.", "Read it.", "Then wait."),
        ("Read it, e.g. A or B. Then wait.", "Read it, e.g. A or B.", "Then wait."),
        ("Read it\n\nthen wait", "Read it", "then wait"),
        ("Read it\n@param key its name", "Read it", "@param key its name"),
        ("Read 1.5 of it", "Read 1.5 of it", ""),
        ("Read it. then wait", "Read it. then wait", ""),
    ],
)
def test_first_sentence(text: str, first: str, rest: str) -> None:
    assert first_sentence(text) == (first, rest)


def test_cuts_are_at_words_and_at_lines() -> None:
    assert cut("one two three", 9) == "one two"
    assert cut("one two", 7) == "one two"
    assert cut_lines("one\ntwo three\nfour", 12) == "one"
    assert cut_lines("one\ntwo", 7) == "one\ntwo"
