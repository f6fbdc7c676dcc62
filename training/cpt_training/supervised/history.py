"""A git history to triplets: what a commit says it does, and the functions that it changed.

The issue-to-fix task of SFR-Embedding-Code (Liu et al. 2024, "CodeXEmbed"), out of any repository.
Which subjects say too little is told as in `cpt_rag.evaluate`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cpt_rag.chunking.detect import detect_language
from cpt_rag.chunking.languages import GRAMMARS
from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate.commits import MOST_FILES, clean_subject
from cpt_rag.evaluate.history import Commit, read_history, run_git
from cpt_rag.text.normalise import normalise
from cpt_training.corpus.clean import generated
from cpt_training.corpus.excluded import reason_package_excluded
from cpt_training.corpus.paths import is_copy, is_test, reason_path_excluded
from cpt_training.pairs.pages.word_set import word_set
from cpt_training.pairs.pair import SourceFile
from cpt_training.pairs.prose import cut
from cpt_training.supervised.touched import Lines, touched_functions
from cpt_training.supervised.triplets import Triplet

MOST_FUNCTIONS = 3
BODY_CHARACTERS = 400
_LARGEST_FILE = 500_000
_SHOW = [
    *("show", "--unified=0", "--format=%b%x00", "--no-color", "--no-ext-diff", "--no-textconv"),
    *("--no-renames", "--encoding=UTF-8", "--no-notes"),
]
_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n\s*\n")
# What a body says to tools and to other people, not of the change.
_ASIDE = re.compile(
    r"^\s*(?:[A-Z][\w-]*-[Bb]y|[A-Z][\w-]*(?:-[\w-]+)*|git-svn-id|cc|fixes|closes|refs?|see)\s*:\s"
    r"|^\s*(?:[-*]|\d+[.)])\s|https?://|cherry[- ]picked|^\s*(?:\[|\(?#\d)"
    r"|^\s*(?:closes?|fix(?:es)?|resolves?)\s+\S*#\d+\W*$",
    re.IGNORECASE | re.MULTILINE,
)
# What tools and tidy people do; no function is about it.
_HOUSEKEEPING = re.compile(
    r"\b(?:cargo fmt|rustfmt|gofmt|lint\w*|clippy|flake8|pep ?8|pylint|mypy|rubocop|eslint|prettier"
    r"|white ?space|indent\w*|typos?|spelling|clean(?:ed|ing|s)?(?: |-)?ups?|cleaned|minor|misc\w*"
    r"|doc ?strings?|comments?|docs?|documentation|documenting|changelog|readme|style|reformat\w*"
    r"|formatting|deps|dependenc\w+|py(?:thon ?)?[23][\d.]*\+?|reorganiz\w+|code organization"
    r"|coverage|warnings?|unused|compil\w+ errors?|merge conflicts?)(?!\w)|https?://",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_FEWEST_WORDS = 5
# Words that a message and any function may share.
_COMMON = word_set(
    "about after again also always avoid because before better change code correct default does "
    "else error from have instead into just like make more most only other over param return same "
    "self should simpl some string than that their them then there these they this true type "
    "update use used using value when where which will with work"
)
_LONG_WORD = re.compile(r"[a-z]{4,}")
_STEM = 5


def convert_history(repository: Path, most: int, notes: list[str]) -> Iterator[Triplet]:
    """Yield messages with a function each, newest commits first; a triplet has no negatives.

    Args:
        repository: the top of a local clone, or a folder in it.
        most: commits to read at most.
        notes: takes what was left out, by reason.

    Raises:
        InvalidInputError: there is no such folder, no history or no commit in it that is about a
            function, or the repository is one that the models are measured on.
    """
    dropped: Counter[str] = Counter()
    asked: set[str] = set()
    for commit in _commits(repository, most):
        subject = clean_subject(commit.subject)
        paths = _concerned(commit)
        reason = _fault(subject, paths, asked)
        if not reason:
            asked.add(subject.casefold())
            triplets = list(_triplets(repository, commit, subject, paths))
            reason = "" if triplets else "that changed no function of which they speak"
            yield from triplets
        dropped[reason] += 1
    found = dropped.pop("", 0)
    left_out = [f"commits {why} left out: {count:,}" for why, count in sorted(dropped.items())]
    if not found:
        raise InvalidInputError(
            f"No commit of {repository} is about a function; {'; '.join(left_out)}.",
            expected="commits that change a few functions and say what they do",
            remedy="give the clone of a project of code, with all of its history",
        )
    notes += left_out


def _commits(repository: Path, most: int) -> tuple[Commit, ...]:
    if not repository.is_dir():
        raise InvalidInputError(
            f"There is no folder {str(repository)!r}.",
            expected="a local clone of a git repository",
            remedy="git clone it first",
        )
    history = read_history(repository, most)
    if history.missing:
        raise InvalidInputError(
            f"{repository} cannot be read: {history.missing}.",
            expected="a folder of a git repository with commits",
            remedy="give the path of a clone, made without --depth 1",
        )
    origin = _git(repository, ["config", "--get", "remote.origin.url"]).stdout.decode().strip()
    for name in (repository.resolve().name, origin.rpartition("/")[2].removesuffix(".git")):
        reason = reason_package_excluded(name) if name else None
        if reason:
            raise InvalidInputError(
                f"{name} is never trained on: {reason}.",
                expected="no repository that the models are measured on",
                remedy="give another one",
            )
    return history.commits


def _concerned(commit: Commit) -> list[str]:
    """The files of code, inside the folder, that a commit did more to than move."""
    return [
        change.path
        for change in commit.changes
        if change.old is None
        and not change.path.startswith("/")
        and detect_language(change.path) in GRAMMARS
        and not is_test(change.path)
        and not reason_path_excluded(change.path, "sdist")
    ]


def _fault(subject: str, paths: list[str], asked: set[str]) -> str:
    if not subject:
        return "whose subject says too little"
    if _HOUSEKEEPING.search(subject):
        return "that keep house"
    if not paths:
        return "without code"
    if len(paths) > MOST_FILES:
        return f"of more than {MOST_FILES} files"
    return "whose subject came again" if subject.casefold() in asked else ""


def _triplets(
    repository: Path, commit: Commit, subject: str, paths: list[str]
) -> Iterator[Triplet]:
    """A commit's functions, none where they are too many to be what its message is about."""
    codes: list[str] = []
    body = ""
    # In a repository without a work tree, no path is relative to one.
    prefix = os.fsdecode(_git(repository, ["rev-parse", "--show-prefix"]).stdout.rstrip(b"\n"))
    for path in paths:
        explained, lines = _changed(repository, commit.id, path)
        body = body or explained
        file = _source(repository, commit.id, prefix, path)
        codes += touched_functions(file, lines) if file else []
    anchor = "\n".join(filter(None, (subject, _explanation(body))))
    if len(codes) <= MOST_FUNCTIONS:
        said = _telling(subject)
        for code in dict.fromkeys(codes):
            # "Works like a charm": nothing of the message is in the function.
            if not said.isdisjoint(_telling(code)):
                yield Triplet(anchor, code, ())


def _telling(text: str) -> frozenset[str]:
    """The beginnings of the telling words of a text, its identifiers opened."""
    words = _LONG_WORD.findall(normalise(text))
    return frozenset(word[:_STEM] for word in words if word not in _COMMON)


def _changed(repository: Path, commit: str, path: str) -> tuple[str, Lines]:
    """The message's body, and the lines that a commit wrote into a file."""
    shown = _git(repository, [*_SHOW, commit, "--", f":(literal){path}"])
    if shown.returncode:
        complaint = shown.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise _unreadable(repository, complaint)
    body, _, diff = shown.stdout.partition(b"\0")
    found = ((int(at), int(count or b"1")) for at, count in _HUNK.findall(diff))
    return body.decode("utf-8", "replace"), tuple(found)


def _source(repository: Path, commit: str, prefix: str, path: str) -> SourceFile | None:
    """A file as a commit left it; None where it removed it, or no person wrote it."""
    content = _git(repository, ["cat-file", "blob", f"{commit}:{prefix}{path}"]).stdout
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return None
    if not text or len(text) > _LARGEST_FILE or generated(text) or is_copy(text):
        return None
    return SourceFile(path, detect_language(path), text)


def _git(repository: Path, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return run_git(repository, arguments)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(repository, str(error)) from error


def _unreadable(repository: Path, complaint: str) -> InvalidInputError:
    return InvalidInputError(
        f"git cannot read {repository}: {complaint}.",
        expected="a repository whose objects are all on this machine",
        remedy="check it by git fsck, or clone it again without --filter",
    )


def _explanation(body: str) -> str:
    """The first paragraph of a message's body, if it is prose."""
    first = _PARAGRAPHS.split(body.strip())[0]
    if _ASIDE.search(first) or len(_WORD.findall(first)) < _FEWEST_WORDS:
        return ""
    return cut(" ".join(first.split()), BODY_CHARACTERS)
