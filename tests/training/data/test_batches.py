"""Which rows meet in a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice

import numpy as np
import pytest

from cpt_training.data.batches import batches
from cpt_training.data.examples import ByKind, Examples
from cpt_training.data.tokens import Rows, TokenLists

SIZE = 8
Batches = list[tuple[str, Rows]]


def kind(**languages: int) -> Examples:
    """So many rows of each language, not one language after the other."""
    names = np.repeat([*languages], [*languages.values()])
    np.random.default_rng(0).shuffle(names)
    blank = TokenLists(
        np.empty(0, np.int32),
        np.zeros(len(names) + 1, np.int64),
        np.zeros(len(names), np.uint64),
    )
    return Examples(blank, blank, {name: np.flatnonzero(names == name) for name in languages})


def languages_of(rows: Rows, examples: Examples) -> set[str]:
    return {name for name, own in examples.languages.items() if {*own} & {*rows}}


def draw(
    examples: ByKind,
    number: int,
    shares: Mapping[str, float] | None = None,
    *,
    seed: int = 1,
    one_language: bool = False,
    together: int = 1,
    skip: int = 0,
) -> Batches:
    drawn = batches(
        examples,
        shares or dict.fromkeys(examples, 1.0),
        SIZE,
        seed,
        one_language=one_language,
        together=together,
        skip=skip,
    )
    return list(islice(drawn, number))


def flat(drawn: Batches) -> list[tuple[str, list[int]]]:
    return [(name, rows.tolist()) for name, rows in drawn]


TWO = {"code": kind(python=40, go=24), "text": kind(text=32)}


def test_a_batch_holds_rows_of_one_kind() -> None:
    drawn = draw(TWO, 100)
    assert {name for name, _ in drawn} == {"code", "text"}
    for name, rows in drawn:
        assert len({*rows}) == SIZE
        assert {*rows} <= {*range(len(TWO[name]))}


def test_every_row_comes_once_in_an_epoch() -> None:
    examples = {"code": kind(python=25, go=15)}
    drawn = [rows for _, rows in draw(examples, 10)]
    epochs = np.concatenate(drawn[:5]), np.concatenate(drawn[5:])
    for epoch in epochs:
        assert sorted(epoch) == [*range(40)]
    assert not np.array_equal(*epochs)


def test_rows_that_fill_no_batch_wait_for_another_epoch() -> None:
    drawn = draw({"code": kind(python=43)}, 50)
    assert {len(rows) for _, rows in drawn} == {SIZE}
    for epoch in range(10):
        rows = np.concatenate([rows for _, rows in drawn[5 * epoch : 5 * epoch + 5]])
        assert len({*rows}) == 40
    assert {*np.concatenate([rows for _, rows in drawn])} == {*range(43)}


def test_kinds_come_by_their_shares_whatever_their_sizes() -> None:
    examples = {"large": kind(python=800), "small": kind(python=16), "none": kind(python=80)}
    drawn = Counter(name for name, _ in draw(examples, 4000, {"large": 3.0, "small": 1.0}))
    assert drawn.keys() == {"large", "small"}
    assert drawn["large"] / 4000 == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("one_language", [False, True])
def test_only_where_it_is_asked_for_a_batch_holds_one_language(one_language: bool) -> None:
    drawn = draw(TWO, 200, one_language=one_language)
    met = {frozenset(languages_of(rows, TWO[name])) for name, rows in drawn}
    single = {frozenset({name}) for name in ("python", "go", "text")}
    assert single <= met if one_language else frozenset({"python", "go"}) in met
    assert (met == single) == one_language


def test_languages_too_few_for_a_batch_share_one() -> None:
    examples = {"code": kind(python=40, lua=5, bash=3, c=7)}
    drawn = draw(examples, 200, one_language=True)
    met = {frozenset(languages_of(rows, examples["code"])) for _, rows in drawn}
    assert frozenset({"python"}) in met
    others = met - {frozenset({"python"})}
    assert frozenset.union(*others) == {"lua", "bash", "c"}
    assert any(len(languages) > 1 for languages in others)


def test_languages_come_by_their_numbers_of_rows_inside_a_kinds_share() -> None:
    examples = {"code": kind(python=600, go=200), "text": kind(text=100)}
    drawn = draw(examples, 4000, {"code": 0.8, "text": 0.2}, one_language=True)
    met: Counter[str] = Counter()
    for name, rows in drawn:
        met.update(languages_of(rows, examples[name]))
    shares = {language: count / 4000 for language, count in met.items()}
    assert shares == pytest.approx({"python": 0.6, "go": 0.2, "text": 0.2}, abs=0.03)


def test_a_kind_smaller_than_a_batch_gives_all_its_rows() -> None:
    for _, rows in draw({"few": kind(python=5)}, 3):
        assert sorted(rows) == [*range(5)]


@pytest.mark.parametrize("skip", [1, 7, 40])
@pytest.mark.parametrize("one_language", [False, True])
def test_passing_over_batches_goes_on_exactly(skip: int, one_language: bool) -> None:
    whole = draw(TWO, 60, one_language=one_language)
    rest = draw(TWO, 60 - skip, one_language=one_language, skip=skip)
    assert flat(rest) == flat(whole[skip:])


def test_a_seed_gives_the_same_batches_and_another_gives_others() -> None:
    assert flat(draw(TWO, 20)) == flat(draw(TWO, 20))
    assert flat(draw(TWO, 20)) != flat(draw(TWO, 20, seed=2))


def test_neighbouring_rows_stay_together_where_it_is_asked_for() -> None:
    examples = {"code": kind(python=43)}
    drawn = draw(examples, 100, together=4)
    for _, rows in drawn:
        for block in rows.reshape(-1, 4):
            assert [*np.diff(block) % 43] == [1, 1, 1]
    starts = {int(rows[0]) for _, rows in drawn}
    assert len(starts) > 11  # not always the same blocks
    assert {*np.concatenate([rows for _, rows in drawn])} == {*range(43)}


def test_a_kind_of_fewer_rows_than_are_to_stay_together_gives_all_of_them() -> None:
    for _, rows in draw({"few": kind(python=3)}, 3, together=4):
        assert sorted(rows) == [0, 1, 2]
