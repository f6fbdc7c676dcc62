"""Configs are checked when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

import cpt_rag
from cpt_training.config import CONFIGS, TrainConfig, load_config

STATIC = """
[static]
vocabulary = 1024
pretrained_words = true
split_identifiers = true
repeats_within = 8
dimension = 64
start = "pretrained"
weighting = "sif"
"""
TRANSFORMER = """
[transformer]
start = "all-MiniLM-L6-v2"
random_weights = false
layers = 6
pooling = "lasttoken"
delimiters = true
"""
CONTINUED = """
[continued]
start = "cpt-static"
"""
CORPUS = """
[data]
corpus = "cpt"
query_tokens = 32
document_tokens = 64
validation_pairs = 100
one_language = true
kinds = { docstring_code = 0.75, summary_rest = 0.25 }
"""
TRIPLETS = """
[data]
triplets = "nli.jsonl"
hard_negatives = 1
query_tokens = 32
document_tokens = 64
validation_pairs = 100
"""
OPTIMISATION = """
[optimisation]
batch = 16
mini_batch = 8
examples = 100
learning_rate = 0.01
weight_decay = 0.1
warmup = 0.05
scale = 20.0
validations = 10
matryoshka = [64, 32]
"""
TEACHER = """
[teacher]
model = "all-MiniLM-L6-v2"
texts = 100
tokens = 32
objective = "vectors"
weight = 2.0
batch = 16
before = 0.5
"""
LORA = """
[lora]
rank = 4
alpha = 8
targets = ["q_proj", "v_proj"]
"""
ORDER = """
[order]
weight = 1.0
scale = 10.0
negative_below = 0.6
"""
HEAD = 'name = "mine"\nseed = 1\n'
WHOLE = HEAD + STATIC + CORPUS + OPTIMISATION + TEACHER
SUPERVISED = HEAD + CONTINUED + TRIPLETS + OPTIMISATION
DECODER = HEAD + TRANSFORMER + LORA + CORPUS + OPTIMISATION


def load(folder: Path, text: str) -> TrainConfig:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(str(path))


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} stands in the config {text.count(old)} times"
    return text.replace(old, new)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_config_loads(path: Path) -> None:
    assert load_config(path.stem) == load_config(str(path))


def test_a_config_is_what_its_file_says(tmp_path: Path) -> None:
    config = load(tmp_path, WHOLE)
    assert (config.name, config.seed) == ("mine", 1)
    assert config.static
    assert config.static.dimension == 64
    assert config.transformer is None
    assert config.data.kinds == {"docstring_code": 0.75, "summary_rest": 0.25}
    assert config.optimisation.matryoshka == (64, 32)
    assert config.teacher
    assert config.teacher.before == 0.5


@pytest.mark.parametrize("model", [STATIC, TRANSFORMER, CONTINUED])
@pytest.mark.parametrize("data", [CORPUS, TRIPLETS])
def test_every_model_may_learn_from_either_data(tmp_path: Path, model: str, data: str) -> None:
    assert load(tmp_path, HEAD + model + data + OPTIMISATION).name == "mine"


def test_steps_are_whole_batches(tmp_path: Path) -> None:
    assert load(tmp_path, WHOLE).optimisation.steps == 6  # 96 of 100 pairs


IMPOSSIBLE = [
    ("vocabulary = 1024", "vocabulary = 511", "static.vocabulary"),
    ("repeats_within = 8", "repeats_within = -1", "static.repeats_within"),
    ("dimension = 64", "dimension = 0", "static.dimension"),
    ("dimension = 64", "dimension = 385", "static.dimension"),
    ('start = "pretrained"', 'start = "random"', "static.weighting"),
    ("query_tokens = 32", "query_tokens = 0", "data.query_tokens"),
    ("document_tokens = 64", "document_tokens = 0", "data.document_tokens"),
    ("validation_pairs = 100", "validation_pairs = 0", "data.validation_pairs"),
    ('corpus = "cpt"', "", "data.corpus"),
    ('corpus = "cpt"', 'corpus = "cpt"\ntriplets = "a.jsonl"', "data.triplets"),
    ("kinds = { docstring_code = 0.75, summary_rest = 0.25 }", "", "data.kinds"),
    ("summary_rest = 0.25", "summary_rest = 0.0", "data.kinds"),
    ("one_language = true", "hard_negatives = 1", "data.hard_negatives"),
    ("one_language = true", "together = 0", "data.together"),
    ("one_language = true", "phrased = 1.5", "data.phrased"),
    ("\nbatch = 16\nmini_batch = 8", "\nbatch = 1\nmini_batch = 1", "optimisation.batch"),
    ("mini_batch = 8", "mini_batch = 17", "optimisation.mini_batch"),
    ("mini_batch = 8", "mini_batch = 0", "optimisation.mini_batch"),
    ("examples = 100", "examples = 15", "optimisation.examples"),
    ("learning_rate = 0.01", "learning_rate = 0.0", "optimisation.learning_rate"),
    ("learning_rate = 0.01", "learning_rate = nan", "optimisation.learning_rate"),
    ("weight_decay = 0.1", "weight_decay = -0.1", "optimisation.weight_decay"),
    ("warmup = 0.05", "warmup = 1.0", "optimisation.warmup"),
    ("scale = 20.0", "scale = -1.0", "optimisation.scale"),
    ("validations = 10", "validations = 0", "optimisation.validations"),
    ("[64, 32]", "[32, 16]", "optimisation.matryoshka"),
    ("[64, 32]", "[64, 64]", "optimisation.matryoshka"),
    ("[64, 32]", "[64, 0]", "optimisation.matryoshka"),
    ("tokens = 32\nobjective", "tokens = 0\nobjective", "teacher.tokens"),
    ("batch = 16\nbefore", "batch = 1\nbefore", "teacher.batch"),
    ("texts = 100", "texts = 15", "teacher.texts"),
    ("weight = 2.0", "weight = 0.0", "teacher.weight"),
    ("before = 0.5", "before = 1.0", "teacher.before"),
]


@pytest.mark.parametrize(("old", "new", "field"), IMPOSSIBLE)
def test_an_impossible_value_is_refused_by_its_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError) as caught:
        load(tmp_path, changed(WHOLE, old, new))
    assert caught.value.found.startswith(f"{field} = ")
    assert caught.value.found.endswith(" in the config of 'mine'.")
    assert caught.value.expected
    assert caught.value.remedy == f"change {field} in the TOML file"


@pytest.mark.parametrize(
    ("text", "old", "new", "field"),
    [
        (
            HEAD + TRANSFORMER + CORPUS + OPTIMISATION,
            "layers = 6",
            "layers = 0",
            "transformer.layers",
        ),
        (HEAD + TRANSFORMER + CORPUS + OPTIMISATION, "[64, 32]", "[0]", "optimisation.matryoshka"),
        (SUPERVISED, 'start = "cpt-static"', 'start = ""', "continued.start"),
        (SUPERVISED, "hard_negatives = 1", "hard_negatives = -1", "data.hard_negatives"),
        (SUPERVISED, "hard_negatives = 1", "kinds = { summary_rest = 1.0 }", "data.kinds"),
        (SUPERVISED + ORDER, "hard_negatives = 1", "hard_negatives = 0", "order"),
        (SUPERVISED + ORDER, "weight = 1.0", "weight = -1.0", "order.weight"),
        (SUPERVISED + ORDER, "scale = 10.0", "scale = 0.0", "order.scale"),
        (SUPERVISED + ORDER, "below = 0.6", "below = 0.0", "order.negative_below"),
        (WHOLE, TEACHER, ORDER, "order"),
        (SUPERVISED + TEACHER, "texts = 100", "texts = 200", "teacher"),
        (DECODER, "rank = 4", "rank = 0", "lora.rank"),
        (DECODER, "alpha = 8", "alpha = 0", "lora.alpha"),
        (DECODER, '["q_proj", "v_proj"]', "[]", "lora.targets"),
        (DECODER, "warmup", "trained_share = 0.5\nwarmup", "optimisation.trained_share"),
        (DECODER, TRANSFORMER, STATIC, "lora"),
        (WHOLE, STATIC, "", "static"),
        (WHOLE, STATIC, STATIC + TRANSFORMER, "static"),
        (WHOLE, STATIC, CONTINUED + TRANSFORMER, "static"),
    ],
)
def test_what_does_not_go_together_is_refused_by_its_field(
    tmp_path: Path, text: str, old: str, new: str, field: str
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError) as caught:
        load(tmp_path, changed(text, old, new))
    assert caught.value.found.startswith(f"{field} = ")
    assert caught.value.expected


def test_adapters_and_attention_are_what_the_file_says(tmp_path: Path) -> None:
    attention = 'delimiters = true\nattention = "bidirectional"'
    config = load(tmp_path, changed(DECODER, "delimiters = true", attention))
    assert config.transformer
    assert config.transformer.attention == "bidirectional"
    assert config.lora
    assert config.lora.targets == ("q_proj", "v_proj")
    without = load(tmp_path, changed(DECODER, LORA, ""))
    assert without.transformer
    assert (without.transformer.attention, without.lora) == ("pretrained", None)


@pytest.mark.parametrize("targets", ['"q_proj"', "[1, 2]", '["q_proj", 2]'])
def test_targets_that_are_no_list_of_names_are_refused(tmp_path: Path, targets: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=r"targets = [^$]*a list of names"):
        load(tmp_path, changed(DECODER, '["q_proj", "v_proj"]', targets))


def test_a_random_start_may_be_as_wide_as_one_likes(tmp_path: Path) -> None:
    text = changed(WHOLE, "dimension = 64", "dimension = 1024")
    text = changed(text, 'start = "pretrained"', 'start = "random"')
    text = changed(text, 'weighting = "sif"', 'weighting = "none"')
    config = load(tmp_path, changed(text, "[64, 32]", "[1024, 32]"))
    assert config.static
    assert config.static.dimension == 1024


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("seed = 1", "seed = true", "seed"),
        ("seed = 1", 'seed = "1"', "seed"),
        ('name = "mine"', "name = 7", "name"),
        ("vocabulary = 1024", "vocabulary = 1024.0", "vocabulary"),
        ("pretrained_words = true", "pretrained_words = 1", "pretrained_words"),
        ('start = "pretrained"', 'start = "chance"', "start"),
        ("learning_rate = 0.01", 'learning_rate = "high"', "learning_rate"),
        ("learning_rate = 0.01", "learning_rate = true", "learning_rate"),
        ("[64, 32]", "64", "matryoshka"),
        ("[64, 32]", "[64, 32.0]", "matryoshka"),
        ("{ docstring_code = 0.75, summary_rest = 0.25 }", '"docstring_code"', "kinds"),
        ("docstring_code = 0.75", 'docstring_code = "most"', "kinds"),
        ("docstring_code = 0.75", "docstring_code = true", "kinds"),
        (STATIC, "static = 3", "static"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    text = changed(WHOLE, old, "" if field == "static" else new)
    with pytest.raises(cpt_rag.InvalidInputError) as caught:
        load(tmp_path, f"{new}\n{text}" if field == "static" else text)
    assert caught.value.found.startswith(f"{field} = ")
    assert "mine.toml" in caught.value.found
    assert caught.value.remedy == f"change {field}"


def test_a_whole_number_will_do_for_a_fraction(tmp_path: Path) -> None:
    assert load(tmp_path, changed(WHOLE, "scale = 20.0", "scale = 20")).optimisation.scale == 20


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 1", "", r"mine\.toml lacks \['seed'\]"),
        ("seed = 1", "sede = 1", r"lacks \['seed'\] and has the unknown \['sede'\]"),
        ("weight_decay = 0.1", "", r"\[optimisation\] of .*mine\.toml lacks \['weight_decay'\]"),
        ("tokens = 32\nobj", "tokens = 32\nsize = 3\nobj", r"\[teacher\] .*unknown \['size'\]"),
        (OPTIMISATION, "", r"lacks \['optimisation'\]"),
    ],
)
def test_missing_and_unknown_fields_are_named_with_their_section(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=message):
        load(tmp_path, changed(WHOLE, old, new))


def test_what_is_not_toml_is_refused_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match=r"mine\.toml is not valid TOML"):
        load(tmp_path, changed(WHOLE, "seed = 1", "seed = = 1"))


@pytest.mark.parametrize("name", ["no_such_config", "no/such/file.toml"])
def test_an_unknown_config_lists_the_known_ones(name: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="cpt_static") as caught:
        load_config(name)
    assert name in caught.value.found
