"""Every character of every source is in exactly one chunk, whatever the source."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpt_rag.chunking import chunk_source
from cpt_rag.chunking.languages import GRAMMARS
from cpt_rag.types import Chunk

SAMPLES = Path(__file__).parent / "samples"
FORMATS = sorted([*GRAMMARS, "markdown", "rst", "html", "notebook", "text", "css", "json", "pdf"])

NOTEBOOK = (
    '{"cells": [{"cell_type": "markdown", "source": ["# A \\u00e9\\n", "text"]},\n'
    ' {"cell_type": "code", "outputs": [{"text": "no"}], "source": "a = 1\\nb = \\"x\\"\\n"}],\n'
    ' "metadata": {"kernelspec": {"language": "python"}}}'
)
PROSE = {
    "markdown": "---\ntitle: x\n---\n# A\n\ntext\n\nB\n---\n\n"
    "```py\n# no heading\n```\n\n## C\n- d\n",
    "rst": "===\nTop\n===\n\ntext\n\nUnder\n-----\n\n::\n\n    code\n",
    "html": "<h1>A &amp; b</h1><p>some <b>bold</b> text<script>x()</script><pre>a\n b</pre>",
    "notebook": NOTEBOOK,
    "text": "First paragraph.\n\nSecond one, which is longer. It has two sentences.\n",
    "css": "a {\n  b: c;\n}\n\n\nd { e: f }\n",
    "pdf": "The first page.\n\n\f\n\fThe third. It has two sentences.\n\f",
    "json": '{"a": [1, 2,\n 3], "b": "c"}',
}


def source_of(language: str) -> str:
    if language in PROSE:
        return PROSE[language]
    return (SAMPLES / f"{language}.sample").read_text(encoding="utf-8")


def words(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def characters(text: str) -> int:
    return len(text) + 2  # as an encoder with two special tokens


LETTERS = st.one_of(
    st.sampled_from(list("ab_ \t{}()[]<>:;,.'\"`#/*=-+@$!?\\\n\r\0")),
    st.sampled_from(
        ["\r\n", "\n\n", "def ", "class ", "fn ", "end\n", "  ", "```\n", "# ", "---\n"]
    ),
    st.sampled_from(
        ["é", "e\u0301", "\U0001f600", "語", "\u2028", "\x0b", "\f", "\ud800", "\ufeff"]
    ),
)
ANY_TEXT = st.lists(LETTERS, max_size=120).map("".join)


def check(text: str, chunks: list[Chunk], count: Callable[[str], int], max_tokens: int) -> None:
    if not text.strip():
        assert chunks == []
        return
    assert "".join(chunk.text for chunk in chunks) == text
    at = 0
    for chunk in chunks:
        assert (chunk.start, text[chunk.start : chunk.end]) == (at, chunk.text)
        at = chunk.end
        assert chunk.start_line == line_of(text, chunk.start)
        assert chunk.end_line == line_of(text, chunk.end - 1)
        assert chunk.text.strip()
        assert fits(chunk, count, max_tokens), (chunk, count(chunk.embedded_text))


def line_of(text: str, position: int) -> int:
    """1 and one more for every line ending before the character; CRLF is one, after its LF."""
    line = 1
    for i, character in enumerate(text[:position]):
        line += character == "\n" or (character == "\r" and text[i + 1 : i + 2] != "\n")
    return line


def fits(chunk: Chunk, count: Callable[[str], int], max_tokens: int) -> bool:
    """Within the budget, but for one character, and white space that has no other place."""
    body = chunk.text if chunk.reading is None else chunk.reading
    if count(chunk.embedded_text) <= max_tokens or len(body.strip()) <= 1:
        return True
    bare = f"{chunk.context}\n{body.strip()}" if chunk.context else body.strip()
    return body != body.strip() and count(bare) <= max_tokens


@pytest.mark.parametrize("language", FORMATS)
@settings(max_examples=25, deadline=None)
@given(text=ANY_TEXT, max_tokens=st.integers(8, 60))
def test_any_text(language: str, text: str, max_tokens: int) -> None:
    chunks = chunk_source(
        text, "a/b.x", count_tokens=characters, max_tokens=max_tokens, language=language
    )
    check(text, chunks, characters, max_tokens)


@pytest.mark.parametrize("language", FORMATS)
@settings(max_examples=25, deadline=None)
@given(
    data=st.data(), max_tokens=st.integers(12, 200), ending=st.sampled_from(["\n", "\r\n", "\r"])
)
def test_broken_code(language: str, data: st.DataObject, max_tokens: int, ending: str) -> None:
    text = source_of(language)
    cut = data.draw(st.integers(0, len(text)), "cut at")
    at = data.draw(st.integers(0, cut), "insert at")
    text = (text[:at] + data.draw(ANY_TEXT, "insert") + text[at:cut]).replace("\n", ending)
    chunks = chunk_source(
        text, "a/b.x", count_tokens=words, max_tokens=max_tokens, language=language
    )
    check(text, chunks, words, max_tokens)


@pytest.mark.parametrize("language", FORMATS)
@pytest.mark.parametrize("max_tokens", [1, 7, 30, 100, 1000])
def test_whole_source_on_one_line(language: str, max_tokens: int) -> None:
    text = re.sub(r"\s+", " ", source_of(language)) * 3
    chunks = chunk_source(
        text, "a/b.x", count_tokens=words, max_tokens=max_tokens, language=language
    )
    check(text, chunks, words, max_tokens)


@pytest.mark.parametrize("language", FORMATS)
def test_white_space_has_no_chunks(language: str) -> None:
    for text in ("", " ", "\n\r\n\t\f\u2028\n"):
        assert chunk_source(text, "x", count_tokens=words, max_tokens=9, language=language) == []


@pytest.mark.parametrize("language", sorted({*GRAMMARS, "text", "css"}))
def test_no_identifier_is_split_unless_it_is_longer_than_the_budget(language: str) -> None:
    text = source_of(language)
    chunks = chunk_source(text, "x", count_tokens=characters, max_tokens=40, language=language)
    for before, after in pairwise(chunks):
        assert not re.fullmatch(r"\w\w", before.text[-1] + after.text[0])


def test_an_unbroken_run_is_split_at_the_width_of_the_budget() -> None:
    text = "x" * 1000
    chunks = chunk_source(text, "p", count_tokens=characters, max_tokens=104)
    assert "".join(chunk.text for chunk in chunks) == text
    assert len(chunks) <= 11


def test_the_words_of_the_wrong_counter_are_verified() -> None:
    """A counter that charges for whole texts more than the sum of their lines."""

    def greedy(text: str) -> int:
        return words(text) + 3 * text.count("\n")

    text = source_of("python")
    for language in ("python", "text"):
        chunks = chunk_source(text, "x", count_tokens=greedy, max_tokens=50, language=language)
        check(text, chunks, greedy, 50)


def test_tokens_are_counted_sparingly() -> None:
    counted = 0

    def counting(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return words(text)

    text = source_of("python") * 40
    chunk_source(text, "x.py", count_tokens=counting, max_tokens=60)
    assert counted < 4 * len(text)
