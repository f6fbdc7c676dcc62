"""One function in several languages."""

from __future__ import annotations

from cpt_training.pairs import translation as miner
from cpt_training.pairs.function import Function
from cpt_training.pairs.pair import SourceFile

PYTHON = """
class BinaryReader:
    def read_varint(self, limit):
        result = self.read_byte()
        while result > limit:
            result -= limit
        return result
"""
JAVA = """
class BinaryReader {
    int readVarint(int limit) {
        int result = readByte();
        while (result > limit) result -= limit;
        return result;
    }
}
"""
GO = """
package p

func (r *BinaryReader) ReadVarint(limit int) int {
    result := r.readByte()
    for result > limit {
        result -= limit
    }
    return result
}
"""


def functions(language: str, text: str, path: str = "a") -> list[Function]:
    return list(miner.functions(SourceFile(path, language, text)))


def test_type_name_and_arity_are_one_key_in_every_language() -> None:
    found = [
        one
        for language, text in (("python", PYTHON), ("java", JAVA), ("go", GO))
        for one in functions(language, text)
    ]
    assert {one.key for one in found} == {"binaryreader.readvarint/1"}
    pairs = [(first.language, second.language) for first, second in miner.pairs(found)]
    assert pairs == [("python", "java"), ("python", "go"), ("java", "go")]


def test_a_function_of_no_type_is_known_by_its_file() -> None:
    source = PYTHON.split("\n", 2)[2].replace("\n    ", "\n").strip().replace("self, ", "")
    assert [one.key for one in functions("python", source, "src/binary_reader.py")] == [
        "binaryreader.readvarint/1"
    ]


def test_two_of_a_language_leave_it_open_which_was_meant() -> None:
    found = [*functions("python", PYTHON), *functions("java", JAVA), *functions("java", JAVA)]
    assert [*miner.pairs(found)] == []
    found += functions("go", GO)
    assert [(a.language, b.language) for a, b in miner.pairs(found)] == [("python", "go")]


def test_another_number_of_parameters_is_another_function() -> None:
    (one,) = functions("java", JAVA.replace("int limit)", "int limit, int base)"))
    assert one.key == "binaryreader.readvarint/2"
