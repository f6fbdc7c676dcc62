"""What is asked of which tree, and which files answer it.

Two layouts are read, and what lies elsewhere is refused with a line that says what was expected:

- queries about repositories: a JSON list of ``name``, ``revision`` and ``benchmark_root`` (the
  folder below the tree to index, or null for all of it) beside JSON lines of ``repo``, ``query``,
  ``category``, ``relevant`` and ``secondary`` files, relative to the tree;
- issues: JSON lines of ``instance_id``, ``problem_statement``, ``gold_files``, ``base_commit``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RANKED_FILES = 10
# Enough chunks that ten files are among them.
ISSUE_HITS = 100


class SetError(Exception):
    """A set of queries is absent or is not what its layout says."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the files that answer it, relative to the folder that is indexed."""

    text: str
    category: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder to index, and what is asked of it; ``hits`` are asked for with each query."""

    name: str
    folder: Path
    queries: tuple[Query, ...]
    hits: int = RANKED_FILES


def repository_set(
    projects: Path, queries: Path, trees: Path, wanted: Collection[str] = ()
) -> list[Repository]:
    """The repositories of one set; secondary files count as relevant.

    Args:
        projects: the JSON list.
        queries: the JSON lines.
        trees: a folder with one tree by each repository's name, at its pinned revision.
        wanted: names to keep; all where empty.
    """
    _require_folder(trees, "one folder for each repository's name, holding its tree")
    listed = json.loads(_text(projects, "a JSON list of repositories"))
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _lines(queries, "a JSON line for each query"):
        asked[row["repo"]].append(row)
    if unknown := asked.keys() - {project["name"] for project in listed}:
        raise SetError(f"{queries} asks of {sorted(unknown)}, which {projects} does not list.")
    return [
        _repository(project, asked[project["name"]], trees)
        for project in listed
        if asked[project["name"]] and (not wanted or project["name"] in wanted)
    ]


def issue_set(instances: Path, trees: Path) -> list[Repository]:
    """One repository for each issue: its text is the query, its fix's files are the answer."""
    _require_folder(trees, "one folder for each instance_id, holding the tree at base_commit")
    return [_issue(row, trees) for row in _lines(instances, "a JSON line for each issue")]


def _repository(
    project: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], trees: Path
) -> Repository:
    name = project["name"]
    tree = _tree(trees / name, project["revision"])
    root = project.get("benchmark_root") or ""
    queries = tuple(
        Query(
            row["query"],
            row["category"],
            frozenset(_below(root, _path(file)) for file in _answers(row)),
        )
        for row in rows
    )
    return _checked(Repository(name, tree / root, queries), project["revision"])


def _issue(row: Mapping[str, Any], trees: Path) -> Repository:
    tree = _tree(trees / row["instance_id"], row["base_commit"])
    query = Query(row["problem_statement"], "issue", frozenset(row["gold_files"]))
    issue = Repository(row["instance_id"], tree, (query,), ISSUE_HITS)
    return _checked(issue, row["base_commit"])


def _answers(row: Mapping[str, Any]) -> Iterator[Any]:
    yield from row["relevant"]
    yield from row.get("secondary") or ()


def _path(file: Any) -> str:
    return str(file if isinstance(file, str) else file["path"])


def _below(root: str, path: str) -> str:
    """``path`` as seen from ``root``, both being relative to the tree."""
    if not root:
        return path
    if not path.startswith(f"{root}/"):
        raise SetError(f"{path} answers a query and does not lie below {root}, which is indexed.")
    return path[len(root) + 1 :]


def _checked(repository: Repository, revision: str) -> Repository:
    """The same, if every answer is there to be found and every query has one."""
    for query in repository.queries:
        if not query.relevant:
            raise SetError(f"{repository.name}: no file answers {query.text!r}.")
        for path in query.relevant:
            if not (repository.folder / path).is_file():
                raise SetError(
                    f"{repository.folder} has no {path}, which answers a query: "
                    f"expected the tree of {repository.name} at {revision}."
                )
    return repository


def _tree(folder: Path, revision: str) -> Path:
    _require_folder(folder, f"the tree of {folder.name} at {revision}")
    return folder


def _require_folder(folder: Path, holding: str) -> None:
    if not folder.is_dir():
        raise SetError(f"{folder} is no folder: expected {holding}.")


def _text(path: Path, holding: str) -> str:
    if not path.is_file():
        raise SetError(f"{path} is no file: expected {holding}.")
    return path.read_text(encoding="utf-8")


def _lines(path: Path, holding: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _text(path, holding).splitlines() if line.strip()]
