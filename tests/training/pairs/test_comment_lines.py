"""Comments inside functions with the statements that they explain."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import comment_lines
from cpt_training.pairs.pair import Pair, SourceFile


def mined(language: str, text: str, test: bool = False) -> list[tuple[str, str]]:
    pairs = list(comment_lines.mine(SourceFile("a", language, dedent(text).lstrip("\n"), test)))
    assert all(pair.kind == "comment_lines" and pair.language == language for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_a_comment_goes_with_the_statements_down_to_the_blank_line() -> None:
    source = """
        def longest(self):
            self.refresh()
            # Keep only the entries that
            # have not expired yet.
            now = self.clock()
            live = [entry for entry in self.entries if entry.until > now]

            return max(live, key=len)
        """
    assert mined("python", source) == [
        (
            "Keep only the entries that have not expired yet.",
            "now = self.clock()\nlive = [entry for entry in self.entries if entry.until > now]",
        )
    ]


def test_a_statement_is_never_cut_at_a_blank_line_inside_it() -> None:
    source = """
        func drain(queue chan job) {
        \tfor {
        \t\t// Take jobs until the queue is closed.
        \t\tfor job := range queue {
        \t\t\tlog(job)

        \t\t\trun(job)
        \t\t}
        \t\t// Tell the others that this worker is done.
        \t\tworkers.Done()
        \t\tmetrics.WorkerStopped(queue)
        \t}
        }
        """
    assert mined("go", source) == [
        (
            "Take jobs until the queue is closed.",
            "for job := range queue {\n\tlog(job)\n\n\trun(job)\n}",
        ),
        (
            "Tell the others that this worker is done.",
            "workers.Done()\nmetrics.WorkerStopped(queue)",
        ),
    ]


@pytest.mark.parametrize(
    ("language", "source", "query", "document"),
    [
        (
            "javascript",
            """
            function close(socket) {
              /*
               * Give the peer a moment
               * to send what it has left.
               */
              socket.end();
              setTimeout(() => socket.destroy(), GRACE);
            }
            """,
            "Give the peer a moment to send what it has left.",
            "socket.end();\nsetTimeout(() => socket.destroy(), GRACE);",
        ),
        (
            "java",
            """
            class Pool {
              void grow() {
                // Double the size, as a vector does.
                int size = items.length * 2;
                items = Arrays.copyOf(items, size);
              }
            }
            """,
            "Double the size, as a vector does.",
            "int size = items.length * 2;\nitems = Arrays.copyOf(items, size);",
        ),
        (
            "c",
            """
            int drop(struct list *list)
            {
              /* unlink the first node before it is freed */
              struct node *first = list->head;
              list->head = first->next;
              free(first);
              return 0;
            }
            """,
            "unlink the first node before it is freed",
            "struct node *first = list->head;\nlist->head = first->next;\nfree(first);\nreturn 0;",
        ),
        (
            "ruby",
            """
            def expand(path)
              # A tilde stands for the home of the user.
              path = path.sub("~", Dir.home)
              File.expand_path(path)
            end
            """,
            "A tilde stands for the home of the user.",
            'path = path.sub("~", Dir.home)\nFile.expand_path(path)',
        ),
        (
            "rust",
            """
            fn flush(&mut self) -> io::Result<()> {
                // The buffer may hold half a record.
                let whole = self.buffer.len() / SIZE * SIZE;
                self.out.write_all(&self.buffer[..whole])
            }
            """,
            "The buffer may hold half a record.",
            "let whole = self.buffer.len() / SIZE * SIZE;\n"
            "self.out.write_all(&self.buffer[..whole])",
        ),
        (
            "php",
            """
            <?php
            function route($uri) {
                # Names are compared without regard to case.
                $name = strtolower(trim($uri, '/'));
                return $this->routes[$name] ?? null;
            }
            """,
            "Names are compared without regard to case.",
            "$name = strtolower(trim($uri, '/'));\nreturn $this->routes[$name] ?? null;",
        ),
        (
            "lua",
            """
            local function reset(self)
              -- Listeners survive a reset of the state.
              local listeners = self.listeners
              self.state = { listeners = listeners }
            end
            """,
            "Listeners survive a reset of the state.",
            "local listeners = self.listeners\nself.state = { listeners = listeners }",
        ),
        (
            "bash",
            """
            deploy() {
              # Wait for the old process to leave its port.
              while nc -z localhost "$PORT"; do
                sleep 1
              done
            }
            """,
            "Wait for the old process to leave its port.",
            'while nc -z localhost "$PORT"; do\n  sleep 1\ndone',
        ),
    ],
)
def test_every_language_with_comments_is_read(
    language: str, source: str, query: str, document: str
) -> None:
    assert mined(language, source) == [(query, document)]


@pytest.mark.parametrize(
    "comment",
    [
        "# Too short here",
        "# TODO: find out why this is slow",
        "# FIXME this breaks on empty input files",
        "# value = compute(self.left, self.right, scale)",
        "# if value is not None and self.ready:",
        "# return self.cache.get(key, default)",
        "# ---- helpers for the second phase ----",
        "# pylint: disable=too-many-locals and others here",
        "# type: ignore because the stubs are wrong here",
        "# Copyright the authors of this file, all of them",
    ],
)
def test_what_explains_no_code_is_passed_over(comment: str) -> None:
    source = f"""
        def total(self):
            {comment}
            values = list(self.values())
            return sum(value.weight for value in values)
        """
    assert mined("python", source) == []


def test_only_comments_on_lines_of_their_own_inside_functions_count() -> None:
    source = '''
        # The names of all colours that we know.
        COLOURS = ["red", "green"]
        SHADES = ["dark", "light"]

        def mix(first, second):
            text = """
            # This is no comment but a text.
            with = lines + below
            """
            value = first + second  # the sum of both of them
            return value, text
        '''
    assert mined("python", source) == []


def test_a_blank_line_parts_a_comment_from_the_code_below() -> None:
    source = """
        def mix(first, second):
            # Everything below is about the sum.

            value = first.amount + second.amount
            return Mixture(value, first, second)
        """
    assert mined("python", source) == []


def test_a_long_run_of_statements_is_cut_at_25_lines() -> None:
    lines = "\n".join(f"    step_number_{i}()" for i in range(60))
    (pair,) = mined("python", f"def run():\n    # Do all steps one after another.\n{lines}\n")
    assert pair[1].count("\n") == 24
    assert pair[1].endswith("step_number_24()")


@pytest.mark.parametrize(
    "file",
    [
        SourceFile("a.md", "markdown", "    # A heading that is long enough\n    text and text"),
        SourceFile("a.py", "python", "def f(:\n    # broken code that goes on\n"),
        SourceFile("a.js", "javascript", ""),
    ],
)
def test_other_formats_and_broken_code_give_nothing(file: SourceFile) -> None:
    assert list(comment_lines.mine(file)) == []


def test_tests_are_passed_over() -> None:
    source = """
        def test_sum():
            # The sum of no numbers is zero.
            assert sum([]) == 0
            assert sum(range(0)) == 0
        """
    assert mined("python", source, test=True) == []
    assert [Pair("comment_lines", "python", *one) for one in mined("python", source)]
