"""Messages of errors with the functions that raise them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import error_code
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str, test: bool = False) -> list[tuple[str, str]]:
    pairs = list(error_code.mine(SourceFile("a", language, dedent(text).lstrip("\n"), test)))
    assert all(pair.kind == "error_code" and pair.language == language for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_the_document_is_the_function_without_the_message() -> None:
    source = '''
        class Store:
            def read(self, key):
                """Read a value."""
                if key not in self.keys:
                    raise KeyError(f"no value is stored under {key!r}")
                return self.keys[key]
        '''
    assert mined("python", source) == [
        (
            "no value is stored under key",
            "def read(self, key):\n"
            "    if key not in self.keys:\n"
            '        raise KeyError(f"")\n'
            "    return self.keys[key]",
        )
    ]


@pytest.mark.parametrize(
    ("literal", "message"),
    [
        ('"the port %s is already in use" % port', "the port is already in use"),
        ('"the port %(port)d is already in use" % ports', "the port port is already in use"),
        ('"the port {} is not free".format(port)', "the port is not free"),
        ('_("the port {port} is not free")', "the port port is not free"),
        ('"the port " + self.port + " is not free"', "the port port is not free"),
        ('"the port is " "used by %r" % name', "the port is used by"),
        ('f"{len(ports)} ports are in use, {100}% of all"', "ports are in use, % of all"),
        ('"only one port\\nmay be given here"', "only one port may be given here"),
    ],
)
def test_placeholders_are_made_plain(literal: str, message: str) -> None:
    source = f"def listen(port):\n    if taken(port):\n        raise OSError({literal})\n"
    ((query, document),) = mined("python", source)
    assert query == message
    assert "port is" not in document
    assert "ports are" not in document


@pytest.mark.parametrize(
    ("language", "source", "message"),
    [
        (
            "javascript",
            """
            function table(name) {
              if (!tables[name]) {
                throw new Error(`Table ${name} does not exist in ` + this.schema);
              }
            }
            """,
            "Table name does not exist in schema",
        ),
        (
            "typescript",
            """
            export const open = async (path: string): Promise<File> => {
              if (!path) throw new TypeError("A path must be given");
              return load(path);
            };
            """,
            "A path must be given",
        ),
        (
            "java",
            """
            class Range {
              static Range of(int low, int high) {
                if (low > high)
                  throw new IllegalArgumentException("low " + low + " is above high " + high);
                return new Range(low, high);
              }
            }
            """,
            "low low is above high high",
        ),
        (
            "go",
            """
            package store

            func Open(path string) (*Store, error) {
            \tdata, err := os.ReadFile(path)
            \tif err != nil {
            \t\treturn nil, fmt.Errorf("cannot read the store at %s: %w", path, err)
            \t}
            \treturn decode(data)
            }
            """,
            "cannot read the store at",
        ),
        (
            "rust",
            """
            fn port(text: &str) -> Result<u16> {
                match text.parse() {
                    Ok(port) => Ok(port),
                    Err(_) => Err(anyhow!("{text} is not a port number")),
                }
            }
            """,
            "text is not a port number",
        ),
        (
            "ruby",
            """
            def fetch(name)
              raise ArgumentError, "no gem named #{name} is installed" unless gems[name]
              gems[name]
            end
            """,
            "no gem named name is installed",
        ),
        (
            "php",
            """
            <?php
            function load($class) {
                if (!isset($this->map[$class])) {
                    throw new \\LogicException(sprintf('Class "%s" was not found.', $class));
                }
            }
            """,
            "Class was not found.",
        ),
        (
            "c",
            """
            int main(int argc, char **argv)
            {
              if (argc < 2) {
                fprintf(stderr, "usage needs one file name, got %d\\n", argc);
                return 1;
              }
              return run(argv[1]);
            }
            """,
            "usage needs one file name, got",
        ),
        (
            "cpp",
            """
            void Graph::connect(int from, int to) {
              if (from == to) {
                throw std::invalid_argument("a node cannot be its own neighbour");
              }
            }
            """,
            "a node cannot be its own neighbour",
        ),
        (
            "c_sharp",
            """
            class Cart {
              void Add(Item item) {
                if (item == null)
                  throw new ArgumentException($"The cart takes no {item.Name} today");
              }
            }
            """,
            "The cart takes no Name today",
        ),
        (
            "elixir",
            """
            defmodule Range do
              def step(0) do
                raise ArgumentError, "the step of a range cannot be zero"
              end
            end
            """,
            "the step of a range cannot be zero",
        ),
        (
            "bash",
            """
            install() {
              if [ -z "$1" ]; then
                echo "install: no target was given" >&2
                return 1
              fi
            }
            """,
            "install: no target was given",
        ),
        (
            "kotlin",
            """
            fun take(count: Int): List<Item> {
                require(count >= 0, "cannot take $count items from here")
                return items.subList(0, count)
            }
            """,
            "cannot take count items from here",
        ),
        (
            "lua",
            """
            local function pop(stack)
              if #stack == 0 then
                error("the stack " .. stack.name .. " is empty")
              end
            end
            """,
            "the stack name is empty",
        ),
    ],
)
def test_every_language_has_its_way_to_raise(language: str, source: str, message: str) -> None:
    ((query, document),) = mined(language, source)
    assert query == message
    assert " ".join(message.split()[-2:]) not in document
    assert len(document.split("\n")) >= 3


@pytest.mark.parametrize(
    "statement",
    [
        'raise ValueError("bad value")',
        "raise ValueError(message)",
        'raise NotImplementedError("sub-classes must implement this method")',
        '# raise ValueError("this was raised here once")',
        "text = \"raise ValueError('a text that raises nothing')\"",
    ],
)
def test_what_tells_nothing_is_passed_over(statement: str) -> None:
    assert mined("python", f"def f(x):\n    y = x\n    {statement}\n    return y\n") == []


def test_a_function_gives_at_most_three_pairs_and_a_message_one() -> None:
    checks = "".join(
        f'    if v == {i}:\n        raise ValueError("the value {word} is not allowed")\n'
        for i, word in enumerate(("red", "red", "green", "blue", "black", "white"))
    )
    queries = [query for query, _ in mined("python", f"def check(v):\n{checks}")]
    assert queries == [f"the value {word} is not allowed" for word in ("red", "green", "blue")]


def test_a_long_function_is_cut_around_the_raise() -> None:
    steps = "".join(f"    first_step_{i}(value)\n" for i in range(200))
    more = "".join(f"    later_step_{i}(value)\n" for i in range(200))
    source = f'def run(value):\n{steps}    raise ValueError("nothing is left to do")\n{more}'
    ((_, document),) = mined("python", source)
    lines = document.split("\n")
    assert len(document) <= 1500
    assert lines[:2] == ["def run(value):", "    ..."]
    assert '    raise ValueError("")' in lines
    assert "    first_step_199(value)" in lines
    assert "    later_step_0(value)" in lines
    assert lines[-1] == "    ..."


def test_tests_and_code_outside_functions_are_passed_over() -> None:
    source = 'def f():\n    x = 1\n    raise ValueError("a message of some length")\n'
    assert mined("python", source, test=True) == []
    assert mined("python", 'raise ValueError("a message of some length")\n') == []
