"""The learnt vocabulary cuts alike in tokenizers and in tiktoken."""

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
from cpt_training.models.vocabulary import learn_vocabulary, leave_out_repeats

SIZE = 600
# None is frequent in the sources; some begin with others, or with what is learnt.
WORDS = ["zebra", "zebrafish", "fish", "quixotic", "returnable", "zeb", "xylophone"]


def sources() -> list[str]:
    paths = sorted(Path(cpt_rag.__file__).parent.rglob("*.py"))
    return [path.read_text(encoding="utf-8") for path in paths]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return learn_vocabulary(sources(), SIZE)


@pytest.fixture(scope="module")
def with_words() -> Tokenizer:
    return learn_vocabulary(sources(), SIZE, WORDS)


def saved(tokenizer: Tokenizer, directory: Path) -> Path:
    """A static model with that tokenizer."""
    tokenizer.save(str(directory / "tokenizer.json"))
    weights = {"embedding.weight": np.ones((tokenizer.get_vocab_size(), 4), np.float32)}
    save_file(weights, directory / "model.safetensors")
    modules = [{"type": "StaticEmbedding"}, {"type": "Normalize"}]
    (directory / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def fast(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> StaticEncoder:
    return StaticEncoder(saved(tokenizer, tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def fast_with_words(
    with_words: Tokenizer, tmp_path_factory: pytest.TempPathFactory
) -> StaticEncoder:
    return StaticEncoder(saved(with_words, tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def fast_without_repeats(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Tokenizer, StaticEncoder]:
    tokenizer = learn_vocabulary(sources(), SIZE)
    leave_out_repeats(tokenizer, 3)
    return tokenizer, StaticEncoder(saved(tokenizer, tmp_path_factory.mktemp("model")))


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)


def test_it_has_the_size_asked_for_and_no_special_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == SIZE
    assert json.loads(tokenizer.to_str())["added_tokens"] == []


def test_a_word_has_one_form_wherever_it_stands(tokenizer: Tokenizer) -> None:
    spellings = ["return value", "returnValue", "return_value", "  RETURN\n\tvalue"]
    assert len({tuple(ids(tokenizer, text)) for text in spellings}) == 1


# Few letters make many overlapping merges: "aa", "aab", "abab", ...
@settings(max_examples=300)
@given(st.text("abeirst _=", max_size=60) | st.text(st.characters(codec="utf-8")))
def test_ids_agree_with_tiktoken(tokenizer: Tokenizer, fast: StaticEncoder, text: str) -> None:
    assert fast.token_ids(text) == ids(tokenizer, text)


def test_words_that_are_given_become_whole_tokens_after_the_learnt_ones(
    tokenizer: Tokenizer, with_words: Tokenizer
) -> None:
    learnt = tokenizer.get_vocab()
    assert not learnt.keys() & {*WORDS}
    assert {**learnt, **{w: SIZE + i for i, w in enumerate(WORDS)}} == with_words.get_vocab()
    for word in WORDS:
        assert (
            ids(with_words, word)
            == ids(with_words, f" {word.title()}")
            == [with_words.token_to_id(word)]
        )


def test_a_word_that_was_learnt_already_stays_as_it_is(tokenizer: Tokenizer) -> None:
    learnt = max(tokenizer.get_vocab(), key=len)
    again = learn_vocabulary(sources(), SIZE, [learnt, "zebra"])
    assert again.token_to_id(learnt) == tokenizer.token_to_id(learnt)
    assert again.get_vocab_size() == SIZE + 1


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([*WORDS, "s", "re", "return", "A", "_", " ", "1"]), max_size=8).map(
        "".join
    )
    | st.text("zebrafish", max_size=20)
)
def test_ids_agree_with_tiktoken_where_words_were_given(
    with_words: Tokenizer, fast_with_words: StaticEncoder, text: str
) -> None:
    assert fast_with_words.token_ids(text) == ids(with_words, text)


def test_an_identifier_may_stay_one_word() -> None:
    whole = learn_vocabulary(sources(), SIZE, ["readfile"], split_identifiers=False)
    assert ids(whole, "readFile") == ids(whole, "READFILE") == [whole.token_to_id("readfile")]
    assert ids(whole, "read_file") != ids(whole, "read file")
    opened = learn_vocabulary(sources(), SIZE, ["readfile"])
    assert ids(opened, "readFile") == ids(opened, "read_file") == ids(opened, "read file")


@settings(max_examples=200)
@given(st.text("abr (.1\n", max_size=60) | st.text(st.characters(codec="utf-8")))
def test_ids_agree_with_tiktoken_where_repeated_words_are_left_out(
    fast_without_repeats: tuple[Tokenizer, StaticEncoder], text: str
) -> None:
    tokenizer, fast = fast_without_repeats
    assert fast.token_ids(text) == ids(tokenizer, text)


def test_a_repeated_word_has_no_tokens(
    fast_without_repeats: tuple[Tokenizer, StaticEncoder],
) -> None:
    tokenizer, _ = fast_without_repeats
    assert ids(tokenizer, "zebra fish zebra") == ids(tokenizer, "fish zebra")
    assert ids(tokenizer, "zebra a b c zebra") != ids(tokenizer, "a b c zebra")
