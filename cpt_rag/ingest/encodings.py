"""The encoding of a text: told by its marks, by what it says of itself, or by what it can only be.

A guess that is wrong puts garbage into an index without a word, so nothing is taken for likely:
what is not certain has no encoding here.
"""

from __future__ import annotations

import codecs
import re

from cpt_rag.types import UTF8

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WIDE_LEAST = 8  # characters; fewer could be small numbers
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

# A coding line, an XML declaration, HTML's meta element, CSS's rule; editors' mode lines too.
_DECLARED = re.compile(rb"(?:coding[:=]\s*[\"']?|charset\s*=\s*[\"']?|@charset \")([\w.-]+)")
_HEAD_BYTES = 1024
_DECLARABLE = frozenset(
    [
        *(f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))),
        *(f"cp{page}" for page in range(1250, 1259)),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "shift_jis", "cp932", "euc_jp"),
        *("gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949"),
    ]
)

# Letters beyond ASCII of the languages that Windows-1252 is written for. The text of another
# language, read so, mixes letters that stand together in none of these.
_ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "àâæçèéêëîïôœùûüÿ",  # French
        "äöüßéèà",  # German
        "áéíñóúü",  # Spanish
        "àáâãçéêíóôõú",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "æøåéèêòóôäöü",  # Danish and Norwegian
        "åäöéüà",  # Swedish and Finnish
        "áèéëíïóöúü",  # Dutch
        "àçèéíïòóúü",  # Catalan
    )
)
# What else such texts hold; the first may stand between letters.
_JOINING = "’–—…·\xa0"  # noqa: RUF001 - these and no others
_QUOTING = "«»‘“”„¿¡"  # noqa: RUF001
_SIGNS = "©®™°§€£¥±²³¹µ¼½¾×÷ºª•†‰"  # noqa: RUF001
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŒœŸ"
_HIGH = "À-ÖØ-öø-ÿŒœŸ"
_SMALL, _CAPITAL = "ß-öø-ÿœ", "À-ÖØ-ÞŒŸ"
# What no text has: quotes and signs where words are, signs beside each other, capitals and small
# letters in turn, and runs of letters beyond ASCII, as in every other script.
_UNLIKELY = re.compile(
    f"[{_LETTER}][{_QUOTING}{_SIGNS}][{_LETTER}]"
    f"|(?<![{_LETTER}])\u2019|\u201d[{_LETTER}]"
    f"|[{_SIGNS}][^\x00-\x7f]|[^\x00-\x7f][{_SIGNS}]"
    f"|[{_SMALL}][{_CAPITAL}]|[{_CAPITAL}][{_SMALL}]|[{_HIGH}]{{3}}"
)
# What must be there: one byte by itself may be anything.
_LIKELY = re.compile(
    f"[A-Za-z][{_HIGH}]|[{_HIGH}][A-Za-z]|[A-Za-z]\u2019[A-Za-z]"
    "|\u201c[^\u201c\u201d]+\u201d|©[ A-Za-z0-9]|[0-9] ?[°€£]"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def decode_certain(content: bytes) -> tuple[str, str] | None:
    """The text and the name of its encoding; None where that is not certain."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            text = _decoded(content, name)
            return None if text is None or "\0" in text else (text, name.removesuffix("-sig"))
    if b"\0" in content:
        return _wide(content)
    text = _decoded(content, UTF8)
    return (text, UTF8) if text is not None else _declared(content) or _western(content)


def shows_binary(content: bytes) -> bool:
    """Whether bytes without an encoding are no text at all: control characters are in them."""
    return re.search(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]", content) is not None


def _decoded(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        return None


def _wide(content: bytes) -> tuple[str, str] | None:
    """UTF-32 or UTF-16 without a mark: text of mostly ASCII shows which by its zeros."""
    for name in _WIDE:
        text = _decoded(content, name)
        if text is None or len(text) < _WIDE_LEAST or _CONTROL.search(text):
            continue
        if 4 * len(_BEYOND_ASCII.findall(text)) <= len(text):
            return text, name
    return None


def _declared(content: bytes) -> tuple[str, str] | None:
    """The encoding that the text names at its beginning."""
    for found in _DECLARED.finditer(content[:_HEAD_BYTES]):
        try:
            name = codecs.lookup(found[1].decode("ascii", "replace")).name
        except LookupError:
            continue
        if name in _DECLARABLE:
            # As the Web reads it: the codes between mean something in Windows-1252 only.
            name = "cp1252" if name == "iso8859-1" else name
            text = _decoded(content, name)
            return None if text is None or _CONTROL.search(text) else (text, name)
    return None


def _western(content: bytes) -> tuple[str, str] | None:
    """Windows-1252, which Latin-1 is a part of, where the letters are those of one language."""
    text = _decoded(content, "cp1252")
    if text is None or _CONTROL.search(text):
        return None
    if _UNLIKELY.search(text) or not _LIKELY.search(text):
        return None
    letters = set(_BEYOND_ASCII.findall(text)) - set(_JOINING + _QUOTING + _SIGNS)
    return (text, "cp1252") if any(letters <= alphabet for alphabet in _ALPHABETS) else None
