"""The learned vocabulary cuts alike in tokenizers and in tiktoken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from tokenizers import Tokenizer

import cpt_rag
from cpt_rag.encoders.static import StaticEncoder
from cpt_training.vocabulary import learn_vocabulary

SIZE = 600


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    sources = sorted(Path(cpt_rag.__file__).parent.rglob("*.py"))
    return learn_vocabulary((path.read_text(encoding="utf-8") for path in sources), SIZE)


@pytest.fixture(scope="module")
def fast(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> StaticEncoder:
    directory = tmp_path_factory.mktemp("model")
    tokenizer.save(str(directory / "tokenizer.json"))
    weights = {"embedding.weight": np.ones((SIZE, 4), np.float32)}
    save_file(weights, directory / "model.safetensors")
    modules = [{"type": "StaticEmbedding"}, {"type": "Normalize"}]
    (directory / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return StaticEncoder(directory)


def test_it_has_the_size_asked_for_and_no_special_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == SIZE
    assert json.loads(tokenizer.to_str())["added_tokens"] == []


def test_a_word_has_one_form_wherever_it_stands(tokenizer: Tokenizer) -> None:
    spellings = ["return value", "returnValue", "return_value", "  RETURN\n\tvalue"]
    assert len({tuple(tokenizer.encode(text).ids) for text in spellings}) == 1


# Few letters make many overlapping merges: "aa", "aab", "abab", ...
@settings(max_examples=300)
@given(st.text("abeirst _=", max_size=60) | st.text(st.characters(codec="utf-8")))
def test_ids_agree_with_tiktoken(tokenizer: Tokenizer, fast: StaticEncoder, text: str) -> None:
    assert fast.token_ids(text) == tokenizer.encode(text, add_special_tokens=False).ids
