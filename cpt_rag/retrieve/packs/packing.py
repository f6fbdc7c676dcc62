"""Which chunks go into a pack: greedy by rank, never over the budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cpt_rag.retrieve.packs.budget import CountTokens
from cpt_rag.retrieve.packs.enclosing import whole
from cpt_rag.retrieve.packs.passages import Passage, PassageMaker, Place, Selection
from cpt_rag.retrieve.packs.stored import Source, StoredFiles
from cpt_rag.retrieve.rank import text_key

if TYPE_CHECKING:
    from cpt_rag.retrieve.packs.formats import Format
    from cpt_rag.types import Hit

# A function may grow to this share of the budget, so that one answer does not crowd out the next.
GROWTH = 4


class Packer:
    """Chooses from hits what fits, and renders it.

    Args:
        query: what was asked.
        files: the collection's files.
        form: how the pack is written down.
        rooted: whether citations name the root.
        count: length of a text in the reader's tokens.
    """

    def __init__(
        self, query: str, files: StoredFiles, form: Format, rooted: bool, count: CountTokens
    ) -> None:
        self.query = query
        self.count = count
        self._files = files
        self._form = form
        self._rooted = rooted
        self._make = PassageMaker(files)
        self._costs: dict[Passage, int] = {}

    def passages(self, selection: Selection) -> list[Passage]:
        """The selection in reading order."""
        return self._make.passages(selection)

    def render(self, selection: Selection) -> str:
        """The selection as text."""
        return self._form.render(self.query, self.passages(selection), self._rooted)

    def select(self, hits: Sequence[Hit], max_tokens: int) -> Selection:
        """What fits of ``hits``, best first; empty where not one of them does."""
        steps = list(self._steps(hits, max_tokens))
        # The parts' lengths have been summed, and a counter may find their whole longer.
        while steps and self._cost(steps[-1]) > max_tokens:
            steps.pop()
        if steps:
            return steps[-1]
        fitting = (one for one in self._singles(hits) if self._cost(one) <= max_tokens)
        return next(fitting, Selection())

    def least(self, hits: Sequence[Hit]) -> int:
        """Tokens of the shortest pack that one of ``hits`` makes."""
        return min((self._cost(one) for one in self._singles(hits)), default=0)

    def _steps(self, hits: Sequence[Hit], max_tokens: int) -> Iterator[Selection]:
        """Ever larger selections within the budget by the sum of their parts."""
        selection, spent = Selection(), 0
        seen: dict[str, tuple[Source, int]] = {}
        for hit in hits:
            source = (hit.root, hit.path)
            for larger in self._larger(selection, hit, seen, max_tokens, spent):
                cost = self._sum(larger)
                if cost > max_tokens:
                    break
                yield larger
                selection, spent = larger, cost
                for index in selection.chosen.get(source, ()):
                    seen.setdefault(
                        text_key(self._files.chunks(source)[index].text), (source, index)
                    )

    def _larger(
        self,
        selection: Selection,
        hit: Hit,
        seen: Mapping[str, tuple[Source, int]],
        max_tokens: int,
        spent: int,
    ) -> Iterator[Selection]:
        """The selection with a hit's span, then with the whole of what that is part of."""
        source = (hit.root, hit.path)
        if source in selection.chosen and selection.holds(source, self._index(hit)):
            return
        copied = seen.get(text_key(hit.text))
        if copied:
            yield selection.with_copy(*copied, Place(*source, hit.start_line, hit.end_line))
            return
        if spent + self.count(hit.text) > max_tokens:  # before its file is read for nothing
            return
        index = self._index(hit)
        if index is not None:
            larger = selection.with_chunks(source, [index], hit.score)
            yield larger
            yield from self._grown(larger, source, index, seen, max_tokens // GROWTH)

    def _grown(
        self,
        selection: Selection,
        source: Source,
        index: int,
        seen: Mapping[str, tuple[Source, int]],
        most: int,
    ) -> Iterator[Selection]:
        """The selection with the whole of what a chunk is part of, where that is short enough."""
        chunks = self._files.chunks(source)
        missing = [i for i in whole(chunks, index) if not selection.holds(source, i)]
        if not missing or any(text_key(chunks[i].text) in seen for i in missing):
            return
        if sum(self.count(chunks[i].text) for i in (index, *missing)) <= most:
            score = selection.scores[source, index]
            yield selection.with_chunks(source, missing, score)

    def _singles(self, hits: Sequence[Hit]) -> Iterator[Selection]:
        for hit in hits:
            index = self._index(hit)
            if index is not None:
                yield Selection().with_chunks((hit.root, hit.path), [index], hit.score)

    def _index(self, hit: Hit) -> int | None:
        return self._files.index((hit.root, hit.path), hit.start, hit.end)

    def _cost(self, selection: Selection) -> int:
        return self.count(self.render(selection))

    def _sum(self, selection: Selection) -> int:
        """The cost of a selection as the sum of its parts, each counted once."""
        passages = self.passages(selection)
        between = self.count(self._form.between) * (len(passages) - 1)
        frame = self.count(self._form.opening(self.query)) + self.count(self._form.closing)
        return frame + between + sum(map(self._passage_cost, passages))

    def _passage_cost(self, passage: Passage) -> int:
        if passage not in self._costs:
            self._costs[passage] = self.count(self._form.passage(passage, self._rooted))
        return self._costs[passage]
