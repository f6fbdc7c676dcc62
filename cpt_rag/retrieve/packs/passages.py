"""What a context pack is made of: passages, each a span of one file with its citation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cpt_rag.retrieve.packs.enclosing import enclosing
from cpt_rag.retrieve.packs.stored import Source, StoredFiles
from cpt_rag.types import Chunk


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, from 1, both ends included; 0 and no root for a text from no file."""

    root: str
    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one file: ``source_text[start:end] == text``, in characters.

    ``enclosing`` are the signatures or headings that its first line lies in, outermost first;
    ``symbols`` what its text defines or is part of; ``copies`` are other places of the same text,
    or of a part of it; ``score`` is that of its best hit.
    """

    place: Place
    start: int
    end: int
    text: str
    language: str
    symbols: tuple[str, ...]
    enclosing: tuple[str, ...]
    copies: tuple[Place, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Chunks chosen so far, by file, the file of the best hit first.

    ``copies`` and ``scores`` belong to chunks: (source, index in the file).
    """

    chosen: Mapping[Source, frozenset[int]] = field(default_factory=dict)
    copies: Mapping[tuple[Source, int], tuple[Place, ...]] = field(default_factory=dict)
    scores: Mapping[tuple[Source, int], float] = field(default_factory=dict)

    def holds(self, source: Source, index: int | None) -> bool:
        """Whether a chunk is chosen."""
        return index in self.chosen.get(source, ())

    def with_chunks(self, source: Source, indices: Iterable[int], score: float) -> Selection:
        """This and more chunks of one file, which a hit of this score brought in."""
        indices = set(indices)
        chosen = {**self.chosen, source: self.chosen.get(source, frozenset()) | indices}
        scores = {(source, index): score for index in indices}
        return Selection(chosen, self.copies, scores | dict(self.scores))

    def with_copy(self, source: Source, index: int, place: Place) -> Selection:
        """This and another place of a chosen chunk's text."""
        known = self.copies.get((source, index), ())
        copies = {**self.copies, (source, index): (*known, place)}
        return Selection(self.chosen, copies, self.scores)


class PassageMaker:
    """Turns selections into passages; one run of chunks is made into a passage once."""

    def __init__(self, files: StoredFiles) -> None:
        self._files = files
        self._made: dict[tuple[object, ...], Passage] = {}

    def passages(self, selection: Selection) -> list[Passage]:
        """Passages in reading order: files by their best hit, within a file by line."""
        return [
            self._passage(selection, source, run)
            for source, indices in selection.chosen.items()
            for run in _runs(self._files.chunks(source), sorted(indices))
        ]

    def _passage(self, selection: Selection, source: Source, run: range) -> Passage:
        keys = [(source, index) for index in run]
        copies = _joined(place for key in keys for place in selection.copies.get(key, ()))
        score = max(selection.scores[key] for key in keys)
        key = (source, run, copies, score)
        if key not in self._made:
            chunks = self._files.chunks(source)
            first, last = chunks[run[0]], chunks[run[-1]]
            parts = [chunks[index] for index in run]
            symbols = dict.fromkeys(part.symbol for part in parts if part.symbol)
            self._made[key] = Passage(
                place=Place(*source, first.start_line, last.end_line),
                start=first.start,
                end=last.end,
                text="".join(part.text for part in parts),
                language=first.language,
                symbols=tuple(symbols),
                enclosing=enclosing(chunks, run[0]),
                copies=copies,
                score=score,
            )
        return self._made[key]


def _runs(chunks: Sequence[Chunk], indices: Sequence[int]) -> Iterator[range]:
    """Stretches of ``indices`` whose chunks follow one another without a gap."""
    first = indices[0]
    for index, following in zip(indices, [*indices[1:], -1], strict=True):
        if following != index + 1 or chunks[index].end != chunks[following].start:
            yield range(first, index + 1)
            first = following


def _joined(places: Iterable[Place]) -> tuple[Place, ...]:
    """Places in order, those that meet in one file made one."""
    joined: list[Place] = []
    for place in sorted(places, key=lambda one: (one.root, one.path, one.start_line)):
        last = joined[-1] if joined else None
        if last and _meet(last, place):
            end = max(last.end_line, place.end_line)
            joined[-1] = Place(last.root, last.path, last.start_line, end)
        else:
            joined.append(place)
    return tuple(joined)


def _meet(one: Place, following: Place) -> bool:
    same = (one.root, one.path) == (following.root, following.path)
    return same and following.start_line <= one.end_line + 1
