"""Configs are checked when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

import cpt_rag
from cpt_training.config import CONFIGS, load_config


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_config_loads(path: Path) -> None:
    assert load_config(path.stem) == load_config(str(path))


def changed(tmp_path: Path, old: str, new: str) -> str:
    text = (CONFIGS / "cpt_static.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("batch = 2048", "batch = 1", "batch"),
        ("dimension = 256", "dimension = 512", "dimension"),
        ("vocabulary = 32768", "vocabulary = 100", "vocabulary"),
        ("warmup = 0.05", "warmup = 1.5", "warmup"),
        ("seed = ", "sede = ", "seed"),
        ("vocabulary = 32768", 'vocabulary = "many"', "vocabulary"),
        ("batch = 2048", "batch = = 2048", "not valid TOML"),
    ],
)
def test_an_impossible_value_is_refused_by_its_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=field):
        load_config(changed(tmp_path, old, new))


def test_an_unknown_config_lists_the_known_ones() -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="cpt_static"):
        load_config("no_such_config")
