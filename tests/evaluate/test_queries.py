"""Queries mined from texts: each has its place, and none can find its own words."""

from __future__ import annotations

import pytest

from cpt_rag.evaluate import MinedQuery, cut_out, mine_queries

PYTHON = '''\
"""Retries for requests."""


class Retry:
    """Tries a request again until it succeeds.

    Waits grow from one attempt to the next.
    """

    limit = 3

    @property
    def delay(self) -> float:
        """Seconds to wait before the next attempt, with jitter.

        Returns:
            A positive number.
        """
        base = 2**self.attempt
        return base * random()

    def short(self) -> None:
        """Too short."""
        a = 1
        b = 2
        self.done = a + b

    def promise(
        self,
    ) -> None:
        """A method that does nothing at all."""
'''

MARKDOWN = """\
Preamble of the file.

# Deploying the server

Copy the binary to the host and start it with the configuration file as its only argument.

## Options

Every option may also be given as an environment variable, in upper case, with the prefix APP.

## Empty section here

# Rolling back a release

The previous binary stays beside the new one for a week, so a rollback is a matter of one link.
"""


def one(path: str, text: str) -> MinedQuery:
    [query] = mine_queries({path: text})
    return query


def test_a_docstring_asks_for_its_definition() -> None:
    whole, delay = mine_queries({"retry.py": PYTHON})
    assert whole.query == "Tries a request again until it succeeds."
    assert PYTHON[whole.start : whole.end].startswith("class Retry:")
    assert delay.query == "Seconds to wait before the next attempt, with jitter."
    assert (delay.path, delay.query_class) == ("retry.py", "docstring")
    assert PYTHON[delay.start : delay.end].startswith("    @property\n    def delay")
    assert PYTHON[delay.start : delay.end].endswith("return base * random()")


def test_the_words_of_a_query_can_be_cut_out_and_the_answer_stays_in_place() -> None:
    queries = mine_queries({"retry.py": PYTHON})
    text, moved = cut_out(PYTHON, queries)
    for query in moved:
        assert query.query not in text
        assert query.asked_start == query.asked_end
    assert text[moved[1].start : moved[1].end] == (
        "    @property\n    def delay(self) -> float:\n"
        "        base = 2**self.attempt\n        return base * random()"
    )
    assert "Too short." in text  # of no query, so it remains
    compile(text, "retry.py", "exec")


def test_only_what_is_asked_is_cut_out() -> None:
    whole, delay = mine_queries({"retry.py": PYTHON})
    text, [moved] = cut_out(PYTHON, [delay])
    assert whole.query in text
    assert text[moved.start : moved.end].startswith("    @property")


@pytest.mark.parametrize(
    ("path", "text", "query", "begins"),
    [
        (
            "a.go",
            "package a\n\n// Has tells whether the link\n// exists in the index.\n"
            "func (x *Index) Has(n int) bool {\n\treturn x.m[n]\n}\n",
            "Has tells whether the link exists in the index.",
            "func (x *Index)",
        ),
        (
            "a.js",
            "/**\n * Parses the query string of a URL.\n * @param {string} url\n */\n"
            "export function parse(url) {\n  return split(url)\n}\n",
            "Parses the query string of a URL.",
            "export function parse",
        ),
        (
            "A.java",
            "class A {\n  /** Closes the stream <p>quietly</p> here. */\n"
            "  @Override\n  void close() {\n    in.close();\n  }\n}\n",
            "Closes the stream quietly here.",
            "  @Override",
        ),
        (
            "a.rs",
            "/// Adds two numbers with overflow.\n#[inline]\nfn add(a: u8, b: u8) -> u8 {\n"
            "    a.wrapping_add(b)\n}\n",
            "Adds two numbers with overflow.",
            "#[inline]",
        ),
        (
            "a.c",
            "/* Free the list and its elements. */\nvoid clear(list *l)\n{\n  free(l);\n}\n",
            "Free the list and its elements.",
            "void clear",
        ),
        (
            "a.cpp",
            "// Local helper, not documentation.\nint one() {\n  return 1;\n}\n\n"
            "/// Rounds half to even.\nint round(double x) {\n  return f(x);\n}\n",
            "Rounds half to even.",
            "int round",
        ),
        (
            "a.rb",
            "module M\n  # Checks that all cops run.\n  #\n  # @api private\n  def all?\n"
            "    cops == 1\n  end\nend\n",
            "Checks that all cops run.",
            "  def all?",
        ),
        (
            "a.php",
            "<?php\n/**\n * Globs a given path quickly.\n */\nfunction globs($p)\n{\n"
            "    return x($p);\n}\n",
            "Globs a given path quickly.",
            "function globs",
        ),
        (
            "a.cs",
            "class A {\n  /// <summary>\n  /// Opens the door once more.\n  /// </summary>\n"
            "  void Open() {\n    door.Open();\n  }\n}\n",
            "Opens the door once more.",
            "  void Open",
        ),
    ],
)
def test_a_doc_comment_asks_for_what_stands_below_it(
    path: str, text: str, query: str, begins: str
) -> None:
    found = one(path, text)
    assert found.query == query
    assert text[found.start : found.end].startswith(begins)
    kept, [moved] = cut_out(text, [found])
    assert kept[moved.start : moved.end] == text[found.start : found.end]
    assert len(kept) == len(text) - (found.asked_end - found.asked_start)


def test_a_heading_asks_for_the_text_of_its_section() -> None:
    found = mine_queries({"guide.md": MARKDOWN})
    assert [query.query for query in found] == [
        "Deploying the server",
        "Deploying the server: Options",
        "Rolling back a release",
    ]
    assert {query.query_class for query in found} == {"heading"}
    answer = MARKDOWN[found[1].start : found[1].end]
    assert answer.startswith("Every option")
    assert answer.endswith("prefix APP.")
    text, moved = cut_out(MARKDOWN, found)
    assert "#" not in text.replace("## Empty section here", "")
    assert text[moved[1].start : moved[1].end] == answer


def test_titles_of_restructuredtext_ask_too() -> None:
    text = (
        "===============\nWriting plugins\n===============\n\nShort.\n\nHow a plugin is found\n"
        "---------------------\n\nEntry points of the group app.plugins are loaded in the order "
        "of their names when the program starts.\n"
    )
    found = one("plugins.rst", text)
    assert found.query == "How a plugin is found"
    assert text[found.start : found.end].startswith("Entry points")


def test_a_query_with_two_answers_is_no_query() -> None:
    again = MARKDOWN.replace("# Deploying the server", "# deploying the SERVER")
    found = mine_queries({"a.md": MARKDOWN, "b.md": again})
    assert found == []
    assert (
        len(mine_queries({"a.md": MARKDOWN, "b.md": "# Something else\n\nToo little text.\n"})) == 3
    )


def test_offsets_count_characters_in_any_script() -> None:
    text = (
        "# Größe und Gewicht der Pakete 📦\r\n\r\nJedes Paket wiegt höchstens fünf Kilogramm "
        "und ist größer als eine gewöhnliche Schachtel.\r\n"
    )
    found = one("maße.md", text)
    assert text[found.asked_start : found.asked_end].startswith("# Größe")
    assert text[found.start : found.end].endswith("Schachtel.")
    kept, [moved] = cut_out(text, [found])
    assert kept[moved.start : moved.end] == text[found.start : found.end]


def test_a_long_description_is_cut_at_a_word() -> None:
    words = "describes " * 60
    text = f"/** {words}*/\nint f() {{\n  return 1;\n}}\n"
    found = one("a.cpp", text)
    assert len(found.query) <= 400
    assert found.query.split() == ["describes"] * 40


@pytest.mark.parametrize("path", ["a.py", "a.go", "a.md", "a.rst", "a.txt", "a.bin", "a"])
@pytest.mark.parametrize(
    "text", ["", "\n\n", "\x00\ufffd\ud800", "def f(:\n '''", "# \n##\n", "/**"]
)
def test_what_has_nothing_to_ask_yields_nothing(path: str, text: str) -> None:
    assert mine_queries({path: text}) == []
