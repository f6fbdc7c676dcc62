"""A page as plain blocks: Markdown, reStructuredText, HTML, and text without a format."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs.pages.blocks import Block, Code, Heading, ListItem, Paragraph, blocks
from cpt_training.pairs.pair import SourceFile

ENGLISH = "It is a small store that keeps what you give it, and it gives it back when you ask."


def read(text: str, language: str, path: str = "") -> list[Block]:
    path = path or {"markdown": "docs/guide.md", "rst": "docs/guide.rst"}.get(language, "README")
    return list(blocks(SourceFile(path, language, dedent(text))))


def test_markdown_is_read_without_marks_pictures_and_badges() -> None:
    page = """
        # Storehouse 📦 {#storehouse}

        [![Build](https://ci.example/badge.svg)](https://ci.example) ![logo](logo.png)

        A *small* store, see [the **guide**](guide.md "Guide") and `Store.read()`,
        or <https://example.org/more>.

        1. Open it.
           - With a [x] path.

        | option | default |
        |--------|---------|
        | path   | none    |

        ```py title="read.py"
        store = Store()
        ```
    """
    assert read(page, "markdown") == [
        Heading(1, "Storehouse"),
        Paragraph("A small store, see the guide and Store.read(), or."),
        ListItem("Open it."),
        ListItem("With a x path.", 1),
        Code("store = Store()", "python"),
    ]


def test_markdown_of_site_generators_loses_its_containers_not_their_prose() -> None:
    page = """\
        ---
        title: "Time zones"
        description: Dates that know where they are.
        ---
        import Tabs from '@theme/Tabs';

        :::note
        Install the {func}`~zones.load` data first.
        :::

        !!! warning "Old data"
            Zones change.

            ```js
            reload()
            ```

        ```{toctree}
        other
        ```

        ```{code-block} python
        :linenos:

        zones.load()
        ```

        ```text
        output
        ```
    """
    assert read(page, "markdown") == [
        Heading(1, "Time zones"),
        Paragraph("Dates that know where they are."),
        Paragraph("Install the load data first."),
        Paragraph("Zones change."),
        Code("reload()", "javascript"),
        Code("zones.load()", "python"),
    ]


def test_html_at_the_head_of_a_readme_is_read_as_what_it_shows() -> None:
    page = """
        <h1 align="center"><img src="logo.svg"> Storehouse</h1>
        <p align="center">A small <b>store</b>.</p>

        <!-- a comment -->
        Text.
    """
    assert read(page, "markdown") == [
        Heading(1, "Storehouse"),
        Paragraph("A small store."),
        Paragraph("Text."),
    ]


def test_rst_is_read_without_roles_substitutions_directives_and_tables() -> None:
    page = """
        ==========
        Storehouse
        ==========

        |build| |licence|

        .. |build| image:: https://ci.example/badge.svg
        .. |name| replace:: Storehouse
        .. _target:
        .. toctree::
           :maxdepth: 2

           guide

        |name| opens with :func:`open <storehouse.open>` or :meth:`~storehouse.Store.read`, as
        ``**written**`` in the `guide <https://example.org>`_ [1]_ and :rfc:`2616`.

        Reading
        -------

        * the first key,
          which is old
        * the second

          - deeper

        ======  =====
        a       b
        ======  =====
        1       2
        ======  =====

        +---+
        | a |
        +---+

        .. note:: Keys are text.
           They are never empty.

        path
            Where it is kept.
    """
    assert read(page, "rst") == [
        Heading(1, "Storehouse"),
        Paragraph("Storehouse opens with open or read, as **written** in the guide and RFC 2616."),
        Heading(2, "Reading"),
        ListItem("the first key, which is old"),
        ListItem("the second"),
        ListItem("deeper", 1),
        Paragraph("Keys are text. They are never empty."),
        ListItem("path: Where it is kept."),
    ]


def test_rst_holds_code_in_literal_blocks_directives_doctests_and_fences() -> None:
    page = """
        Open it first::

            store = Store()

        .. code-block:: console
           :caption: shell

           $ storehouse serve

        >>> store.read("a")
        'b'

        >>> store.close()

        .. highlight:: ruby

        In Ruby::

            store = Store.new

        ```go
        store := Open()
        ```
    """
    assert read(page, "rst") == [
        Paragraph("Open it first:"),
        Code("store = Store()"),
        Code("$ storehouse serve", "bash"),
        Code(">>> store.read(\"a\")\n'b'\n\n>>> store.close()", "python"),
        Paragraph("In Ruby:"),
        Code("store = Store.new", "ruby"),
        Code("store := Open()", "go"),
    ]


def test_html_pages_are_read_below_their_navigation() -> None:
    page = """
        <html><head><title>x</title><style>p {}</style></head><body>
        <nav><a href="/">Home</a></nav>
        <h2>Reading &amp; writing</h2>
        <p>Keys are <code>text</code>.<br>Always.</p>
        <ul><li>first<ul><li>second</li></ul></li></ul>
        <pre><code class="language-js">read(&lt;key&gt;)
        write()</code></pre>
        </body></html>
    """
    assert read(page, "html", "docs/guide.html") == [
        Heading(2, "Reading & writing"),
        Paragraph("Keys are text. Always."),
        ListItem("first"),
        ListItem("second", 1),
        Code("read(<key>)\nwrite()", "javascript"),
    ]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Storehouse\n==========\n\nA store.\n", Heading(1, "Storehouse")),
        ("# Storehouse\n\nA store.\n", Heading(1, "Storehouse")),
        ("== Storehouse\n\nA store.\n", Heading(2, "Storehouse")),
    ],
    ids=["rst", "markdown", "rdoc"],
)
def test_a_readme_without_extension_is_read_by_its_headings(text: str, heading: Heading) -> None:
    assert read(text, "text", "README") == [heading, Paragraph("A store.")]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("LICENSE.md", "markdown"),
        ("COPYING", "text"),
        ("CODE_OF_CONDUCT.md", "markdown"),
        ("AUTHORS.rst", "rst"),
        ("README.zh-CN.md", "markdown"),
        ("README_pt_BR.rst", "rst"),
        (".github/PULL_REQUEST_TEMPLATE.md", "markdown"),
        ("debian/changelog", "text"),
        ("data/words.txt", "text"),
        ("templates/page.html", "html"),
        ("docs/source.py", "python"),
    ],
)
def test_licences_people_translations_and_data_are_no_pages(path: str, language: str) -> None:
    assert read(ENGLISH, language, path) == []


@pytest.mark.parametrize(
    "path", ["README.md", "README.en.md", "docs/history.md", "CONTRIBUTING.md"]
)
def test_other_prose_is_a_page(path: str) -> None:
    assert read(ENGLISH, "markdown", path) == [Paragraph(ENGLISH)]


@pytest.mark.parametrize(
    "text",
    [
        "Diese Bibliothek speichert Werte unter ihren Namen und gibt sie wieder zurück, sobald "
        "jemand danach fragt. Sie braucht dafür keine weiteren Programme und läuft überall.",
        "この ライブラリ は 値 を 名前 の 下 に 保存 し 、 "
        " 誰か が 求める と すぐ に それ を 返し ます 。"
        "その ため に 他 の プログラム は 必要 なく 、 どこ でも いつ でも 動作 し ます 。",
    ],
)
def test_pages_in_other_languages_than_english_are_left_out(text: str) -> None:
    assert read(text, "markdown", "README.md") == []


def test_a_page_of_tests_is_left_out() -> None:
    assert blocks(SourceFile("README.md", "markdown", ENGLISH, test=True)) == ()


@pytest.mark.parametrize("language", ["markdown", "rst", "html"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "```",
        "::",
        ".. ",
        "- ",
        ">>> ",
        "|",
        "<![if",
        "<h1>",
        "---\n",
        ".. change::",
        "- " * 3000,
        "> " * 3000,
        "\n".join(" " * n + "a" for n in range(300)),
        "`",
    ],
)
def test_odd_texts_have_no_headings_and_raise_nothing(language: str, text: str) -> None:
    found = read(text, language, "docs/page")
    assert not any(isinstance(block, Heading) for block in found)
