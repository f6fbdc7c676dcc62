"""The files of a package that may be mined, each with its language."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from pathlib import Path

from cpt_rag.chunking.detect import detect_language
from cpt_rag.chunking.languages import GRAMMARS
from cpt_training.corpus.archive import members
from cpt_training.corpus.clean import generated
from cpt_training.corpus.paths import is_copy, is_test, reason_path_excluded
from cpt_training.pairs import SourceFile

_FORMATS = frozenset(("markdown", "rst"))
_PROSE_NAME = re.compile(
    r"^(?:readme|changes|changelog|history|news|release[-_ ]?notes?|releases|upgrading|faq|guide"
    r"|tutorial|manual|usage|intro(?:duction)?|design|architecture|hacking)(?:\.txt)?$",
    re.IGNORECASE,
)
# Lines that a person wrote are shorter on average.
_MINIFIED = 250
# A source is compiled for one to four module systems.
_COMPILED_COPIES = 4
# C's headers hold C++ as often.
_CPLUSPLUS = re.compile(
    r"^\s*(?:class\s+\w+|namespace\s+\w+|template\s*<|public:|using\s+\w+)", re.M
)


def source_files(archive: Path, source: str, dropped: Counter[str]) -> list[SourceFile]:
    """Every file of an archive that is worth a look, in order of path.

    Args:
        archive: a package as `cpt_training.corpus.fetch.fetch` left it.
        source: the package manager it came by.
        dropped: counts files left out, by reason.
    """
    files: list[SourceFile] = []
    seen: set[str] = set()
    for path, content in members(archive, partial(_wanted, source=source, dropped=dropped)):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            dropped["file: not UTF-8"] += 1
            continue
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        reason = _fault(text, seen)
        if reason:
            dropped[f"file: {reason}"] += 1
            continue
        seen.add(text)
        files.append(SourceFile(path, _language(path, text), text, is_test(path)))
    return _without_compiled(files, dropped)


def _without_compiled(files: list[SourceFile], dropped: Counter[str]) -> list[SourceFile]:
    """Leave out the JavaScript of a package that carries the TypeScript it was compiled from."""
    scripts = [file for file in files if file.language == "javascript"]
    sources = [f for f in files if f.path.endswith((".ts", ".tsx")) and ".d." not in f.path]
    if not scripts or len(sources) * _COMPILED_COPIES < len(scripts):
        return files
    dropped["file: compiled"] += len(scripts)
    return [file for file in files if file.language != "javascript"]


def _wanted(path: str, *, source: str, dropped: Counter[str]) -> bool:
    language = detect_language(path)
    if language not in GRAMMARS and language not in _FORMATS:
        name = path.rsplit("/", 1)[-1]
        if language != "text" or not _PROSE_NAME.match(name):
            return False
    reason = reason_path_excluded(path, source)
    if reason:
        dropped[f"file: {reason}"] += 1
    return reason is None


def _fault(text: str, seen: set[str]) -> str | None:
    if text in seen:
        return "copy within the package"
    if generated(text):
        return "generated"
    if is_copy(text):
        return "excluded project"
    if len(text) > _MINIFIED * (text.count("\n") + 1) and len(text) > 5_000:
        return "minified"
    return None


def _language(path: str, text: str) -> str:
    language = detect_language(path)
    if language == "c" and path.endswith(".h") and _CPLUSPLUS.search(text):
        return "cpp"
    return language
