"""Which language a block of code in prose is written in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cpt_rag.chunking.detect import detect_language
from cpt_rag.chunking.languages import GRAMMARS
from cpt_training.pairs.pages.word_set import word_set

_WRITTEN_OUT = frozenset(GRAMMARS) | word_set(
    "clojure css dart dockerfile elm erlang fsharp graphql groovy html ini jinja json julia nim "
    "nix ocaml perl powershell protobuf r scss sql svelte terraform toml vue xml yaml"
)
_ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("python2", "python3", "pycon", "pycon3", "ipython", "ipython3"), "python"),
    **dict.fromkeys(("console", "shell", "zsh", "shell-session", "terminal"), "bash"),
    **dict.fromkeys(("node", "nodejs", "jsx"), "javascript"),
    **dict.fromkeys(("c++", "cxx"), "cpp"),
    **dict.fromkeys(("c#", "csharp"), "c_sharp"),
    "golang": "go",
    "docker": "dockerfile",
    "html+jinja": "jinja",
    "objective-c": "objective_c",
}
# Formats in which nothing is programmed: output, and prose about prose.
_NO_CODE = frozenset(
    ("text", "csv", "markdown", "rst", "notebook", "org", "asciidoc", "latex", "m")
)
# Languages that a few lines cannot be told apart by.
_FAMILIES = (
    frozenset(("javascript", "typescript", "tsx")),
    frozenset(("c", "cpp")),
    frozenset(("java", "kotlin", "scala", "groovy", "c_sharp")),
)
_COMMAND = (
    r"(?:apt|apt-get|brew|bundle|cargo|cd|composer|conda|curl|docker|gem|git|go|make|mkdir|mvn|npm"
    r"|npx|pip3?|pipx|pnpm|python3?|sudo|uv|wget|yarn)\s+[\w./-]"
)
_SIGNS = tuple(
    (language, re.compile(sign, re.MULTILINE))
    for language, sign in (
        ("python", r"\A\s*>>> "),
        ("bash", rf"\A\s*(?:\$ \S|#!.*sh\b|{_COMMAND})"),
        ("php", r"\A\s*<\?php"),
        ("xml", r"\A\s*<\?xml"),
        ("html", r"\A\s*<(?:!doctype html|html|div|script|head|body|link|p|a)\b"),
        ("cpp", r"^#include <\w+>|\bstd::\w"),
        ("c", r"^#include [<\"]"),
        ("go", r"^package \w+$|^func (?:\(\w+ \*?\w+\) )?\w+\(|\berr := "),
        ("rust", r"^\s*(?:use \w+::|let mut |(?:pub )?fn \w+)|\bimpl\b.*\{$"),
        ("java", r"^import (?:static )?[\w.]+;$|^\s*public (?:static |final )*(?:class|void) "),
        (
            "javascript",
            r"^\s*(?:const|let|var) [\w{\[]|\brequire\(['\"]|=> [{(\w]|^import .* from ['\"]",
        ),
        (
            "python",
            r"^\s*(?:from [\w.]+ import |import [\w.]+(?: as \w+)?$|(?:async )?def \w+\(.*:$"
            r"|class \w+(?:\(.*\))?:$|with .*:$|@\w[\w.]*(?:\(.*\))?$)",
        ),
        ("ruby", r"^\s*(?:require ['\"]|def \w+[?!]?(?:\(.*\))?$|gem ['\"])|\bdo \|\w+"),
        ("sql", r"\A\s*(?:SELECT|INSERT INTO|CREATE TABLE|UPDATE|ALTER TABLE)\b"),
        ("json", r"\A\s*[{\[]\s*\"\w+\"\s*:"),
        ("toml", r"\A\s*\[[\w.\"-]+\]\s*$\n\s*\w+ = [\"\[{\dtf]"),
    )
)

_OPERATION = re.compile(
    r"\w\(|[\w)\]] ?[-+*/|&]?=[=>]? ?[\w\"'\[({]|[{;]\s*$|^\s*[})\]]|->|=>|::|\w\.\w|^\s*(?://|#|\*)"
    r"|^\s*(?:import|from|return|if|for|while|def|class|let|use|end|else|try|do|raise|with)\b"
)
# What a doc comment may show that is no program in its own language.
_FOREIGN = frozenset(("bash", "html", "json", "sql", "toml", "xml"))


def named(tag: str) -> str:
    """The language that the tag of a code block names, empty where it names none that is known."""
    tag = tag.lower()
    if tag in _WRITTEN_OUT:
        return tag
    found = _ALIASES.get(tag) or detect_language(f"x.{tag}")
    return "" if found in _NO_CODE else found


def guess(text: str) -> str:
    """The language of code by what only that language writes, empty where nothing tells."""
    return next((language for language, sign in _SIGNS if sign.search(text)), "")


def language_on_page(text: str, prevailing: str) -> str:
    """The language of an unmarked block on a page, whose other blocks are mostly of another."""
    found = guess(text)
    kin = any(found in family and prevailing in family for family in _FAMILIES)
    return prevailing if kin or (not found and _is_code(text)) else found


def language_in_doc(text: str, own: str) -> str:
    """The language of an unmarked block in a doc comment of a file in ``own`` language."""
    found = guess(text)
    return found if found in _FOREIGN else own if found or _is_code(text) else ""


def _is_code(text: str) -> bool:
    """Whether most lines hold what programs are made of; output and listings seldom do."""
    lines = [line for line in text.split("\n") if line.strip()]
    return 2 * sum(bool(_OPERATION.search(line)) for line in lines) > len(lines)
