"""How prose becomes chunks: headings, paragraphs, HTML, notebooks."""

from __future__ import annotations

import json
import re

from cpt_rag.chunking import chunk_source
from cpt_rag.types import Chunk


def words(text: str) -> int:
    return len(re.findall(r"\w+", text))


def chunked(text: str, path: str, max_tokens: int = 60) -> list[Chunk]:
    chunks = chunk_source(text, path, count_tokens=words, max_tokens=max_tokens)
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(words(chunk.embedded_text) <= max_tokens for chunk in chunks)
    return chunks


def symbols(chunks: list[Chunk]) -> list[tuple[str, str | None]]:
    return [(chunk.kind, chunk.symbol) for chunk in chunks]


SENTENCE = "Some words about this matter, as many as it takes to be more than tiny. "


def test_markdown_sections_carry_the_trail_of_their_headings() -> None:
    text = (
        f"---\ntitle: x\n---\n{SENTENCE}\n\n# Guide\n{SENTENCE}\n\n## Install ##\n{SENTENCE}\n\n"
        f"### From source\n{SENTENCE}\n\nUse it\n------\n{SENTENCE}\n"
    )
    chunks = chunked(text, "doc/a.md")
    assert symbols(chunks) == [
        ("paragraph", None),
        ("section", "Guide"),
        ("section", "Guide > Install"),
        ("section", "Guide > Install > From source"),
        ("section", "Guide > Use it"),
    ]
    assert chunks[3].context == "doc/a.md\nGuide > Install > From source"


def test_a_heading_without_text_goes_with_the_section_below_it() -> None:
    chunks = chunked(f"# Guide\n\n## Install\n\n{SENTENCE}\n", "a.md")
    assert symbols(chunks) == [("section", "Guide > Install")]


def test_tiny_sections_beside_each_other_share_a_chunk() -> None:
    chunks = chunked("# A\n## one\nx\n## two\ny\n## three\n" + SENTENCE, "a.md")
    assert symbols(chunks) == [("section", "A > one"), ("section", "A > three")]


def test_no_heading_inside_a_fence() -> None:
    text = f"# A\n{SENTENCE}\n~~~~sh\n# not a heading\n~~~\nNor\n===\n~~~~\n## B\n{SENTENCE}\n"
    assert symbols(chunked(text, "a.md")) == [("section", "A"), ("section", "A > B")]


def test_thematic_breaks_tables_and_lists_are_no_headings() -> None:
    text = f"# A\n{SENTENCE}\n\n---\n\n| a | b |\n|---|---|\n- item\n---\n#hashtag\n"
    assert symbols(chunked(text, "a.md")) == [("section", "A")]


def test_a_long_section_falls_apart_at_paragraphs_and_not_inside_a_fence() -> None:
    fence = "```py\nfirst = 1\n\n\nsecond = 2\n\n\nthird = 3\n```\n\n"
    text = "# A\n\n" + (SENTENCE * 2 + "\n\n" + fence) * 6
    chunks = chunked(text, "a.md")
    assert len(chunks) > 3
    assert set(symbols(chunks)) == {("section", "A")}
    for chunk in chunks:
        assert chunk.text.count("```") % 2 == 0


def test_a_long_paragraph_falls_apart_at_sentences() -> None:
    chunks = chunked(SENTENCE * 30, "a.txt")
    assert len(chunks) > 5
    assert {chunk.kind for chunk in chunks} == {"paragraph"}
    assert all(chunk.text.endswith("tiny. ") for chunk in chunks)


def test_restructured_text_titles() -> None:
    text = (
        f"=====\nGuide\n=====\n\n{SENTENCE}\n\nInstall\n-------\n\n{SENTENCE}\n\n"
        f"Source\n~~~~~~\n\n{SENTENCE}\n\n----\n\nUse\n---\n\n{SENTENCE}::\n\n    no\n    --\n"
    )
    assert symbols(chunked(text, "a.rst")) == [
        ("section", "Guide"),
        ("section", "Guide > Install"),
        ("section", "Guide > Install > Source"),
        ("section", "Guide > Use"),
    ]


HTML = (
    "<!doctype html><html><head><title>T</title><style>p { a: b }</style></head><body>\n"
    f"<h1>Guide &amp; more</h1>\n<p>One <b>bold</b>\n word &lt;here&gt;. {SENTENCE}</p>\n"
    f"<script>var no = 1;</script><h2>Code</h2><pre>a:\n    b\n</pre><p>{SENTENCE}</p></body>\n"
)


def test_html_is_read_without_tags_under_its_headings() -> None:
    title, guide, code = chunked(HTML, "a.html")
    assert (title.reading, title.symbol) == ("T", None)
    assert (guide.kind, guide.symbol) == ("section", "Guide & more")
    assert guide.reading is not None
    assert guide.reading.startswith("Guide & more\nOne bold word <here>. Some")
    assert "no = 1" not in guide.embedded_text
    assert code.symbol == "Guide & more > Code"
    assert code.reading is not None
    assert "Code\na:\n    b\n" in code.reading


def test_html_is_cut_at_blocks() -> None:
    text = "<ul>" + "".join(f"<li class='item'>{SENTENCE}</li>" for _ in range(20)) + "</ul>"
    chunks = chunked(text, "a.html")
    assert len(chunks) > 3
    assert all(chunk.text.startswith("<li") for chunk in chunks[1:])


def test_html_with_nothing_to_read_is_cut_as_it_stands() -> None:
    chunks = chunked("<script>" + "call(one, two);\n" * 40 + "</script>", "a.html", 30)
    assert len(chunks) > 3
    assert {chunk.reading for chunk in chunks} == {None}


def notebook(*cells: tuple[str, list[str] | str]) -> str:
    output = {"metadata": {}, "outputs": [{"text": "no"}]}
    body = [{"cell_type": type_, **output, "source": source} for type_, source in cells]
    kernel = {"kernelspec": {"language": "julia", "name": "j"}}
    return json.dumps({"metadata": kernel, "nbformat": 4, "cells": body}, indent=1)


def test_notebook_cells_are_chunks_read_as_their_source() -> None:
    text = notebook(
        ("markdown", ["# Title\n", "caf\u00e9"]), ("code", 'a = "x"\nb = 2'), ("code", [])
    )
    title, code = chunked(text, "n.ipynb")
    assert (title.kind, title.language, title.reading) == ("cell", "markdown", "# Title\ncaf\u00e9")
    assert (code.kind, code.language, code.reading) == ("cell", "julia", 'a = "x"\nb = 2')
    assert code.context == "n.ipynb\nTitle"


def test_a_long_cell_is_cut_between_lines_of_its_source() -> None:
    lines = [f'value_{i} = "{i}"\n' for i in range(100)]
    for source in (lines, "".join(lines)):
        chunks = chunked(notebook(("code", source)), "n.ipynb")
        assert len(chunks) > 3
        readings = [chunk.reading or "" for chunk in chunks]
        assert "".join(readings) == "".join(lines)
        assert all(reading.startswith("value_") for reading in readings)


def test_a_broken_notebook_is_cut_as_it_stands() -> None:
    text = notebook(("code", "a = 1"))[:-5]
    assert {chunk.reading for chunk in chunked(text, "n.ipynb")} == {None}
    assert {chunk.reading for chunk in chunked('{"cells": 3}', "n.ipynb")} == {None}
