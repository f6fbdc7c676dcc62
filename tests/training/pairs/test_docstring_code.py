"""What a doc comment says, with the implementation below it, in each language's convention."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import docstring_code
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str, test: bool = False) -> list[tuple[str, str]]:
    pairs = list(docstring_code.mine(SourceFile("a", language, dedent(text).lstrip("\n"), test)))
    assert all(pair.kind == "docstring_code" and pair.language == language for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


CONVENTIONS = {
    "python": (
        '''
        class Store:
            @cached
            async def read(self, key: str) -> bytes:
                """Read the value that ``key`` names.

                It may be old, see :class:`~store.Policy`.

                Args:
                    key: its name.
                """
                # from the disk
                path = self.path(key)
                return await path.read()
        ''',
        "Read the value that key names. It may be old, see store.Policy.",
        """
        @cached
        async def read(self, key: str) -> bytes:
            # from the disk
            path = self.path(key)
            return await path.read()
        """,
    ),
    "javascript": (
        """
        /**
         * Waits until every {@link Task} is done.
         *
         * @param {Task[]} tasks what to wait for
         * @returns {Promise<void>}
         */
        // eslint-disable-next-line no-await-in-loop
        export async function drain(tasks) {
          for (const task of tasks) {
            await task.done();
          }
        }
        """,
        "Waits until every Task is done.",
        """
        export async function drain(tasks) {
          for (const task of tasks) {
            await task.done();
          }
        }
        """,
    ),
    "typescript": (
        """
        export class Cache<K> {
          /** Forgets the oldest `count` entries. */
          @logged()
          private evict(count: number): void {
            const keys = [...this.entries.keys()];
            keys.slice(0, count).forEach((key) => this.entries.delete(key));
          }
        }
        """,
        "Forgets the oldest count entries.",
        """
        @logged()
        private evict(count: number): void {
          const keys = [...this.entries.keys()];
          keys.slice(0, count).forEach((key) => this.entries.delete(key));
        }
        """,
    ),
    "go": (
        """
        // Copyright 2019 The Authors. All rights reserved.

        package pool

        // Get returns an idle connection, or dials a new one.
        //
        // Deprecated: use GetContext.
        func (p *Pool) Get() (*Conn, error) {
        \tif c := p.pop(); c != nil {
        \t\treturn c, nil
        \t}
        \treturn p.dial()
        }
        """,
        "Get returns an idle connection, or dials a new one.",
        """
        func (p *Pool) Get() (*Conn, error) {
        \tif c := p.pop(); c != nil {
        \t\treturn c, nil
        \t}
        \treturn p.dial()
        }
        """,
    ),
    "rust": (
        """
        impl Buffer {
            /// Moves the cursor to the next line, see [`Cursor`].
            ///
            /// # Panics
            ///
            /// Where there is none.
            #[inline]
            pub fn advance(&mut self) -> usize {
                let next = self.find_newline().unwrap();
                self.cursor = next + 1;
                next
            }
        }
        """,
        "Moves the cursor to the next line, see Cursor.",
        """
        #[inline]
        pub fn advance(&mut self) -> usize {
            let next = self.find_newline().unwrap();
            self.cursor = next + 1;
            next
        }
        """,
    ),
    "java": (
        """
        public class Ranges {
            /**
             * Joins ranges that <b>overlap</b>, where {@code null} counts as empty.
             *
             * @param ranges sorted ranges
             * @return as few as possible
             */
            @Nullable
            public static List<Range> join(List<Range> ranges) {
                List<Range> joined = new ArrayList<>();
                for (Range range : ranges) append(joined, range);
                return joined;
            }
        }
        """,
        "Joins ranges that overlap, where null counts as empty.",
        """
        @Nullable
        public static List<Range> join(List<Range> ranges) {
            List<Range> joined = new ArrayList<>();
            for (Range range : ranges) append(joined, range);
            return joined;
        }
        """,
    ),
    "ruby": (
        """
        class Mailer
          # Delivers the +message+ now, or when the queue is free.
          #
          # @param message [Message]
          def deliver(message, at: nil)
            job = Job.new(message)
            at ? queue.push(job, at) : job.run
          end
        end
        """,
        "Delivers the message now, or when the queue is free.",
        """
        def deliver(message, at: nil)
          job = Job.new(message)
          at ? queue.push(job, at) : job.run
        end
        """,
    ),
    "php": (
        """
        <?php
        class Router
        {
            /**
             * Finds the route that a path belongs to.
             *
             * @param string $path
             */
            public function match(string $path): ?Route
            {
                $path = trim($path, '/');
                return $this->routes[$path] ?? null;
            }
        }
        """,
        "Finds the route that a path belongs to.",
        """
        public function match(string $path): ?Route
        {
            $path = trim($path, '/');
            return $this->routes[$path] ?? null;
        }
        """,
    ),
    "c": (
        """
        #include <stdlib.h>

        /* Grow the ring so that it holds
         * at least `wanted` bytes. */
        static int ring_grow(struct ring *ring, size_t wanted)
        {
            void *data = realloc(ring->data, wanted);
            if (!data)
                return -1;
            ring->data = data;
            return 0;
        }
        """,
        "Grow the ring so that it holds at least wanted bytes.",
        """
        static int ring_grow(struct ring *ring, size_t wanted)
        {
            void *data = realloc(ring->data, wanted);
            if (!data)
                return -1;
            ring->data = data;
            return 0;
        }
        """,
    ),
    "cpp": (
        """
        namespace text {
        /// \\brief Cuts a line at \\p width columns.
        /// \\param width at least one
        template <typename Line>
        Line wrap(const Line& line, int width) {
          auto end = line.begin() + std::min(width, line.size());
          return Line(line.begin(), end);
        }
        }
        """,
        "Cuts a line at width columns.",
        """
        template <typename Line>
        Line wrap(const Line& line, int width) {
          auto end = line.begin() + std::min(width, line.size());
          return Line(line.begin(), end);
        }
        """,
    ),
    "c_sharp": (
        """
        class Clock {
            /// <summary>
            /// Sets the time from a <see cref="T:Net.Server"/>.
            /// </summary>
            /// <param name="host">the server's name</param>
            public void Synchronise(string host) {
                var answer = Ask(host);
                this.offset = answer.Time - Now;
            }
        }
        """,
        "Sets the time from a Server.",
        """
        public void Synchronise(string host) {
            var answer = Ask(host);
            this.offset = answer.Time - Now;
        }
        """,
    ),
    "haskell": (
        """
        module Queue where

        -- | Put an element behind all others, as 'pop' takes the first.
        push :: a -> Queue a -> Queue a
        push x (Queue front back) =
          Queue front (x : back)
        """,
        "Put an element behind all others, as pop takes the first.",
        """
        push :: a -> Queue a -> Queue a
        push x (Queue front back) =
          Queue front (x : back)
        """,
    ),
    "elixir": (
        """
        defmodule Shop.Cart do
          @doc "Adds an article to the cart."
          @doc since: "1.2.0"
          @spec add(t, article) :: t
          def add(cart, article) do
            articles = [article | cart.articles]
            %{cart | articles: articles}
          end
        end
        """,
        "Adds an article to the cart.",
        """
        @spec add(t, article) :: t
        def add(cart, article) do
          articles = [article | cart.articles]
          %{cart | articles: articles}
        end
        """,
    ),
    "lua": (
        """
        --- Looks a name up in the registry and its parents.
        -- @param name string
        function Registry.find(name)
          local found = Registry.names[name]
          return found or Registry.parent.find(name)
        end
        """,
        "Looks a name up in the registry and its parents.",
        """
        function Registry.find(name)
          local found = Registry.names[name]
          return found or Registry.parent.find(name)
        end
        """,
    ),
}


@pytest.mark.parametrize("language", CONVENTIONS)
def test_each_language_documents_in_its_own_way(language: str) -> None:
    source, query, document = CONVENTIONS[language]
    assert mined(language, source) == [(query, dedent(document).strip("\n"))]


def test_docstring_on_a_shared_line_is_cut_out_by_bytes() -> None:
    source = 'def f(x):\n    "Größe und Maß."; a = 1\n    b = 2\n    return a + b\n'
    assert mined("python", source)[0][1] == "def f(x):\n    a = 1\n    b = 2\n    return a + b"


BODY = "{\n  let a = first();\n  let b = second(a);\n  return a + b;\n}\n"


@pytest.mark.parametrize(
    "comment",
    [
        "// Copyright (c) 2020 Somebody\n// Licensed under the MIT License.\n",
        "/* Opens the door again. */\n\n",
        "// const door = find(name);\n// return door.open();\n",
        "// eslint-disable-next-line max-lines\n",
        "// @ts-ignore\n",
        "/** @inheritdoc */\n",
        "// TODO: open it only once\n",
        "// --------------------------\n",
        "let a = 1; // Opens the door again.\n",
    ],
)
def test_a_comment_that_documents_nothing_is_passed_over(comment: str) -> None:
    assert mined("javascript", f"{comment}function open(door) {BODY}") == []


def test_languages_with_doc_comments_take_no_other_comment_for_one() -> None:
    body = "{\n    let a = 1;\n    let b = 2;\n    a + b\n}\n"
    assert mined("rust", f"// Adds two numbers up.\nfn sum() -> i32 {body}") == []
    assert len(mined("rust", f"/// Adds two numbers up.\nfn sum() -> i32 {body}")) == 1


def test_functions_inside_a_module_wrapper_are_found() -> None:
    source = """
        (function (root) {
          // Escapes what is special in HTML.
          function escape(text) {
            var safe = text.replace(/</g, "&lt;");
            return safe.replace(/>/g, "&gt;");
          }
          root.text = { escape: escape, version: "1.2.3", loaded: true, name: "text" };
          root.text.names = ["escape", "version", "loaded", "name", "names"];
        })(window);
    """
    ((query, document),) = mined("javascript", source)
    assert query == "Escapes what is special in HTML."
    assert document.startswith("function escape(text) {\n  var safe")


@pytest.mark.parametrize(
    "definition",
    [
        "def test_it(self):\n    '''Check that it works.'''\n    a = 1\n    return a",
        "def __eq__(self, other):\n    '''Compare with another.'''\n    a = 1\n    return a",
        "@typing.overload\ndef f(a):\n    '''Do this or that.'''\n    a = 1\n    return a",
        "def f(a,\n      b,\n      c):\n    '''Do it all now.'''\n    raise NotImplementedError",
        "def f(a,\n      b,\n      c):\n    '''Do this or that.'''\n    pass",
        "def f(a,\n      b,\n      c):\n    '''Do this or that.'''",
        "def f(a):\n    '''Do this or that.'''\n    return a",
        "def f(a):\n    '''Args:\n        a: a letter.'''\n    b = 1\n    return a",
        "def f(a):\n    b = 1\n    return a",
    ],
)
def test_what_is_no_documented_implementation_is_passed_over(definition: str) -> None:
    assert mined("python", definition) == []


def test_brackets_alone_count_as_no_line() -> None:
    source = (
        "/** Gives the name as it was set. */\npublic String getName()\n{\n    return name;\n}\n"
    )
    assert mined("java", f"class Door {{\n{source}}}\n") == []


def test_constructor_counts_as_a_function() -> None:
    source = "def __init__(self):\n    '''Open the store.'''\n    self.a = 1\n    self.b = 2"
    assert len(mined("python", source)) == 1


def test_query_ends_with_a_whole_word_and_document_with_a_whole_line() -> None:
    source = f"def f(a):\n    '''{'word ' * 200}'''\n" + "    value = a + 1\n" * 400
    ((query, document),) = mined("python", source)
    assert len(query) <= 400
    assert query.endswith("word")
    assert len(document) <= 3000
    assert document.endswith("    value = a + 1")


def test_test_files_are_passed_over() -> None:
    source, _, _ = CONVENTIONS["python"]
    assert mined("python", source, test=True) == []


@pytest.mark.parametrize("language", ["markdown", "text", "json"])
def test_languages_without_a_grammar_give_nothing(language: str) -> None:
    assert mined(language, CONVENTIONS["python"][0]) == []
