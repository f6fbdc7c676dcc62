"""What a second vector for descriptions finds and costs, docstrings standing in for descriptions.

    python -m tests.benchmarks.dual_index TREES [--projects FILE --queries FILE] [--json FILE]

No model writes here: what people wrote above or inside functions is cut out of the code and given
back as its description. TREES has one folder by each project's name, at its pinned revision; what
is asked, and which files answer, comes from the queries, which no docstring wrote. Each project is
indexed three times: without its docstrings, without them but described by them, and as it is.
Prints nDCG@10 and MRR@10 by file over all queries with 95% intervals, and of each difference from
the first index; bytes on the disk; and the median over queries of the time of a ranked search in an
open collection, for each query the shortest of five.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import cpt_rag
from cpt_rag.evaluate import Estimate, MinedQuery, estimate_mean, mine_queries
from cpt_rag.own.texts import read_texts, write_without
from cpt_rag.qdrant import CHUNK_KIND, RECORD, Where
from cpt_rag.retrieve.search import Arm, find
from cpt_rag.types import Encoder, Hit, Point
from tests.benchmarks.code_search.score import ndcg, ranked_files
from tests.benchmarks.code_search.sets import RANKED_FILES, Repository, repository_set

QUERIES = Path(__file__).with_name("queries")
PLAIN, DESCRIBED, WHOLE = "without-docstrings", "described-by-them", "with-docstrings"
ASKED: tuple[tuple[str, Arm], ...] = (
    (PLAIN, "dense"),
    (DESCRIBED, "described"),
    (WHOLE, "dense"),
    (PLAIN, "fused"),
    (DESCRIBED, "fused"),
    (WHOLE, "fused"),
    (PLAIN, "ranked"),
    (DESCRIBED, "ranked"),
    (WHOLE, "ranked"),
)
# Enough chunks that ten files are among them.
HITS = 50
REPEATS = 5


@dataclass(slots=True)
class Measured:
    """What came of all projects: scores by index and arm, and the cost of each index."""

    ndcg: dict[tuple[str, Arm], list[float]] = field(default_factory=lambda: defaultdict(list))
    mrr: dict[tuple[str, Arm], list[float]] = field(default_factory=lambda: defaultdict(list))
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bytes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    chunks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    described: int = 0


def measure(repository: Repository, encoder: Encoder, measured: Measured) -> None:
    """Index one project three times, and ask its queries of each."""
    texts, _ = read_texts(repository.folder)
    documented = [one for one in mine_queries(texts) if one.query_class == "docstring"]
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        moved = list(write_without(texts, documented, scratch / "bare").values())
        write_without(texts, [], scratch / "whole")
        ingested(scratch, "bare", PLAIN, encoder)
        with cpt_rag.open_collection(PLAIN, scratch / PLAIN, encoder=encoder) as plain:
            where = Where({f"{RECORD}.kind": [CHUNK_KIND]})
            points = list(plain.engine.scroll(where))
        file = scratch / "descriptions.jsonl"
        file.write_text("".join(descriptions(points, moved)), encoding="utf-8")
        report = ingested(scratch, "bare", DESCRIBED, encoder, file)
        measured.described += report.described
        ingested(scratch, "whole", WHOLE, encoder)
        for name in (PLAIN, DESCRIBED, WHOLE):
            ask(repository, name, scratch, encoder, measured)
        clock(repository, scratch, encoder, measured)


def ingested(
    scratch: Path, tree: str, name: str, encoder: Encoder, file: Path | None = None
) -> cpt_rag.IngestReport:
    """A collection in a store of its own, so that its bytes are its own."""
    return cpt_rag.ingest(
        scratch / tree, collection=name, store=scratch / name, encoder=encoder, descriptions=file
    )


def descriptions(points: Sequence[Point], asked: Sequence[MinedQuery]) -> Iterator[str]:
    """A line for each chunk in which a definition begins that had a docstring."""
    by_path: dict[str, list[MinedQuery]] = defaultdict(list)
    for one in asked:
        by_path[one.path].append(one)
    written: set[str] = set()
    for point in points:
        metadata, digest = point.payload["metadata"], point.payload[RECORD]["input"]
        said = [
            one.query
            for one in by_path[metadata["path"]]
            if metadata["start"] <= one.start < metadata["end"]
        ]
        if said and digest not in written:
            written.add(digest)
            fields = {"digest": digest, "description": "\n".join(said)}
            yield json.dumps({**fields, "model": "docstring", "prompt": ""}) + "\n"


def ask(
    repository: Repository, name: str, scratch: Path, encoder: Encoder, measured: Measured
) -> None:
    """Put every query to each arm of one index."""
    with cpt_rag.open_collection(name, scratch / name, encoder=encoder) as opened:
        where = Where({f"{RECORD}.kind": [CHUNK_KIND]})
        measured.chunks[name] += opened.engine.count(where)
        for query in repository.queries:
            for index, arm in ASKED:
                if index == name:
                    files = ranked(find(query.text, opened, HITS, arm=arm))
                    measured.ndcg[name, arm].append(ndcg(files, query.relevant))
                    measured.mrr[name, arm].append(reciprocal_rank(files, query.relevant))
    files_there = (path for path in (scratch / name).rglob("*") if path.is_file())
    # Files of fixed length are sparse; what counts is what they take.
    measured.bytes[name] += sum(512 * path.stat().st_blocks for path in files_there)


def clock(repository: Repository, scratch: Path, encoder: Encoder, measured: Measured) -> None:
    """Time each query on each index in turn; the shortest of several is the least disturbed."""
    with ExitStack() as opened:
        indexes = {
            name: opened.enter_context(
                cpt_rag.open_collection(name, scratch / name, encoder=encoder)
            )
            for name in (PLAIN, DESCRIBED, WHOLE)
        }
        for query in repository.queries:
            taken: dict[str, list[float]] = defaultdict(list)
            for _ in range(REPEATS):
                for name, index in indexes.items():
                    started = time.perf_counter()
                    cpt_rag.search(query.text, collection=index)
                    taken[name].append(1000 * (time.perf_counter() - started))
            for name, times in taken.items():
                measured.milliseconds[name].append(min(times))


def ranked(hits: Sequence[Hit]) -> list[str]:
    return ranked_files([hit.path for hit in hits])


def reciprocal_rank(files: Sequence[str], relevant: frozenset[str]) -> float:
    first = (1 / rank for rank, file in enumerate(files[:RANKED_FILES], 1) if file in relevant)
    return next(first, 0.0)


def figures(measured: Measured) -> dict[str, Any]:
    """All that came of it, ready for JSON."""
    quality: list[dict[str, Any]] = []
    for index, arm in ASKED:
        row: dict[str, Any] = {"index": index, "arm": arm}
        for name, values in (("nDCG@10", measured.ndcg), ("MRR@10", measured.mrr)):
            estimate = mean(values[index, arm])
            row[name] = spelled(estimate)
            base = values.get((PLAIN, "dense" if arm == "described" else arm))
            if index != PLAIN and base is not None:
                row[f"{name} gained"] = spelled(estimate.minus(mean(base)))
        quality.append(row)
    cost = {
        name: {
            "chunks": measured.chunks[name],
            "bytes": measured.bytes[name],
            "query p50 ms": round(statistics.median(taken), 2),
        }
        for name, taken in measured.milliseconds.items()
    }
    return {
        "queries": len(next(iter(measured.ndcg.values()))),
        "described chunks": measured.described,
        "quality": quality,
        "cost": cost,
    }


def mean(values: Sequence[float]) -> Estimate:
    return estimate_mean(np.asarray(values, dtype=np.float64))


def spelled(estimate: Estimate) -> list[float]:
    return [round(number, 4) for number in (estimate.value, estimate.low, estimate.high)]


def shown(result: Mapping[str, Any]) -> Iterator[str]:
    """The figures as a table."""
    yield f"{result['queries']:,} queries, {result['described chunks']:,} chunks described"
    for row in result["quality"]:
        parts = [f"{row['index']:20} {row['arm']:10}"]
        for name in ("nDCG@10", "MRR@10"):
            parts.append("{} {:.3f} [{:.3f}, {:.3f}]".format(name, *row[name]))
            if gained := row.get(f"{name} gained"):
                parts.append("({:+.3f} [{:+.3f}, {:+.3f}])".format(*gained))
        yield "  ".join(parts)
    for name, cost in result["cost"].items():
        yield f"{name:20} " + ", ".join(f"{what} {value:,}" for what, value in cost.items())


def main() -> None:
    """Measure project by project, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", type=Path, help="one folder by each project's name")
    parser.add_argument("--projects", type=Path, default=QUERIES / "projects.json")
    parser.add_argument("--queries", type=Path, default=QUERIES / "queries.jsonl")
    parser.add_argument("--only", default="", help="names of projects, with commas between them")
    parser.add_argument("--encoder", default="cpt-static")
    parser.add_argument("--json", type=Path, help="where to write the figures, too")
    arguments = parser.parse_args()
    wanted = [name for name in arguments.only.split(",") if name]
    encoder, measured = cpt_rag.load_encoder(arguments.encoder), Measured()
    for repository in repository_set(
        arguments.projects, arguments.queries, arguments.trees, wanted
    ):
        measure(repository, encoder, measured)
        sys.stderr.write(f"{repository.name} done\n")
    result = figures(measured)
    sys.stdout.write("\n".join(shown(result)) + "\n")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
