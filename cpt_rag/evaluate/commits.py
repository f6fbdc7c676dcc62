"""Commits as queries: the first line of a message asks for the files that the commit changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cpt_rag.evaluate.history import Change, Commit

COMMIT = "commit"
MOST_FILES = 3
_FEWEST_WORDS = 3
_MOST_CHARACTERS = 400

_WORD = re.compile(r"[^\W\d_]{2,}")
_KIND = re.compile(
    r"^(?::[a-z0-9_]+:\s*)?(?:bug(?:fix)?|build|chore|ci|docs?|feat(?:ure)?|fix(?:es|ed)?|hotfix|"
    r"perf|refactor|style|tests?)(?:\([^)]*\))?!?:\s*",
    re.IGNORECASE,
)
_TICKET = re.compile(r"^\[?[A-Z][A-Z0-9]+-\d+\]?[\s:-]+")
_ISSUE = re.compile(
    r"(?:\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see|issues?|pr)\s*:?\s+)?"
    r"(?:\bgh-|#)\d+",
    re.IGNORECASE,
)
_EMPTY_BRACKETS = re.compile(r"[(\[][\s,;&]*[)\]]")
_SPACE = re.compile(r"\s+")
_TRIVIAL = re.compile(
    r"^(?:fixup|squash|amend)!|"
    r"^(?:merge (?:pull request|branch|remote|tag|commit|master|main|from)|revert|wip|bump|"
    r"releas(?:e|ing) (?:version )?v?\d+|prepar(?:e|ing)\b.*\brelease|v?\d+(?:\.\d+)+|"
    r"(?:set )?version v?\d+|initial (?:commit|import|release)|first commit|"
    r"(?:fix(?:e[sd])? )?typos?|(?:update|upgrade) (?:the )?(?:readme|changelog|change log|"
    r"contributors|authors|dependenc(?:y|ies)|deps|version|submodules?))\b|"
    r"\b(?:from|to) v?\d+\.\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FileQuery:
    """A query that whole files answer, each of ``paths`` as well as any other."""

    query: str
    paths: tuple[str, ...]
    query_class: str


def commit_queries(
    commits: Iterable[Commit], paths: Iterable[str], is_left_out: Callable[[str], bool]
) -> list[FileQuery]:
    """The commits that ask for a few files, newest first.

    The files are those of today: one that has only been moved since is found under its new name,
    one that has vanished is no answer. A subject that stands twice has no one answer.

    Args:
        commits: newest first.
        paths: what is indexed now.
        is_left_out: whether a path is of no concern, neither as an answer nor as a changed file.
    """
    present = frozenset(paths)
    found = []
    for commit, changed in _as_named_now(commits):
        query = clean_subject(commit.subject)
        concerned = [path for path in changed if not is_left_out(path)]
        answers = tuple(dict.fromkeys(path for path in concerned if path in present))
        if query and answers and len(concerned) <= MOST_FILES:
            found.append(FileQuery(query, answers, COMMIT))
    times = Counter(query.query.casefold() for query in found)
    return [query for query in found if times[query.query.casefold()] == 1]


def clean_subject(subject: str) -> str:
    """What a subject line says, without kind, ticket and issue numbers; empty where that is little.

    Merges, reverts, releases, version bumps and subjects below three words say too little.
    """
    if _TRIVIAL.search(subject):
        return ""
    said = _TICKET.sub("", _KIND.sub("", subject.strip()))
    said = _EMPTY_BRACKETS.sub("", _ISSUE.sub("", said))
    said = _SPACE.sub(" ", said).strip(" .,:;-")
    if len(said) > _MOST_CHARACTERS or _TRIVIAL.search(said):
        return ""
    return said if len(_WORD.findall(said)) >= _FEWEST_WORDS else ""


def _as_named_now(commits: Iterable[Commit]) -> Iterator[tuple[Commit, list[str]]]:
    """Each commit with the files it did more to than move, under the names they have had since."""
    now: dict[str, str] = {}

    def name(change: Change) -> str:
        return now.get(change.path, change.path)

    for commit in commits:
        yield commit, [name(change) for change in commit.changes if change.old is None]
        now |= {change.old: name(change) for change in commit.changes if change.old is not None}
