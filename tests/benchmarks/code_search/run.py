"""Code search: cpt-rag and its arms, semble, LangChain and LlamaIndex on the same queries.

    python tests/benchmarks/code_search/run.py --data DIR --trees DIR [--out FILE]
    python tests/benchmarks/code_search/run.py --queries DIR --query-trees DIR

Prints Markdown, for each set: nDCG@10 over files by class with 95% bootstrap intervals and paired
differences, seconds to index, milliseconds of a warm query and peak memory; recall for issues. All
systems see the same trees and queries in one run, take turns repository by repository, and each
works in a process of its own. A file's rank is that of its first hit; a query has ten
hits, an issue a hundred.

DIR of --data has repo-search/repos.json and annotations.jsonl, or issue-localisation/
instances.jsonl, or both; DIR of --trees one folder for each repository's name with its tree at the
pinned revision, and the issues' trees below issues/, by instance_id. DIR of --queries has
projects.json and queries.jsonl, with the same fields.

cpt-rag and semble choose the files themselves; LangChain and LlamaIndex are given the code. With
--code-only nobody sees more than that. cpt-rag writes its collection to disk (below TMPDIR), and
waits for the disk; the others keep theirs in memory. small-dense and small-ranked, cpt-rag with
cpt-small, embed long and run where --systems names them.

Index times are medians of repeated indexings, without the start (imports, model, a first file and
query); query times are of all repetitions, after a first round that warms up. Peak memory is that
of a process that indexes and searches, for the repository that needs most. On a busy machine trust
ratios, and the processor's seconds before the clock's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

if __name__ in {"__main__", "__mp_main__"}:  # the folder of this file is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from tests.benchmarks.code_search.code_files import copy_code
from tests.benchmarks.code_search.figures import NDCG, Results, figures
from tests.benchmarks.code_search.measure import Run, in_process, measure
from tests.benchmarks.code_search.sets import Repository, SetError, issue_set, repository_set
from tests.benchmarks.code_search.systems import OURS, SYSTEMS
from tests.benchmarks.code_search.tables import tables

RECALL = ("R@1", "R@5", "R@10")
PUBLIC, ISSUES, OWN = SETS = ("repo-search", "issue-localisation", "own-queries")


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = partial(str.split, sep=",")
    parser.add_argument("--data", type=Path, help="public sets; there is no default")
    parser.add_argument("--trees", type=Path, help="their trees")
    parser.add_argument("--queries", type=Path, help="a set of one's own")
    parser.add_argument("--query-trees", type=Path, help="its trees; those of --trees by default")
    usual = [name for name, entry in SYSTEMS.items() if not entry.slow]
    parser.add_argument("--systems", type=names, default=usual, help=", ".join(SYSTEMS))
    parser.add_argument("--repositories", type=names, default=[], help="names; all by default")
    parser.add_argument("--repeats", type=int, default=3, help="of indexing and of each query")
    parser.add_argument("--code-only", action="store_true", help="show nothing but code to anyone")
    parser.add_argument("--sets", type=names, default=SETS, help=", ".join(SETS))
    parser.add_argument("--out", type=Path, help="a file for JSON")
    chosen = parser.parse_args()
    if chosen.data is None and chosen.queries is None:
        parser.error("nothing to ask: give --data DIR, --queries DIR or both")
    if unknown := set(chosen.sets) - set(SETS):
        parser.error(f"no set is called {sorted(unknown)}: expected {', '.join(SETS)}")
    if chosen.repeats < 1:
        parser.error(f"--repeats is {chosen.repeats}: expected 1 or more")
    if unknown := set(chosen.systems) - set(SYSTEMS):
        parser.error(f"no system is called {sorted(unknown)}: expected {', '.join(SYSTEMS)}")
    if (chosen.data and not chosen.trees) or not (chosen.query_trees or chosen.trees):
        parser.error("the queries are about trees: give --trees DIR, or --query-trees DIR")
    return chosen


def sets(chosen: argparse.Namespace) -> dict[str, list[Repository]]:
    """The repositories of each set that was asked for."""
    found = {}
    if chosen.data:
        public, issues = chosen.data / PUBLIC, chosen.data / ISSUES
        if not public.is_dir() and not issues.is_dir():
            raise SetError(f"{chosen.data} has no {PUBLIC} or {ISSUES}: expected these folders.")
        if public.is_dir() and PUBLIC in chosen.sets:
            files = public / "repos.json", public / "annotations.jsonl"
            found[PUBLIC] = repository_set(*files, chosen.trees, chosen.repositories)
        if issues.is_dir() and ISSUES in chosen.sets and set(chosen.systems) & set(OURS):
            found[ISSUES] = issue_set(issues / "instances.jsonl", chosen.trees / "issues")
    if chosen.queries and OWN in chosen.sets:
        files = chosen.queries / "projects.json", chosen.queries / "queries.jsonl"
        trees = chosen.query_trees or chosen.trees
        found[OWN] = repository_set(*files, trees, chosen.repositories)
    return {title: repositories for title, repositories in found.items() if repositories}


def runs(
    repositories: Sequence[Repository],
    systems: Sequence[str],
    prepared: Path,
    repeats: int,
    not_run: dict[str, str],
) -> dict[str, list[Run]]:
    """Every system on every repository; one that fails is left out, and ``not_run`` says why."""
    done: dict[str, list[Run]] = {name: [] for name in systems}
    for repository in repositories:
        for name in [name for name in systems if name in done]:
            started = time.perf_counter()
            try:
                run = in_process(measure, name, repository, prepared / name, repeats)
                done[name].append(run)
            except Exception as error:  # whatever a peer raises
                not_run[name] = f"failed on {repository.name}: {error!r}"
                del done[name]
            taken = time.perf_counter() - started
            sys.stderr.write(f"{repository.name}: {name} took {taken:.1f} s\n")
    return done


def prepare(wanted: Sequence[str], folder: Path, not_run: dict[str, str]) -> dict[str, Any]:
    """Versions of each system that can run, and what its preparation had to say."""
    ready: dict[str, Any] = {}
    for name in wanted:
        entry = SYSTEMS[name]
        (folder / name).mkdir()
        if missing := entry.missing():
            not_run[name] = missing
            continue
        ready[name] = {"versions": entry.versions()}
        if entry.prepare is not None:
            ready[name] |= in_process(entry.prepare, folder / name)
    return ready


def machine() -> dict[str, Any]:
    """Where it ran, and how busy that was before."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": load,
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS"),
    }


def main() -> None:
    """Measure, print Markdown and write JSON."""
    chosen = options()
    try:
        asked = sets(chosen)
    except SetError as error:
        sys.exit(str(error))
    if not asked:
        sys.exit("No set that was asked for has a repository that was asked for.")
    not_run: dict[str, str] = {}
    result: dict[str, Any] = {"machine": machine(), "not_run": not_run, "sets": {}}
    result["options"] = {"repeats": chosen.repeats, "code_only": chosen.code_only}
    with TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared"
        prepared.mkdir()
        result["systems"] = prepare(chosen.systems, prepared, not_run)
        for title, repositories in asked.items():
            issues = title == ISSUES
            names = [n for n in result["systems"] if n not in not_run and (n in OURS or not issues)]
            if chosen.code_only:
                copies = Path(scratch) / title
                repositories = [  # noqa: PLW2901
                    replace(r, folder=copy_code(r.folder, copies / r.name)) for r in repositories
                ]
            done = runs(repositories, names, prepared, chosen.repeats, not_run)
            measures = RECALL if issues else (NDCG,)
            if done:
                result["sets"][title] = figures(Results(repositories, done, measures))
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(_document(result))


def _document(result: dict[str, Any]) -> str:
    facts = {**result["machine"], **result["options"]}
    parts = ["# Code search", "; ".join(f"{name}: {value}" for name, value in facts.items())]
    parts += [tables(title, found) for title, found in result["sets"].items()]
    parts += [f"{SYSTEMS[n].label} was not run: {why}" for n, why in result["not_run"].items()]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
