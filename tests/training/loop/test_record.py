"""The record of a run, which refuses to become that of another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.config import TrainConfig
from cpt_training.loop.record import draw_curves, open_record, write_record


def of_kinds(config: TrainConfig, **kinds: float) -> TrainConfig:
    return replace(config, data=replace(config.data, kinds=kinds))


def test_a_run_is_gone_on_with_under_the_same_config_and_corpus(
    static_config: TrainConfig, tmp_path: Path
) -> None:
    begun = open_record(tmp_path / "out", static_config, "abc")
    assert not begun["finished"]
    write_record(tmp_path / "out", {**begun, "curve": [{"step": 3.0}]})
    assert open_record(tmp_path / "out", static_config, "abc")["curve"] == [{"step": 3.0}]


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ({"a": 0.5}, {"a": 0.7}, r"config\.data\.kinds\.a = 0\.5; this one has 0\.7"),
        ({"a": 0.5}, {"a": 0.5, "b": 0.5}, r"kinds\.b = None; this one has 0\.5"),
        ({"a": 0.5, "b": 0.5}, {"a": 0.5}, r"kinds\.b = 0\.5; this one has None"),
    ],
)
def test_a_kind_more_or_less_is_another_config(
    static_config: TrainConfig,
    tmp_path: Path,
    before: dict[str, float],
    now: dict[str, float],
    message: str,
) -> None:
    open_record(tmp_path, of_kinds(static_config, **before), "abc")
    with pytest.raises(InvalidInputError, match=message):
        open_record(tmp_path, of_kinds(static_config, **now), "abc")


def test_a_curve_is_drawn_before_there_is_a_loss(tmp_path: Path) -> None:
    draw_curves(tmp_path, [{"step": 0, "examples": 0, "mrr": 0.1}])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
