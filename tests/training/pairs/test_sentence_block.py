"""A sentence and the code that follows it, in guides and in docstrings of any language."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs.pair import SourceFile
from cpt_training.pairs.sentence_block import mine, sentence


def pairs(text: str, language: str = "markdown", path: str = "docs/guide.md") -> list[list[str]]:
    file = SourceFile(path, language, dedent(text))
    return [[pair.language, pair.query, pair.document] for pair in mine(file)]


def test_a_sentence_of_a_guide_is_mined_with_the_code_below_it() -> None:
    page = """
        # Guide

        To read a value back, ask the *store* for its [key](keys.md):

        ```py
        store = Store("path")
        store.read("key")
        ```

        Example:

        ```py
        store.close()
        store.open()
        ```

        This one statement is too short to be searched:

        ```py
        store.close()
        ```
    """
    assert pairs(page) == [
        [
            "python",
            "To read a value back, ask the store for its key",
            'store = Store("path")\nstore.read("key")',
        ]
    ]


def test_a_short_sentence_takes_its_heading() -> None:
    page = "# Closing stores\n\nAlways release the files again:\n\n```js\na()\nb()\n```"
    assert pairs(page) == [
        ["javascript", "Closing stores: Always release the files again", "a()\nb()"]
    ]


def test_shell_sessions_lose_prompts_and_output() -> None:
    page = """
        Install the server together with its optional index:

        .. code-block:: console

           $ pip install \\
               storehouse[index]
           Collecting storehouse
           $ storehouse serve
           listening

        Then start the server in the background of your machine::

            $ storehouse serve --daemon
    """
    assert [pair[::2] for pair in pairs(page, "rst", "docs/guide.rst")] == [
        ["bash", "pip install \\\n    storehouse[index]\nstorehouse serve"],
        ["bash", "storehouse serve --daemon"],
    ]


def test_the_language_of_unmarked_code_is_what_it_looks_like_or_what_the_page_is_about() -> None:
    page = """
        A store is opened with the path of its folder::

            from storehouse import Store
            store = Store("path")

        The values of a store are read by their keys::

            value = store.read("key")
            print(value)

        The server prints the keys of all values it holds::

            key one of the store
            key two of the store
    """
    assert [pair[0] for pair in pairs(page, "rst", "README.rst")] == ["python", "python"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Example:", ""),
        ("For example:", ""),
        ("Here's a simple example:", ""),
        ("The following example shows how to use this:", ""),
        (
            "Stores are closed when their block ends. For example:",
            "Stores are closed when their block ends.",
        ),
        (
            "For example, stores are closed when their block ends:",
            "stores are closed when their block ends",
        ),
        ("@returns the value of this key in the store", ""),
        (
            "Long talk. " * 30 + "At last we close the open store:",
            "At last we close the open store",
        ),
    ],
)
def test_a_sentence_that_only_points_at_code_is_none(text: str, said: str) -> None:
    assert sentence(text) == said


PYTHON = '''\
    """Values on disk, by their keys.

    A store is opened by the path of its folder::

        store = Store("path")
        store.read("key")
    """


    class Store:
        def read(self, key):
            """Read a value.

            Args:
                key: its name.

            Missing keys raise an error that names the key:

            >>> store = Store("path")
            >>> for key in "ab":
            ...     store.read(key)
            Traceback (most recent call last):
            KeyError: 'a'
            """
            return self.values[key]
'''
JAVA = """\
    class Store {
      /**
       * Reads the value of the given key, or the default value.
       * <pre>{@code
       * Store<String> store = Store.open("path");
       * store.read("key", null);
       * }</pre>
       */
      String read(String key) { return values.get(key); }
    }
"""
TYPESCRIPT = """\
    /**
     * Read a value.
     *
     * @example
     * // Read the value of a key that may be missing
     * // from the store:
     * const store = open("path")
     * store.read("key")
     *
     * @param key its name
     */
    export function read(key: string): string {
      return values[key];
    }
"""
RUST = """\
    /// Reads the value of a key from the files of the store.
    ///
    /// ```
    /// # use storehouse::Store;
    /// let store = Store::open("path")?;
    /// store.read("key")?;
    /// ```
    pub fn read(key: &str) -> Result<String> {
        get(key)
    }
"""
RUBY = """\
    # Reads the value of a key from the files of the store.
    #
    #   store = Store.new("path")
    #   store.read("key")
    #
    # Values are text.
    def read(key)
      @values[key]
    end
"""
GO = """\
    package store

    // Read gives the value of a key from the files of the store.
    //
    //	s := Open("path")
    //	s.Read("key")
    //
    // Values are text.
    func Read(key string) string {
      return values[key]
    }
"""


@pytest.mark.parametrize(
    ("path", "language", "source", "found"),
    [
        (
            "store.py",
            "python",
            PYTHON,
            [
                [
                    "python",
                    "A store is opened by the path of its folder",
                    'store = Store("path")\nstore.read("key")',
                ],
                [
                    "python",
                    "Missing keys raise an error that names the key",
                    'store = Store("path")\nfor key in "ab":\n    store.read(key)',
                ],
            ],
        ),
        (
            "Store.java",
            "java",
            JAVA,
            [
                [
                    "java",
                    "Reads the value of the given key, or the default value.",
                    'Store<String> store = Store.open("path");\nstore.read("key", null);',
                ]
            ],
        ),
        (
            "store.ts",
            "typescript",
            TYPESCRIPT,
            [
                [
                    "typescript",
                    "Read the value of a key that may be missing from the store",
                    'const store = open("path")\nstore.read("key")',
                ]
            ],
        ),
        (
            "store.rs",
            "rust",
            RUST,
            [
                [
                    "rust",
                    "Reads the value of a key from the files of the store.",
                    'let store = Store::open("path")?;\nstore.read("key")?;',
                ]
            ],
        ),
        (
            "store.rb",
            "ruby",
            RUBY,
            [
                [
                    "ruby",
                    "Reads the value of a key from the files of the store.",
                    'store = Store.new("path")\nstore.read("key")',
                ]
            ],
        ),
        (
            "store.go",
            "go",
            GO,
            [
                [
                    "go",
                    "Read gives the value of a key from the files of the store.",
                    's := Open("path")\ns.Read("key")',
                ]
            ],
        ),
    ],
    ids=["python", "java", "typescript", "rust", "ruby", "go"],
)
def test_examples_of_doc_comments_are_mined(
    path: str, language: str, source: str, found: list[list[str]]
) -> None:
    assert pairs(source, language, path) == found


def test_test_files_and_broken_code_give_nothing() -> None:
    assert not list(mine(SourceFile("test_store.py", "python", dedent(PYTHON), test=True)))
    assert pairs('def f(:\n    """', "python", "f.py") == []
