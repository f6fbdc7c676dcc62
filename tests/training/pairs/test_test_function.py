"""Tests with the functions that they test."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import test_function as miner
from cpt_training.pairs.pair import Pair, SourceFile


def source(path: str, language: str, text: str, test: bool = False) -> SourceFile:
    return SourceFile(path, language, dedent(text).lstrip("\n"), test)


def mined(*files: SourceFile) -> list[Pair]:
    pairs = list(miner.mine_package(files))
    assert all(pair.kind == "test_function" for pair in pairs)
    return pairs


STORE = source(
    "store.py",
    "python",
    '''
    class Store:
        def read_file(self, path):
            """Read a file."""
            data = self.files[path]
            return decode(data)

        def remove(self, path):
            data = self.files.pop(path)
            self.size -= len(data)

    def human_size(count):
        unit = count.bit_length() // 10
        return f"{count >> 10 * unit}{UNITS[unit]}"
    ''',
)


def test_the_query_is_the_opened_name_the_summary_and_the_body() -> None:
    tests = source(
        "tests/test_store.py",
        "python",
        '''
        def test_read_file_decodes_XML(store):
            """Bytes become text. Always."""
            store.files["a"] = b"x"
            assert store.read_file("a") == "x"
        ''',
        test=True,
    )
    assert mined(STORE, tests) == [
        Pair(
            "test_function",
            "python",
            "read file decodes XML\n"
            "Bytes become text.\n"
            'store.files["a"] = b"x"\n'
            'assert store.read_file("a") == "x"',
            "def read_file(self, path):\n    data = self.files[path]\n    return decode(data)",
        )
    ]


def test_without_a_name_in_the_title_the_function_of_an_assertion_is_taken() -> None:
    tests = source(
        "tests/test_units.py",
        "python",
        """
        def test_kilobytes():
            text = human_size(2048)
            assert text == "2K"

        def test_nothing_of_ours():
            human_size(10)
            assert sorted([2, 1]) == [1, 2]
        """,
        test=True,
    )
    (pair,) = mined(STORE, tests)
    assert pair.query.startswith("kilobytes\n")
    assert pair.document.startswith("def human_size(count):")


def test_of_namesakes_the_one_is_taken_that_the_test_is_about() -> None:
    other = source(
        "queue.py",
        "python",
        """
        class Queue:
            def remove(self, item):
                self.items.discard(item)
                self.changed.notify()
        """,
    )
    tests = source(
        "tests/test_all.py",
        "python",
        """
        class QueueTest(TestCase):
            def test_remove(self):
                self.queue.remove("a")
                assert "a" not in self.queue.items

        class OtherTest(TestCase):
            def test_remove(self):
                self.thing.remove("a")
                assert "a" not in self.thing
        """,
        test=True,
    )
    (pair,) = mined(STORE, other, tests)
    assert "self.items.discard(item)" in pair.document


def test_a_namesake_too_small_to_be_an_answer_still_makes_a_name_ambiguous() -> None:
    small = source("tiny.py", "python", "def human_size(n):\n    return str(n)\n")
    tests = source(
        "tests/test_text.py",
        "python",
        """
        def test_human_size():
            assert human_size(1) == "1"
        """,
        test=True,
    )
    assert len(mined(STORE, tests)) == 1
    assert mined(STORE, small, tests) == []


def test_a_common_word_names_only_what_the_test_is_about() -> None:
    tests = """
        def test_remove():
            things.remove(1)
            assert things == []
        """
    assert mined(STORE, source("tests/test_things.py", "python", tests, test=True)) == []
    (pair,) = mined(STORE, source("tests/test_store.py", "python", tests, test=True))
    assert pair.document.startswith("def remove(self, path):")


PARSE = {
    "javascript": "export function parseQuery(text) {\n  const parts = text.split('&');\n"
    "  return parts.map(decode);\n}\n",
    "go": "package query\n\nfunc ParseQuery(text string) []string {\n"
    '\tparts := strings.Split(text, "&")\n\treturn decode(parts)\n}\n',
    "java": "class Query {\n  static List<String> parseQuery(String text) {\n"
    '    String[] parts = text.split("&");\n    return decode(parts);\n  }\n}\n',
    "kotlin": "fun parseQuery(text: String): List<String> {\n"
    '    val parts = text.split("&")\n    return decode(parts)\n}\n',
    "c_sharp": "class Query {\n  public static string[] ParseQuery(string text) {\n"
    "    var parts = text.Split('&');\n    return Decode(parts);\n  }\n}\n",
    "rust": "pub fn parse_query(text: &str) -> Vec<String> {\n"
    "    let parts = text.split('&');\n    parts.map(decode).collect()\n}\n",
    "ruby": "def parse_query(text)\n  parts = text.split('&')\n"
    "  parts.map { |x| decode(x) }\nend\n",
    "php": "<?php\nfunction parseQuery($text) {\n    $parts = explode('&', $text);\n"
    "    return decode($parts);\n}\n",
    "elixir": "defmodule Query do\n  def parse_query(text) do\n"
    '    parts = String.split(text, "&")\n    Enum.map(parts, &decode/1)\n  end\nend\n',
    "cpp": "std::vector<std::string> ParseQuery(const std::string& text) {\n"
    "  auto parts = split(text, '&');\n  return decode(parts);\n}\n",
    "swift": "func parseQuery(_ text: String) -> [String] {\n"
    '    let parts = text.split(separator: "&")\n    return decode(parts)\n}\n',
}


@pytest.mark.parametrize(
    ("language", "test", "title"),
    [
        (
            "javascript",
            """
            describe("query", () => {
              it("keeps empty parts", () => {
                expect(parseQuery("a&")).toEqual(["a", ""]);
              });
            });
            """,
            "query keeps empty parts",
        ),
        (
            "javascript",
            """
            test('parseQuery of nothing', async function () {
              const parts = parseQuery('');
              expect(parts).toEqual([]);
            });
            """,
            "parseQuery of nothing",
        ),
        (
            "go",
            """
            package query

            func TestParseQueryEmpty(t *testing.T) {
            \tgot := ParseQuery("")
            \tassert.Empty(t, got)
            }
            """,
            "parse query empty",
        ),
        (
            "java",
            """
            class QueryTest {
              @Test
              void keepsEmptyParts() {
                assertEquals(2, Query.parseQuery("a&").size());
              }
            }
            """,
            "keeps empty parts",
        ),
        (
            "kotlin",
            """
            class QueryTest {
                @Test
                fun `empty parts are kept`() {
                    assertEquals(2, parseQuery("a&").size)
                }
            }
            """,
            "empty parts are kept",
        ),
        (
            "c_sharp",
            """
            public class QueryTests {
              [Fact]
              public void KeepsEmptyParts() {
                Assert.Equal(2, Query.ParseQuery("a&").Length);
              }
            }
            """,
            "keeps empty parts",
        ),
        (
            "rust",
            """
            #[test]
            fn keeps_empty_parts() {
                assert_eq!(parse_query("a&").len(), 2);
            }
            """,
            "keeps empty parts",
        ),
        (
            "ruby",
            """
            describe Query do
              it "keeps empty parts" do
                expect(parse_query("a&").size).to eq 2
              end
            end
            """,
            "Query keeps empty parts",
        ),
        (
            "ruby",
            """
            class QueryTest < Minitest::Test
              def test_keeps_empty_parts
                assert_equal 2, parse_query("a&").size
              end
            end
            """,
            "keeps empty parts",
        ),
        (
            "php",
            """
            <?php
            class QueryTest extends TestCase {
                public function testKeepsEmptyParts() {
                    $this->assertCount(2, parseQuery('a&'));
                }
            }
            """,
            "keeps empty parts",
        ),
        (
            "elixir",
            """
            defmodule QueryTest do
              use ExUnit.Case

              test "keeps empty parts" do
                assert length(Query.parse_query("a&")) == 2
              end
            end
            """,
            "keeps empty parts",
        ),
        (
            "cpp",
            """
            TEST(QueryTest, KeepsEmptyParts) {
              EXPECT_EQ(2, ParseQuery("a&").size());
            }
            """,
            "keeps empty parts",
        ),
        (
            "swift",
            """
            class QueryTests: XCTestCase {
                func testKeepsEmptyParts() {
                    XCTAssertEqual(2, parseQuery("a&").count, "assert")
                }
            }
            """,
            "keeps empty parts",
        ),
    ],
)
def test_every_language_has_its_tests(language: str, test: str, title: str) -> None:
    code = SourceFile("src/split", language, PARSE[language])
    (pair,) = mined(code, source("tests/all", language, test, test=True))
    lines = pair.query.split("\n")
    assert (pair.language, lines[0]) == (language, title)
    assert "arse" in pair.query.partition("\n")[2]
    assert "parts" in pair.document


def test_a_test_in_typescript_may_test_javascript() -> None:
    tests = source(
        "query.test.ts",
        "typescript",
        """
        it("splits at every ampersand", (): void => {
          expect(parseQuery("a&b")).toHaveLength(2);
        });
        """,
        test=True,
    )
    (pair,) = mined(SourceFile("query.js", "javascript", PARSE["javascript"]), tests)
    assert pair.language == "javascript"


def test_rust_keeps_tests_beside_the_code() -> None:
    text = (
        PARSE["rust"]
        + """
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_twice() {
        let parts = parse_query("a&b&c");
        assert_eq!(parts.len(), 3);
    }
}
"""
    )
    (pair,) = mined(SourceFile("src/lib.rs", "rust", text))
    assert pair.query.startswith("splits twice\nlet parts = ")
    assert pair.document.startswith("pub fn parse_query")


def test_a_function_is_paired_with_at_most_two_tests() -> None:
    tests = "".join(
        f"def test_human_size_{i}():\n    assert human_size({i}) == '{i}'\n\n" for i in range(5)
    )
    pairs = mined(STORE, SourceFile("test_store.py", "python", tests, test=True))
    assert [pair.query.split("\n")[0] for pair in pairs] == ["human size 0", "human size 1"]


def test_a_tool_that_many_tests_call_is_not_what_they_test() -> None:
    tests = "".join(
        f"def test_case_{i}(client):\n    assert client.get({i}).size == human_size({i})\n\n"
        for i in range(20)
    )
    assert mined(STORE, SourceFile("test_web.py", "python", tests, test=True)) == []


def test_a_long_test_is_cut_at_a_line() -> None:
    lines = "".join(
        f"    assert human_size({i}) == 'a long text that says {i}'\n" for i in range(99)
    )
    tests = SourceFile("test_a.py", "python", f"def test_human_size():\n{lines}", test=True)
    (pair,) = mined(STORE, tests)
    assert 900 < len(pair.query) <= 1000
    assert pair.query.endswith("'")


@pytest.mark.parametrize(
    "files",
    [
        [],
        [STORE],
        [SourceFile("test_a.py", "python", "def test_x(:\n  broken", test=True), STORE],
        [SourceFile("README.md", "markdown", "# it('works')", test=True)],
    ],
)
def test_packages_without_tests_give_nothing(files: list[SourceFile]) -> None:
    assert mined(*files) == []
