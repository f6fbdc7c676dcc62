"""What lies inside the package: small enough, told how it was made, and nothing that runs."""

from __future__ import annotations

import json

import pytest

import cpt_rag
from cpt_rag.encoders.presets import MODELS, SHIPPED


def test_all_weights_together_are_within_44_mebibytes() -> None:
    assert sum(path.stat().st_size for path in MODELS.rglob("*.safetensors")) <= 44 << 20


@pytest.mark.parametrize("name", SHIPPED)
def test_the_row_says_what_the_model_is(name: str) -> None:
    preset, encoder = SHIPPED[name], cpt_rag.load_encoder(name)
    assert preset.dimension == encoder.dimension
    assert preset.max_tokens == encoder.max_tokens
    assert preset.pooling == encoder.fingerprint.pooling
    assert preset.prompts == encoder.fingerprint.prompts
    assert encoder.fingerprint.name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_card_and_record_name_the_same_corpus(name: str) -> None:
    folder = SHIPPED[name].directory
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["finished"]
    assert record["corpus_sha256"] in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_of_it_runs(name: str) -> None:
    suffixes = {path.suffix for path in SHIPPED[name].directory.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".md", ".safetensors"}
