"""Variants of one config, each a whole config of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

import cpt_rag
from cpt_training.ablate import ABLATIONS, load_variants
from cpt_training.config import load_config


def written(folder: Path, text: str) -> str:
    path = folder / "some.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("path", sorted(ABLATIONS.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_ablation_has_variants_with_one_budget(path: Path) -> None:
    variants = load_variants(path.stem)
    assert len(variants) >= 3
    runs = [run for own in variants.values() for run in own]
    assert len({run.optimisation.examples for run in runs}) == 1
    assert len({run.name for run in runs}) == len(runs)


def test_a_variant_differs_in_what_it_says_and_in_nothing_else(tmp_path: Path) -> None:
    base = load_config("cpt_static")
    variants = load_variants(
        written(
            tmp_path,
            'config = "cpt_static"\n[common.optimisation]\nexamples = 4096\n'
            "[variants.narrow.static]\ndimension = 8\n",
        )
    )
    (narrow,) = variants["narrow"]
    assert narrow.static is not None
    assert base.static is not None
    assert (narrow.static.dimension, narrow.optimisation.examples) == (8, 4096)
    assert narrow.static.vocabulary == base.static.vocabulary
    assert (narrow.data, narrow.teacher, narrow.seed) == (base.data, base.teacher, base.seed)


def test_kinds_are_replaced_and_not_added_to(tmp_path: Path) -> None:
    said = 'config = "cpt_static"\n[variants.one.data.kinds]\ndocstring_code = 1.0\n'
    (one,) = load_variants(written(tmp_path, said))["one"]
    assert one.data.kinds == {"docstring_code": 1.0}


def test_false_takes_a_section_away(tmp_path: Path) -> None:
    assert load_config("cpt_static").teacher is not None
    said = 'config = "cpt_static"\n[variants.alone]\nteacher = false\n'
    (alone,) = load_variants(written(tmp_path, said))["alone"]
    assert alone.teacher is None


def test_each_variant_is_run_with_every_seed(tmp_path: Path) -> None:
    said = (
        'config = "cpt_static"\nseeds = [3, 5]\n[variants.a]\n[variants.b.static]\ndimension = 8\n'
    )
    variants = load_variants(written(tmp_path, said))
    assert {name: [run.seed for run in own] for name, own in variants.items()} == {
        "a": [3, 5],
        "b": [3, 5],
    }
    assert [run.name for run in variants["b"]] == ["b, seed 3", "b, seed 5"]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('config = "cpt_static"\n[variants.one.static]\ndimension = 0\n', "static.dimension"),
        ('config = "cpt_static"\n', "has config"),
        ('config = "cpt_static"\nseeds = []\n[variants.one]\n', "has config, seeds"),
        ("[variants.one]\n", "has variants"),
        ('config = "cpt_static"\nbudget = 3\n[variants.one]\n', "budget"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, said: str, complaint: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=complaint):
        load_variants(written(tmp_path, said))


def test_an_unknown_ablation_lists_the_known_ones() -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="batch"):
        load_variants("no_such_ablation")
