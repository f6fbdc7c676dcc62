"""Which files are pages that someone wrote for readers: guides, READMEs, change logs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cpt_training.pairs.pages.word_set import word_set
from cpt_training.pairs.pair import SourceFile

_FORMATS = frozenset(("markdown", "rst", "html", "text"))
_CHANGES = re.compile(
    r"(?:.*[-_.])?(?:change|changes|changelog|change-?log|change_log|news|history|releases?"
    r"|release-?notes?|release_notes?|relnotes|whats-?new|whats_new|upgrading)(?:[-_.].*)?",
    re.IGNORECASE,
)
_CHANGE_FOLDERS = word_set(
    "changelog changelogs changes history news release-notes release_notes releasenotes releases "
    "relnotes whatsnew whats_new whats-new"
)
# Plain text has no format of its own: its name, or its folder, says that it is a page.
_TEXT_PAGE = re.compile(
    r"(?:read_?me|faq|hacking|tutorial|guide|usage|intro|introduction|overview|manual|howto"
    r"|getting_?started)(?:[-_.].*)?",
    re.IGNORECASE,
)
_TEXT_NAME = re.compile(r"[^.]+(?:\.(?:txt|text|rdoc))?$")
_GUIDE_FOLDERS = word_set("doc docs documentation guide guides manual tutorial tutorials")
_NO_PAGE = re.compile(
    r"(?:licen[cs]es?|licen[cs]ing|copying|copyright|unlicense|notice|patents?|third.?party\w*"
    r"|code[-_.]?of[-_.]?conduct|conduct|authors?|contributors|credits|maintainers|thanks"
    r"|acknowledg\w+|backers|sponsors?|governance|security|support|funding|todo|codeowners"
    r"|requirements.*|constraints.*|cmakelists|manifest|sources|robots|humans|pull_request_template"
    r"|(?:bug|feature)[-_]?(?:report|request)|issue_template|summary|genindex|search|modindex"
    r"|package-(?:list|summary|tree|use|frame)|allclasses.*|index-all|overview-(?:tree|frame)"
    r"|deprecated-list|constant-values|serialized-form|help-doc|toc|_sidebar|_navbar|agents|claude|gemini|copilot-instructions)"
    r"(?:[-_.].*)?",
    re.IGNORECASE,
)
_UNWANTED_FOLDERS = word_set(
    "debian .github .gitlab _templates templates _includes _layouts newsfragments fragments "
    "licenses license test tests _tests testing fixtures testdata node_modules locale locales "
    "i18n l10n translations api apidocs javadoc"
)
# README.zh.md, README-pt_BR.rst, README_cn.md, but README.en.md.
_TRANSLATION = re.compile(
    r"read_?me[-_.](?!en)(?:[a-z]{2}(?:[-_][a-z]{2,4})?|chinese|japanese|korean)\.\w+",
    re.IGNORECASE,
)
_GENERATED = re.compile(
    r"<meta\s+name=.?generator|generated (?:by|from|on)\b|created using"
    r"|documentation_options|\{%|\{\{",
    re.IGNORECASE,
)

_WORD = re.compile(r"[^\W\d_]+")
FUNCTION_WORDS = word_set(
    "a all an and any are as at be but by can do each for from has have how if in into is it its "
    "may more no not of on one only or other see so some such than that the their them then there "
    "these they this to up use was we what when where which will with you your"
)
_ENOUGH_WORDS = 20
_ENGLISH_SHARE = 0.15


def is_page(file: SourceFile) -> bool:
    """Whether a file holds prose for readers, change logs included."""
    if file.test or file.language not in _FORMATS:
        return False
    *folders, name = file.path.split("/")
    if not _UNWANTED_FOLDERS.isdisjoint(folder.lower() for folder in folders):
        return False
    if _NO_PAGE.fullmatch(name) or _TRANSLATION.fullmatch(name):
        return False
    guide = not _GUIDE_FOLDERS.isdisjoint(folder.lower() for folder in folders)
    if file.language == "text":
        named = _TEXT_PAGE.fullmatch(name) or _CHANGES.fullmatch(name) or guide
        return bool(named and _TEXT_NAME.match(name))
    if file.language == "html":
        return guide and not _GENERATED.search(file.text)
    return True


def is_change_log(file: SourceFile) -> bool:
    """Whether a page, by its name, lists what releases changed."""
    *folders, name = file.path.split("/")
    return bool(_CHANGES.fullmatch(name)) or not _CHANGE_FOLDERS.isdisjoint(
        folder.lower() for folder in folders
    )


def is_english(pieces: Iterable[str]) -> bool:
    """Whether prose is English: by its share of function words, once there are enough words."""
    words = [word.lower() for piece in pieces for word in _WORD.findall(piece)]
    if not all(map(str.isascii, words)) and sum(map(str.isascii, words)) < 0.9 * len(words):
        return False
    share = sum(word in FUNCTION_WORDS for word in words)
    return len(words) < _ENOUGH_WORDS or share >= _ENGLISH_SHARE * len(words)
