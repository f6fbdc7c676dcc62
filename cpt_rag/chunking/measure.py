"""Lengths in tokens without counting any stretch of text twice."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from cpt_rag.chunking.spans import consecutive

Reader = Callable[[int, int], str]

_LONG_LINE = 256
# At most 128 characters, ended where a word ends.
_STRETCH = re.compile(r".{1,64}\w{0,64}", re.DOTALL)


class Measure:
    """An estimate, from above, of the tokens in any span of a text.

    Every line (of a very long line, every stretch) is counted once, on its own; a span costs the
    sum of its lines, and its ragged ends are counted as they are asked for. Token counts are
    sub-additive but for a token or two, so the sum is seldom short; callers verify what comes
    close to the budget.

    Args:
        line_starts: start of every line of the text.
        size: length of the text.
        read: what the encoder will see of a span.
        count_tokens: the encoder's own counter. What it says of the empty text (its special
            tokens) is charged once for each text, not for each line.
    """

    def __init__(
        self,
        line_starts: Sequence[int],
        size: int,
        read: Reader,
        count_tokens: Callable[[str], int],
    ) -> None:
        self._read = read
        self._count = count_tokens
        self.fixed = count_tokens("")
        self._memo: dict[str, int] = {}
        self._grid = _grid(line_starts, size, read)
        self._sums = [0, *accumulate(self.count(read(a, b)) for a, b in pairwise(self._grid))]

    def count(self, text: str) -> int:
        """Tokens of ``text`` by itself, special tokens left out; at least one if it is visible."""
        found = self._memo.get(text)
        if found is None:
            least = 1 if text and not text.isspace() else 0
            found = self._memo[text] = max(least, self._count(text) - self.fixed)
        return found

    def __call__(self, start: int, end: int) -> int:
        """Tokens of the span, at most."""
        first = bisect_left(self._grid, start)
        last = bisect_right(self._grid, end) - 1
        if first > last:
            return self.count(self._read(start, end))
        total = self._sums[last] - self._sums[first]
        if self._grid[first] != start:
            total += self.count(self._read(start, self._grid[first]))
        if self._grid[last] != end:
            total += self.count(self._read(self._grid[last], end))
        return total


def _grid(line_starts: Sequence[int], size: int, read: Reader) -> list[int]:
    grid: list[int] = []
    for start, end in consecutive(line_starts, size):
        if end - start > _LONG_LINE:
            line = read(start, end)
            if len(line) == end - start:
                grid.extend(start + match.start() for match in _STRETCH.finditer(line))
            else:
                grid.extend(range(start, end, _LONG_LINE))
        elif end > start:
            grid.append(start)
    return [*grid, size]
