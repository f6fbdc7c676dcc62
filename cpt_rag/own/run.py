"""Index a folder without what it asks, then ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cpt_rag.collection import Collection, open_collection
from cpt_rag.encoders import DEFAULT_ENCODER, load_encoder
from cpt_rag.evaluate import MinedQuery
from cpt_rag.evaluate.measures import DEPTH, Found, Query, judge
from cpt_rag.ingest import Progress, ingest
from cpt_rag.own.questions import questions_of
from cpt_rag.own.report import Asked, ByClass, RepositoryReport, figures_of
from cpt_rag.own.texts import existing_folder, read_texts, write_without
from cpt_rag.own.weights import GRID, try_weights
from cpt_rag.retrieve.search import Arm, Weights, find

if TYPE_CHECKING:
    from cpt_rag.types import Encoder, IngestReport

MOST_QUERIES = 200
# A folder has no descriptions to ask.
ARMS: tuple[Arm, ...] = ("dense", "sparse", "fused", "ranked")
# Hits that are looked through for ten files.
_HITS_FOR_FILES = 5 * DEPTH
_COLLECTION = "own"

Questioned = Mapping[str, Sequence[Query]]


def evaluate_repository(
    path: str | Path,
    *,
    encoder: str | Path | Encoder | None = None,
    queries: int = MOST_QUERIES,
    progress: Progress | None = None,
) -> RepositoryReport:
    """Measure search on a folder by queries that the folder holds itself.

    Docstrings ask for their definitions and headings for their sections, and are cut out of the
    text before it is indexed; subjects of commits ask for the files that they changed; names that
    are defined once ask for their definitions. The index is made for the time of the run in a
    temporary folder; nothing is written to ``path``.

    Args:
        path: a folder, with or without git history.
        encoder: a name, path or loaded encoder; None for the default one.
        queries: of each class at most.
        progress: told after each file, then after each query.

    Raises:
        InvalidInputError: no such folder, no text in it, or too few queries of every class.
        EncoderError: the encoder is unknown or cannot be loaded.
    """
    folder = existing_folder(path)
    texts, changelogs = read_texts(folder)
    questions = questions_of(folder, texts, queries)
    loaded = _loaded(encoder)
    with index_without(texts, questions.asked, loaded, progress) as (collection, asked, made):
        asking = _Asking(collection, asked, progress or (lambda done, total, label: None))
        founds: dict[str, ByClass] = {arm: asking.ask(asked, arm) for arm in ARMS}
        weights = try_weights(asked, asking.ask_weighted)
    return RepositoryReport(
        path=str(folder),
        encoder=loaded.fingerprint.name,
        files=made.indexed,
        chunks=made.chunks,
        queries={name: len(some) for name, some in asked.items()},
        left_out=questions.left_out,
        changelogs=tuple(changelogs),
        figures=tuple(figures_of(founds)),
        weights=weights,
        asked=tuple(_together(asked, founds)),
    )


@contextmanager
def index_without(
    texts: Mapping[str, str], asked: Questioned, encoder: Encoder, progress: Progress | None
) -> Iterator[tuple[Collection, Questioned, IngestReport]]:
    """A collection of the texts without what is asked, as long as the block runs.

    With it come the queries, their answers' places as they are in there, and what ingestion did.
    """
    with TemporaryDirectory(prefix="cpt-rag-") as temporary:
        tree, store = Path(temporary) / "tree", Path(temporary) / "store"
        moved = _written(texts, asked, tree)
        made = ingest(tree, collection=_COLLECTION, store=store, encoder=encoder, progress=progress)
        with open_collection(_COLLECTION, store, encoder=encoder) as collection:
            yield collection, moved, made


def ask_one(
    query: Query, collection: Collection, arm: Arm, weights: Weights | None = None
) -> Found:
    """Where one arm finds a query's answers."""
    limit = DEPTH if isinstance(query, MinedQuery) else _HITS_FOR_FILES
    return judge(query, find(query.query, collection, limit, arm=arm, weights=weights))


class _Asking:
    """Puts queries to one collection and counts them."""

    def __init__(self, collection: Collection, asked: Questioned, progress: Progress) -> None:
        self._collection = collection
        self._progress = progress
        self._done = 0
        # Each arm asks all; each pair of weights, and none, ask one half, two of these the other.
        rounds = len(ARMS) + (len(GRID) + 1 + 2) / 2
        self._total = round(rounds * sum(map(len, asked.values())))

    def ask(self, asked: Questioned, arm: Arm, weights: Weights | None = None) -> ByClass:
        """Where one arm finds the answers, in the order of the queries."""
        return {name: [self._one(q, arm, weights) for q in some] for name, some in asked.items()}

    def ask_weighted(self, asked: Questioned, weights: Weights | None) -> ByClass:
        """Where ranking finds them with these weights."""
        return self.ask(asked, "ranked", weights)

    def _one(self, query: Query, arm: Arm, weights: Weights | None) -> Found:
        self._done += 1
        self._progress(self._done, max(self._done, self._total), f"asking: {arm}")
        return ask_one(query, self._collection, arm, weights)


def _loaded(encoder: str | Path | Encoder | None) -> Encoder:
    if encoder is None:
        return load_encoder(DEFAULT_ENCODER)
    return load_encoder(encoder) if isinstance(encoder, str | Path) else encoder


def _written(texts: Mapping[str, str], asked: Questioned, tree: Path) -> Questioned:
    """The queries as they stand to the texts that were written below ``tree`` without them."""
    every = [query for some in asked.values() for query in some if isinstance(query, MinedQuery)]
    moved = write_without(texts, every, tree)
    return {
        name: [moved[query] if isinstance(query, MinedQuery) else query for query in some]
        for name, some in asked.items()
    }


def _together(asked: Questioned, founds: Mapping[str, ByClass]) -> Iterator[Asked]:
    for name, some in asked.items():
        for i, query in enumerate(some):
            one = {arm: found[name][i] for arm, found in founds.items()}
            ranks = {arm: found.ranks for arm, found in one.items()}
            yield Asked(query, one["dense"].answers, ranks)
