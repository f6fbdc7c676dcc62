"""From units (what a source is made of) to chunks (what fits the encoder)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import basename

from cpt_rag.chunking.measure import Measure, Reader
from cpt_rag.chunking.pack import Cut, split
from cpt_rag.chunking.spans import LineIndex, join_blank
from cpt_rag.types import Chunk


def no_cuts() -> Iterable[Cut]:
    """Of a unit whose text shows its own boundaries."""
    return ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of source that would be one chunk if there were no budget.

    ``trail`` are the lines of context below the path, ``onward`` those of the parts after the
    first when the unit is too long for one chunk; ``cuts`` names its better boundaries.
    """

    start: int
    end: int
    kind: str
    language: str
    symbol: str | None = None
    trail: tuple[str, ...] = ()
    onward: tuple[str, ...] = ()
    cuts: Callable[[], Iterable[Cut]] = no_cuts


@dataclass(frozen=True, slots=True)
class _Context:
    text: str
    cost: int


class Source:
    """One source text with all that is worked out about it once.

    Args:
        text: the whole source.
        path: first line of every chunk's context.
        count_tokens: the encoder's own counter.
        max_tokens: most tokens of a chunk with its context.
        reading: turns a span into what the encoder shall see instead of it.
    """

    def __init__(
        self,
        text: str,
        path: str,
        count_tokens: Callable[[str], int],
        max_tokens: int,
        reading: Reader | None = None,
    ) -> None:
        self.text = text
        self.path = path
        self.max_tokens = max_tokens
        self.lines = LineIndex(text)
        self.read: Reader = reading or self._slice
        self._reading = reading
        self._count_tokens = count_tokens
        self._contexts: dict[tuple[str, ...], _Context] = {}

    @cached_property
    def measure(self) -> Measure:
        """Lengths of spans in tokens, as they will be read."""
        return Measure(self.lines.starts, len(self.text), self.read, self._count_tokens)

    def _slice(self, start: int, end: int) -> str:
        return self.text[start:end]

    def seen_through(self, reading: Reader) -> Source:
        """The same source with ``reading`` in front of it."""
        return Source(self.text, self.path, self._count_tokens, self.max_tokens, reading)

    def room(self, trail: tuple[str, ...]) -> int:
        """Tokens left for a chunk's own text below this trail."""
        return self.max_tokens - self._context(trail).cost

    def is_blank(self, start: int, end: int) -> bool:
        """Whether the reader of this span would see nothing."""
        seen = self.read(start, end)
        return not seen or seen.isspace()

    def chunks(self, units: Sequence[Unit]) -> list[Chunk]:
        """The chunks of units that partition the text, themselves a partition of it."""
        return [chunk for unit in self._without_blank(units) for chunk in self._chunks(unit)]

    def _without_blank(self, units: Sequence[Unit]) -> Iterator[Unit]:
        spans = join_blank([unit.start for unit in units], len(self.text), self.is_blank)
        owners = iter(units)
        for start, end in spans:
            owner = next(owners)
            while owner.end <= start or (owner.end < end and self.is_blank(owner.start, owner.end)):
                owner = next(owners)
            yield replace(owner, start=start, end=end)

    def _chunks(self, unit: Unit) -> Iterator[Chunk]:
        spans = [(unit.start, unit.end)]
        if self.measure(unit.start, unit.end) > self.room(unit.trail):
            room = min(self.room(unit.trail), self.room(unit.onward))
            spans = self._split(spans[0], room, list(unit.cuts()))
        for span in spans:
            for part in self._verified(span, unit):
                yield self._chunk(part, unit)

    def _split(
        self, span: tuple[int, int], budget: int, cuts: Iterable[Cut] = ()
    ) -> list[tuple[int, int]]:
        starts = split(
            self.text, span[0], span[1], budget=max(1, budget), cost=self.measure, cuts=cuts
        )
        return join_blank(starts, span[1], self.is_blank)

    def _verified(self, span: tuple[int, int], unit: Unit) -> list[tuple[int, int]]:
        """The span, cut further where the sum of its lines had promised too much."""
        budget = self.room(unit.onward)
        spans = [span]
        if 2 * self.measure(*span) <= budget:
            return spans
        while budget > 0 and any(long := [self._too_long(part, unit) for part in spans]):
            budget = budget * 3 // 4
            spans = [
                small
                for part, cut in zip(spans, long, strict=True)
                for small in (self._split(part, budget) if cut else [part])
            ]
        return spans

    def _too_long(self, span: tuple[int, int], unit: Unit) -> bool:
        context, body = self._context_at(span[0], unit).text, self.read(*span)
        return self._count_tokens(f"{context}\n{body}" if context else body) > self.max_tokens

    def _context_at(self, start: int, unit: Unit) -> _Context:
        return self._context(unit.trail if start == unit.start else unit.onward)

    def _context(self, trail: tuple[str, ...]) -> _Context:
        """Path and trail, shortened where they would leave less than half of the budget."""
        found = self._contexts.get(trail)
        if found is None:
            found = self._contexts[trail] = self._shortened(trail)
        return found

    def _shortened(self, trail: tuple[str, ...]) -> _Context:
        candidates = [(self.path, *trail), (self.path, *trail[-1:]), (self.path,)]
        for lines in [*candidates, (basename(self.path),)]:
            text = "\n".join(lines)
            cost = self.measure.fixed + self.measure.count(f"{text}\n")
            if text and cost <= self.max_tokens // 2:
                return _Context(text, cost)
        return _Context("", self.measure.fixed)

    def _chunk(self, span: tuple[int, int], unit: Unit) -> Chunk:
        start, end = span
        return Chunk(
            text=self.text[start:end],
            start=start,
            end=end,
            start_line=self.lines.line_at(start),
            end_line=self.lines.line_at(end - 1),
            language=unit.language,
            kind=unit.kind,
            symbol=unit.symbol,
            context=self._context_at(start, unit).text,
            reading=None if self._reading is None else self.read(start, end),
        )
