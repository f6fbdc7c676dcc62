"""The queries that a folder holds, by class, and the classes that hold too few."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import mine_queries
from cpt_rag.evaluate.commits import COMMIT, commit_queries
from cpt_rag.evaluate.history import read_history
from cpt_rag.evaluate.measures import Query
from cpt_rag.evaluate.queries import DOCSTRING, HEADING
from cpt_rag.evaluate.symbols import SYMBOL, symbol_queries
from cpt_rag.own.texts import is_changelog

# Fewer leave intervals so wide that they tell nothing.
FEWEST = 10
_SEED = 0
# A title that is a picture, a badge or a link is not what anybody would type.
_MARKUP = re.compile(r"<[A-Za-z/!][^>]*>|\]\(|\]\[")
_MADE_OF = {
    DOCSTRING: "docstrings or doc comments, of three words at least, that describe code",
    HEADING: "headings, of three words at least, above sections of prose",
    COMMIT: "commits that changed one to three files that are still there, and say how",
    SYMBOL: "functions, classes and the like whose name is defined once",
}


@dataclass(frozen=True, slots=True)
class Questions:
    """Queries to be asked by class, and for each class that is left out the reason."""

    asked: dict[str, list[Query]]
    left_out: dict[str, str]


def questions_of(folder: Path, texts: Mapping[str, str], most: int) -> Questions:
    """At most ``most`` queries of each class: the newest commits, of the others a random sample.

    Args:
        folder: where the history is looked for.
        texts: what will be indexed, by path relative to it.
        most: of a class, at least 10.

    Raises:
        InvalidInputError: ``most`` is too small, or no class has enough queries.
    """
    if most < FEWEST:
        raise InvalidInputError(
            f"{most} queries of a class were asked for.",
            expected=f"at least {FEWEST}: fewer make no interval to speak of",
            remedy="choose a larger number, 200 say",
        )
    found, missing = _found(folder, texts)
    asked, left_out = {}, {}
    for name, queries in found.items():
        if len(queries) < FEWEST:
            left_out[name] = missing if name == COMMIT and missing else _too_few(name, queries)
        elif name == COMMIT:  # the newest: files are compared as they are now
            asked[name] = list(queries[:most])
        else:
            chance = random.Random(_SEED)  # noqa: S311  (a sample, not a secret)
            kept = chance.sample(range(len(queries)), min(most, len(queries)))
            asked[name] = [queries[i] for i in sorted(kept)]
    if not asked:
        raise InvalidInputError(
            f"{folder} holds too few queries of its own:\n"
            + "\n".join(f"  {name}: {reason}" for name, reason in left_out.items()),
            expected=f"at least {FEWEST} of one class",
            remedy="evaluate a larger part of the project, or the clone that has its history",
        )
    return Questions(asked, left_out)


def _found(folder: Path, texts: Mapping[str, str]) -> tuple[dict[str, Sequence[Query]], str]:
    """All queries by class, and why there is no history where there is none."""
    mined = mine_queries(texts)
    history = read_history(folder)
    return {
        DOCSTRING: [query for query in mined if query.query_class == DOCSTRING],
        HEADING: [
            query
            for query in mined
            if query.query_class == HEADING and not _MARKUP.search(query.query)
        ],
        COMMIT: commit_queries(history.commits, texts, is_changelog),
        SYMBOL: symbol_queries(texts),
    }, history.missing


def _too_few(name: str, queries: Sequence[Query]) -> str:
    return f"{len(queries)} found, at least {FEWEST} needed: {_MADE_OF[name]}"
