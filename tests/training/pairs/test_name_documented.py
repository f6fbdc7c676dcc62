from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import name_documented
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str) -> list[tuple[str, str]]:
    file = SourceFile("a", language, dedent(text).lstrip("\n"))
    pairs = list(name_documented.mine(file))
    assert all((pair.kind, pair.language) == ("name_documented", language) for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_docstring_stays_in_the_code_and_the_name_goes() -> None:
    source = '''
        class TreeStore:
            @retried
            def read_value(self, key):
                """Look a value up; read_value asks the parent.

                Args:
                    key: a path.
                """
                if key in self.cache:
                    return self.cache[key]
                return self.parent.read_value(key)
    '''
    assert mined("python", source) == [
        (
            "Tree Store read value",
            "@retried\n"
            "def _(self, key):\n"
            '    """Look a value up; _ asks the parent.\n'
            "\n"
            "    Args:\n"
            "        key: a path.\n"
            '    """\n'
            "    if key in self.cache:\n"
            "        return self.cache[key]\n"
            "    return self.parent._(key)",
        )
    ]


BODY = "{ a = b(1);\n c = d(a);\n return c;\n }"


@pytest.mark.parametrize(
    ("language", "source", "opening"),
    [
        ("go", f"// ParseFirst reads one.\nfunc ParseFirst(t string) int {BODY}\n", "// _ reads"),
        ("rust", f"/// Reads one.\n#[inline]\nfn parse_first(t: &str) -> u8 {BODY}\n", "/// Reads"),
        ("java", f"class H {{\n/** Reads one. */\nint parseFirst(String t) {BODY}\n}}\n", "/** R"),
        ("javascript", f"/** Reads one. */\nexport function parseFirst(t) {BODY}\n", "/** Reads"),
        ("c", f"/* Reads one. */\nstatic int parse_first(char *t) {BODY}\n", "/* Reads one"),
        (
            "ruby",
            "# Reads one.\ndef parse_first(t)\n a = b(t)\n c = d(a)\n c\nend\n",
            "# Reads one",
        ),
    ],
)
def test_comment_above_stays_with_the_code(language: str, source: str, opening: str) -> None:
    ((query, document),) = mined(language, source)
    assert query.endswith("parse first")
    assert document.startswith(opening)
    assert "c = d(a)" in document


@pytest.mark.parametrize(
    "source",
    [
        "def read_value(self):\n    a = 1\n    b = 2\n    return a + b\n",
        'def read(self):\n    """Read it all."""\n    a = 1\n    b = 2\n    return a + b\n',
        'def read_value(self):\n    """Read it all."""\n    raise NotImplementedError\n',
        'def test_value(self):\n    """Read it all."""\n    a = 1\n    b = 2\n    return a + b\n',
        'def read_value(self):\n    """:meta private:"""\n    a = 1\n    b = 2\n    return a + b\n',
    ],
)
def test_undocumented_unnamed_and_empty_functions_are_passed_over(source: str) -> None:
    assert mined("python", source) == []
