"""Encodings: what is certain is read, and nothing else."""

# ruff: noqa: RUF001 - letters of many languages, some of which look alike

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpt_rag.ingest.encodings import decode_certain
from cpt_rag.ingest.read import decode
from cpt_rag.ingest.reasons import Reason, UnusableFileError

CODE = "int main() {\r\n\treturn 0;\r\n}\r\n"


def reason(content: bytes) -> Reason:
    with pytest.raises(UnusableFileError) as caught:
        decode(content)
    return caught.value.reason


@given(st.text())
def test_utf8_is_read_as_it_is(text: str) -> None:
    if "\0" not in text and not text.startswith("\ufeff"):
        assert decode_certain(text.encode()) == (text, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_decides_and_is_no_part_of_the_text(encoding: str) -> None:
    assert decode(f"{CODE}Ελληνικά".encode(encoding)) == f"{CODE}Ελληνικά"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_a_mark_shows_by_its_zeros(encoding: str) -> None:
    assert decode_certain(f"{CODE}Größe".encode(encoding)) == (f"{CODE}Größe", encoding)


@pytest.mark.parametrize(
    "text",
    [
        "# Author: José",
        "// Copyright © 2001 Jürgen Müller",
        "Größe der Straße in Köln",
        "Le café est fermé à cause de l’été : « c’est créé »",
        "el señor está aquí, ¿no?",
        "“quoted” text – with dashes…",
        "smørrebrød på æbleskiver",
    ],
)
def test_western_text_is_read_as_windows_1252(text: str) -> None:
    assert decode_certain((CODE + text).encode("cp1252")) == (CODE + text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Zażółć gęślą jaźń", "iso8859-2"),
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Árvíztűrő tükörfúrógép", "iso8859-2"),
        ("Şehir ılık güneş", "iso8859-9"),
        ("Привет, мир", "cp1251"),
        ("Привет, мир", "koi8-r"),
        ("Καλημέρα κόσμε", "iso8859-7"),
        ("日本語のテキスト", "shift_jis"),
        ("// 値", "shift_jis"),
        ("日本語のテキスト", "euc_jp"),
        ("这是中文注释", "gbk"),
        ("한국어 주석입니다", "euc_kr"),
        ("Straße und Größe", "cp850"),
        ("café", "mac-roman"),
    ],
)
def test_text_that_could_be_another_is_not_guessed_at(text: str, encoding: str) -> None:
    assert reason((CODE + text).encode(encoding)) is Reason.UNDECODABLE


@pytest.mark.parametrize(
    ("text", "encoding", "read_as"),
    [
        ("# -*- coding: koi8-r -*-\n# Привет", "koi8-r", "koi8-r"),
        ("<?xml version='1.0' encoding='windows-1251'?><a>Привет</a>", "cp1251", "cp1251"),
        ('<meta charset="shift_jis"><p>日本語</p>', "shift_jis", "shift_jis"),
        ('@charset "iso-8859-2";\n/* Zażółć */', "iso8859-2", "iso8859-2"),
        ("# coding: latin-1\n# ‘Größe’ naïf õ", "cp1252", "cp1252"),
    ],
)
def test_an_encoding_that_a_text_names_is_its_own(text: str, encoding: str, read_as: str) -> None:
    assert decode_certain(text.encode(encoding)) == (text, read_as)


@pytest.mark.parametrize(
    "name", ["utf-8", "utf-7", "rot13", "unicode_escape", "no-such-codec", "punycode"]
)
def test_a_name_that_is_no_eight_bit_encoding_decides_nothing(name: str) -> None:
    assert reason(f"# coding: {name}\n# ".encode() + b"\xb1\xe6\xb3") is Reason.UNDECODABLE


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0",
        b"\x1f\x8b\x08\x08\xff",
        b"a\0b",
        b"\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x08\0",
        b"\xff\xfea\0\0\0",
        bytes(range(256)),
    ],
)
def test_what_is_no_text_is_binary(content: bytes) -> None:
    assert reason(content) is Reason.BINARY


@given(st.binary(max_size=400))
def test_any_content_is_text_without_zeros_or_has_a_reason(content: bytes) -> None:
    with suppress(UnusableFileError):
        assert "\0" not in decode(content)
