from __future__ import annotations

from textwrap import dedent

from cpt_training.pairs import code_text, docstring_code
from cpt_training.pairs.pair import Pair, SourceFile

SOURCE = '''
    def read(path, count):
        """Read so many bytes of a file.

        Args:
            path: the file.
        """
        with open(path, "rb") as file:
            return file.read(count)

    def close(self):
        """Close it."""
        self.file.close()
        self.closed = True

    def undocumented(self):
        self.file.close()
        self.closed = True
'''


def test_code_asks_and_what_its_docstring_says_answers() -> None:
    file = SourceFile("a.py", "python", dedent(SOURCE))
    (pair,) = code_text.mine(file)
    assert pair == Pair(
        "code_text",
        "python",
        "def read(path, count):\n"
        '    with open(path, "rb") as file:\n'
        "        return file.read(count)",
        "Read so many bytes of a file.",
    )
    other = next(docstring_code.mine(file))
    assert (other.query, other.document) == (pair.document, pair.query)


def test_a_test_file_gives_nothing() -> None:
    assert not [*code_text.mine(SourceFile("test_a.py", "python", dedent(SOURCE), test=True))]
