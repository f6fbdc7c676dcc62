"""Functions of one name and signature in different packages."""

from __future__ import annotations

from dataclasses import replace

from cpt_training.pairs import clone_namesake as miner
from cpt_training.pairs.function import Function, likeness
from cpt_training.pairs.pair import SourceFile

ONE = '''
def read_lines(path, encoding):
    """Read."""
    with open(path, encoding=encoding) as file:
        text = file.read()
    return text.splitlines()
'''
OTHER = """
def read_lines(path, encoding):
    with open(path, encoding=encoding) as handle:
        lines = [line.rstrip() for line in handle]
    return lines
"""
STRANGER = """
def read_lines(path, encoding):
    response = fetch(self.client, path)
    if not response:
        raise Missing(path, response.status)
    return decode_all(response.parts, encoding)
"""


def functions(package: str, text: str, language: str = "python") -> list[Function]:
    found = miner.functions(SourceFile("a", language, text))
    return [replace(function, package=package) for function in found]


def paired(*texts: str) -> list[tuple[str, str]]:
    namesakes = [one for i, text in enumerate(texts) for one in functions(f"package {i}", text)]
    assert len({one.key for one in namesakes}) <= 1
    return [(first.code, second.code) for first, second in miner.pairs(namesakes)]


def test_two_that_do_the_same_in_other_words_are_a_pair() -> None:
    ((first, second),) = paired(ONE, OTHER)
    assert first.startswith("def read_lines")
    assert '"""' not in first
    assert "handle" in second


def test_copies_and_strangers_are_none() -> None:
    assert paired(ONE, ONE) == []
    assert paired(ONE, ONE.replace("    return", "\n    # and\n    return")) == []
    assert paired(ONE, STRANGER) == []
    assert [second for _, second in paired(STRANGER, ONE, OTHER)] == [functions("", OTHER)[0].code]


def test_a_name_of_many_packages_is_an_interface() -> None:
    assert paired(ONE, *[OTHER] * miner.MOST_PACKAGES) == []


def test_two_of_one_package_are_no_pair() -> None:
    assert [*miner.pairs([*functions("a", ONE), *functions("a", OTHER)])] == []


def test_keys_hold_language_type_and_parameters() -> None:
    body = "\n        x = self.y(path)\n        z = x.strip()\n        return z\n"
    source = f"class Store:\n    def read_all(self, path, mode):{body}"
    assert [one.key for one in functions("a", source)] == ["python Store.read_all(path, mode)"]
    assert functions("a", source.replace("read_all", "read")) == []
    assert functions("a", source.replace(", path, mode", "")) == []


def test_likeness_is_that_of_runs_of_tokens() -> None:
    assert likeness("a = b + c", "a  =  b+c") == 1
    assert likeness("a = b + c", "d - e * f") == 0
    assert 0 < likeness("a = b + c", "a = b + d") < 1
