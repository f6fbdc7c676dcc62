"""What a chunk lies in and is a part of, found from the chunks of its file alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cpt_rag.chunking import chunk_source
from cpt_rag.retrieve.packs.enclosing import enclosing, whole
from cpt_rag.retrieve.packs.signatures import LONGEST_SIGNATURE, signature_of
from cpt_rag.types import Chunk

LINES = "\n".join(f"        total = combine(total, step_{n}, {n})" for n in range(20))
C_LINES = "\n".join(f"    total = combine(total, step_{n}, {n});" for n in range(20))

SOURCES = {
    "a.py": f"import os\n\n\nclass Cart(\n    Base,\n):\n    '''A cart.'''\n\n"
    f"    @property\n    def total(self, step: int = 1) -> int:\n{LINES}\n        return marker\n",
    "a.go": "package a\n\n// Cart holds total.\ntype Cart struct {\n\tsize int\n}\n\n"
    f"// total adds up.\nfunc (c *Cart) total(step int) (int, error) {{\n{C_LINES}\n"
    "    return marker, nil\n}\n",
    "a.java": "package a;\n\n/** A Cart with a total. */\n@Named(\"Cart\")\n"
    "public class Cart<T>\n    extends Base {\n\n    /** total(step) adds up. */\n    @Override\n"
    f"    public int total(int step) throws IOException {{\n{C_LINES}\n        return marker;\n"
    "    }\n}\n",
    "a.c": "#include <total.h>\n\n/* total adds up. */\nstatic int\ntotal(struct cart *cart,\n"
    f"      int step)\n{{\n{C_LINES}\n    return marker;\n}}\n",
    "a.js": "'use strict';\n\n// A Cart.\nclass Cart extends Base {\n"
    f"  // total adds up.\n  total(step, {{ rate }}) {{\n{C_LINES}\n    return marker;\n  }}\n}}\n",
    "a.rs": "/// A total.\nimpl<T: Into<u8>> Cart<T> {\n    /// total adds up.\n    #[inline]\n"
    f"    pub(crate) fn total(&self, step: u8) -> u8 {{\n{C_LINES}\n        marker\n    }}\n}}\n",
    "a.md": f"# Cart\n\nA cart.\n\n## Total\n\n{'It adds up step by step. ' * 30}\n\nmarker\n",
}  # fmt: skip


def chunks(path: str) -> list[Chunk]:
    return chunk_source(
        SOURCES[path], path, count_tokens=lambda text: len(text.split()), max_tokens=60
    )


def last_part(found: Sequence[Chunk]) -> int:
    (at,) = (at for at, chunk in enumerate(found) if "marker" in chunk.text)
    return at


@pytest.mark.parametrize(
    ("path", "signatures"),
    [
        ("a.py", ("class Cart(Base):", "def total(self, step: int = 1) -> int:")),
        ("a.go", ("func (c *Cart) total(step int) (int, error)",)),
        (
            "a.java",
            (
                "public class Cart<T> extends Base",
                "public int total(int step) throws IOException",
            ),
        ),
        ("a.c", ("total(struct cart *cart, int step)",)),
        ("a.js", ("class Cart extends Base", "total(step, { rate })")),
        (
            "a.rs",
            ("impl<T: Into<u8>> Cart<T>", "pub(crate) fn total(&self, step: u8) -> u8"),
        ),
        ("a.md", ("Cart", "Total")),
    ],
)
def test_the_middle_of_a_definition_names_all_it_lies_in(
    path: str, signatures: tuple[str, ...]
) -> None:
    found = chunks(path)
    assert enclosing(found, last_part(found)) == signatures


@pytest.mark.parametrize("path", SOURCES)
def test_a_whole_definition_begins_with_its_signature_and_ends_with_its_end(path: str) -> None:
    found = chunks(path)
    at = last_part(found)
    span = whole(found, at)
    assert len(span) > 1
    assert at == span[-1]
    name = "Total" if path == "a.md" else "total"
    assert name in found[span[0]].text
    assert all(whole(found, part) == span for part in span)
    assert enclosing(found, span[0]) == enclosing(found, at)[:-1]


@pytest.mark.parametrize("path", SOURCES)
def test_the_first_chunk_of_a_file_lies_in_nothing(path: str) -> None:
    assert enclosing(chunks(path), 0) == ()


def part(text: str, symbol: str | None, kind: str = "method") -> Chunk:
    return Chunk(text, 0, len(text), 1, 1, "java", kind, symbol)


OVERLOADS = [
    part("class A {\n", "A", "class"),
    part("/** f. */\nint f(int a) {\n", "A.f"),
    part("  return f(a - 1);\n}\n", "A.f"),
    part("/** A long comment.\n", "A.f"),
    part(" * It goes on. */\nint f(String b) {\n", "A.f"),
    part("  f(b);\n}\n", "A.f"),
    part("}\n", None, "code"),
]


@pytest.mark.parametrize(
    ("at", "span"), [(1, (1, 2)), (2, (1, 2)), (3, (3, 5)), (4, (3, 5)), (5, (3, 5)), (6, (6, 6))]
)
def test_overloads_of_one_name_stay_apart(at: int, span: tuple[int, int]) -> None:
    found = whole(OVERLOADS, at)
    assert (found[0], found[-1]) == span


def test_the_nearest_overload_is_the_one_it_lies_in() -> None:
    assert enclosing(OVERLOADS, 2) == ("class A", "int f(int a)")
    assert enclosing(OVERLOADS, 3) == ("class A",)
    assert enclosing(OVERLOADS, 5) == ("class A", "int f(String b)")


def test_a_function_defined_in_another_belongs_to_it() -> None:
    nested = [
        part("void outer() {\n", "outer", "function"),
        part("void inner() {\n", "outer.inner", "function"),
        part("done();\n}\n", "outer", "function"),
        part("void other() {\n", "other", "function"),
    ]
    assert whole(nested, 2) == range(3)
    assert enclosing(nested, 1) == ("void outer()",)


def test_a_signature_that_is_nowhere_is_replaced_by_kind_and_name() -> None:
    hidden = [part("MAKE_CLASS({\n", "A", "class"), part("int f() {\n", "A.f")]
    assert enclosing(hidden, 1) == ("class A",)


@pytest.mark.parametrize(
    "text",
    ["return f(x);", "f(x);", "if (f(x)) {", "x = f(y);", "} f(x) {", 'log("f");', "", "// f() {"],
)
def test_what_only_mentions_a_name_does_not_define_it(text: str) -> None:
    assert signature_of("f", text, "java") is None


def test_a_very_long_signature_is_cut() -> None:
    found = signature_of("f", f"def f({'argument, ' * 100}):\n    pass\n", "python")
    assert found is not None
    assert len(found) <= LONGEST_SIGNATURE + 4
    assert found.endswith(" ...")
