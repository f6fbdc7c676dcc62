from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import name_body
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str) -> list[tuple[str, str]]:
    file = SourceFile("a", language, dedent(text).lstrip("\n"))
    pairs = list(name_body.mine(file))
    assert all((pair.kind, pair.language) == ("name_body", language) for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_name_is_opened_and_left_out_of_the_code() -> None:
    source = """
        class TreeStore:
            def read_value(self, key, read_values):
                if key in self.cache:
                    return self.cache[key]
                parent, name = key.rsplit("/", 1)
                node = self.read_value(parent, read_values)
                return node[name]
    """
    assert mined("python", source) == [
        (
            "Tree Store read value",
            "def _(self, key, read_values):\n"
            "    if key in self.cache:\n"
            "        return self.cache[key]\n"
            '    parent, name = key.rsplit("/", 1)\n'
            "    node = self._(parent, read_values)\n"
            "    return node[name]",
        )
    ]


BODY = "{ a = b(1);\n c = d(a);\n e = f(c);\n return e;\n }"
RUBY = "\n a = b(1)\n c = d(a)\n e = f(c)\n return e\nend\n"


@pytest.mark.parametrize(
    ("language", "source", "query"),
    [
        ("javascript", f"export const parseHTTPHeader = (text) => {BODY};\n", "parse http header"),
        (
            "typescript",
            f"class Header {{ parseFirst(text: string) {BODY} }}\n",
            "Header parse first",
        ),
        ("go", f"func (h *Header) ParseFirst(text string) int {BODY}\n", "Header parse first"),
        (
            "rust",
            f"impl Header {{ fn parse_first(text: &str) -> u8 {BODY} }}\n",
            "Header parse first",
        ),
        ("rust", f"mod header {{ fn parse_first(text: &str) -> u8 {BODY} }}\n", "parse first"),
        ("java", f"class Header {{ int parseFirst(String text) {BODY} }}\n", "Header parse first"),
        ("ruby", f"module Header\ndef parse_first!(text){RUBY}end\n", "Header parse first"),
        (
            "php",
            f"<?php class Header {{ function parseFirst($text) {BODY} }}\n",
            "Header parse first",
        ),
        ("c", f"static int header_parse_2nd(char *text) {BODY}\n", "header parse 2nd"),
        ("cpp", f"namespace http {{ int ParseFirst(char *text) {BODY} }}\n", "parse first"),
        ("cpp", f"int Header::ParseFirst(char *text) {BODY}\n", "Header parse first"),
    ],
)
def test_name_with_the_type_that_has_it(language: str, source: str, query: str) -> None:
    ((found, document),) = mined(language, source)
    assert found == query
    assert "first" not in document.lower()


@pytest.mark.parametrize(
    "source",
    [
        "/** Reads it. */\nint readValue() " + BODY,
        "int read() " + BODY,
        "int readValue() { a = b(1);\n return a; }",
        "ValueReader() " + BODY,
        "public int hashCode() " + BODY,
        "@Test\npublic void readValue() " + BODY,
        "abstract int readValue();",
    ],
)
def test_documented_short_and_common_functions_are_passed_over(source: str) -> None:
    assert mined("java", f"class ValueReader {{\n{source}\n}}\n") == []


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("cpp", f"OrderBook::~OrderBook() {BODY}\n"),
        ("kotlin", f"class Sum {{ fun `adds two numbers`() {BODY} }}\n"),
        ("javascript", f"class Shelf {{ ['get-item'](t) {BODY} }}\n"),
        ("ruby", f"def full_name=(text){RUBY}end\n"),
    ],
)
def test_names_that_are_no_plain_identifiers_are_passed_over(language: str, source: str) -> None:
    assert mined(language, source) == []
