"""The held-out docstrings of a training corpus: the CodeSearchNet protocol for each language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import POOL, Estimate, mean_of
from cpt_training.data.pairs import TextPair, read_pairs
from cpt_training.evaluation.bm25 import Bm25Cost, Bm25Index
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.figures import Part, compare
from cpt_training.evaluation.pair_ranks import (
    CODE_SEARCH,
    PairScores,
    PairSet,
    measure_candidates,
    measure_protocol,
)
from cpt_training.evaluation.sets import said

KIND = "docstring_code"
FEWEST = 10
CODE_SEARCH_NET = ("go", "java", "javascript", "php", "python", "ruby")
"""The languages of Husain et al. (2019), whose mean is what others publish."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pairs of docstring and code, by language and all together, each shuffled.

    ``full`` names the languages that have the 1,000 candidates of the protocol.
    """

    name: str
    languages: dict[str, PairSet]
    full: tuple[str, ...]
    together: PairSet
    notes: tuple[str, ...]


def read_held_out(name: str, split: Path, most: int | None = None) -> HeldOut:
    """Read one split of a corpus, at most so many pairs of a language, drawn with a fixed seed.

    Raises:
        InvalidInputError: no language has enough pairs to rank among each other.
    """
    found = [pair for pair in read_pairs(split) if pair.kind == KIND]
    pairs = [pair for pair in found if pair.query.strip() and pair.document.strip()]
    rows: defaultdict[str, list[TextPair]] = defaultdict(list)
    for pair in pairs:
        rows[pair.language].append(pair)
    few = {language: len(own) for language, own in rows.items() if len(own) < FEWEST}
    counts = {language: len(rows[language]) for language in sorted(rows.keys() - few.keys())}
    if not counts:
        raise InvalidInputError(
            f"{split} holds {len(pairs)} pairs of docstring and code.",
            expected=f"at least {FEWEST} held-out pairs of the kind {KIND} in some language",
            remedy="evaluate without --corpus, or build another corpus",
        )
    label = f"{name} docstring->code"
    languages = {
        language: _shuffled(f"{label} ({_labelled(language, count, most)})", rows[language], most)
        for language, count in counts.items()
    }
    return HeldOut(
        label,
        languages,
        tuple(language for language, own in languages.items() if len(own.queries) >= POOL),
        _together(f"{label} (all languages)", list(languages.values())),
        (
            *said(len(found) - len(pairs), "pairs with a blank side"),
            *(
                note
                for language, count in sorted(few.items())
                for note in said(count, f"pairs of {language}, too few to rank")
            ),
        ),
    )


def measure_held_out(
    data: HeldOut, embedders: Sequence[Embedder], cost: Bm25Cost
) -> Iterator[Part]:
    """MRR for each language, its means over languages, and MRR by number of candidates."""
    by_language: dict[str, dict[str, Estimate]] = {}
    for language, pairs in data.languages.items():
        index = cost.index(pairs.documents, pairs.queries)
        figures = measure_protocol(PairScores(pairs, index, embedders))
        if language in data.full:
            by_language[language] = {figure.system: figure.estimate for figure in figures}
        yield Part(figures, more=True)
    means = {f"mean of {len(by_language)} languages": [*by_language]}
    if by_language.keys() > {*CODE_SEARCH_NET}:
        means["mean of CodeSearchNet's six"] = [*CODE_SEARCH_NET]
    for label, languages in means.items():
        if len(languages) > 1:
            systems = _means([by_language[language] for language in languages])
            name = f"{data.name} ({label})"
            yield Part(compare(CODE_SEARCH, name, "MRR", systems, embedders[0].name), more=True)
    together = data.together
    scores = PairScores(together, Bm25Index(together.documents, together.queries), embedders)
    yield Part(measure_candidates(scores), data.notes)


def _means(by_language: Sequence[dict[str, Estimate]]) -> dict[str, Estimate]:
    return {system: mean_of([own[system] for own in by_language]) for system in by_language[0]}


def _labelled(language: str, count: int, most: int | None) -> str:
    drawn = f", {most:,} of {count:,}" if most is not None and most < count else ""
    among = f", among {min(count, most or count)}" if min(count, most or count) < POOL else ""
    return language + drawn + among


def _shuffled(name: str, pairs: Sequence[TextPair], most: int | None) -> PairSet:
    own = PairSet(name, [p.query for p in pairs], [p.document for p in pairs]).shuffled()
    return PairSet(name, own.queries[:most], own.documents[:most])


def _together(name: str, parts: Sequence[PairSet]) -> PairSet:
    queries = [query for part in parts for query in part.queries]
    return PairSet(name, queries, [text for part in parts for text in part.documents]).shuffled()
