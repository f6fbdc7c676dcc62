"""SNLI and MultiNLI as published become premises, entailed hypotheses and contradictions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.supervised.nli import convert_nli
from cpt_training.supervised.triplets import Triplet

Row = tuple[str, str, str]
PARSES = ("sentence1_binary_parse", "sentence2_binary_parse", "sentence1_parse", "sentence2_parse")
ANNOTATORS = ("label1", "label2", "label3", "label4", "label5")
SNLI = ("gold_label", *PARSES, "sentence1", "sentence2", "captionID", "pairID", *ANNOTATORS)
MULTINLI = (*SNLI[:7], "promptID", "pairID", "genre", *ANNOTATORS)

BOAT, DOG = "Two women row a boat.", "A dog runs over the sand."
ROWS: list[Row] = [
    ("neutral", BOAT, "The women are sisters."),
    ("entailment", BOAT, "People are on the water."),
    ("contradiction", DOG, "The dog is asleep."),
    ("contradiction", BOAT, "The women ride bicycles."),
    ("-", BOAT, "The boat is old."),
    ("entailment", DOG, "An animal moves."),
    ("entailment", BOAT, "Two women are in a boat."),
    ("contradiction", BOAT, "The boat is empty."),
]
TRIPLETS = [
    Triplet(BOAT, hypothesis, ("The women ride bicycles.", "The boat is empty."))
    for hypothesis in ("People are on the water.", "Two women are in a boat.")
] + [Triplet(DOG, "An animal moves.", ("The dog is asleep.",))]


def snli_jsonl(rows: Iterable[Row]) -> str:
    """Lines with the fields of ``snli_1.0_train.jsonl``."""
    return "".join(
        json.dumps(
            {
                "annotator_labels": [label],
                "captionID": "1.jpg#0",
                "gold_label": label,
                "pairID": "1.jpg#0r1e",
                "sentence1": premise,
                "sentence1_binary_parse": "( ( Two women ) . )",
                "sentence1_parse": "(ROOT (NP (CD Two) (NNS women)))",
                "sentence2": hypothesis,
                "sentence2_binary_parse": "( ( People ) . )",
                "sentence2_parse": "(ROOT (NP (NNS People)))",
            }
        )
        + "\n"
        for label, premise, hypothesis in rows
    )


def table(rows: Iterable[Row], columns: Iterable[str]) -> str:
    """Lines with the columns of ``snli_1.0_train.txt`` or ``multinli_1.0_train.txt``."""
    lines = ["\t".join(columns)]
    for label, premise, hypothesis in rows:
        values = {"gold_label": label, "sentence1": premise, "sentence2": hypothesis}
        lines.append("\t".join(values.get(name, f"({name} x)") for name in columns))
    return "\n".join(lines) + "\n"


def save(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def converted(tmp_path: Path, *rows: Row) -> tuple[list[Triplet], list[str]]:
    notes: list[str] = []
    path = save(tmp_path / "snli_1.0_train.jsonl", snli_jsonl(rows))
    return list(convert_nli([path], notes)), notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("snli_1.0_train.jsonl", snli_jsonl(ROWS)),
        ("snli_1.0_train.txt", table(ROWS, SNLI)),
        ("multinli_1.0_train.txt", table(ROWS, MULTINLI)),
        ("multinli_1.0_train.txt.gz", table(ROWS, MULTINLI)),
        ("train.tsv", table(ROWS, MULTINLI[::-1])),
    ],
)
def test_each_entailment_gives_a_triplet_with_its_premises_contradictions(
    tmp_path: Path, name: str, text: str
) -> None:
    assert list(convert_nli([save(tmp_path / name, text)])) == TRIPLETS


def test_premises_are_gathered_over_files_of_both_formats(tmp_path: Path) -> None:
    files = [
        save(tmp_path / "snli_1.0_train.jsonl", snli_jsonl(ROWS[:3])),
        save(tmp_path / "snli_1.0_train.txt", table(ROWS[3:], SNLI)),
    ]
    assert list(convert_nli(files)) == TRIPLETS


def test_the_same_files_give_the_same_order(tmp_path: Path) -> None:
    assert converted(tmp_path, *ROWS) == converted(tmp_path, *ROWS)


def test_lines_left_out_are_counted_by_reason(tmp_path: Path) -> None:
    triplets, notes = converted(
        tmp_path, *ROWS, ROWS[1], ("contradiction", "Rain.", "Sun."), ("entailment", "Snow.", " ")
    )
    assert triplets == TRIPLETS
    assert notes == [
        "neutral lines left out: 1",
        "lines without a gold label left out: 1",
        "repeated lines left out: 1",
        "lines with a blank sentence left out: 1",
        "contradictions of premises that entail nothing left out: 1",
    ]


def test_a_premise_without_a_contradiction_gives_a_pair(tmp_path: Path) -> None:
    triplets, _ = converted(tmp_path, ROWS[0], ROWS[1])
    assert triplets == [Triplet(BOAT, "People are on the water.", ())]


def test_a_premise_that_entails_nothing_gives_nothing(tmp_path: Path) -> None:
    assert converted(tmp_path, ROWS[0], ROWS[3])[0] == []


def test_a_hypothesis_both_entailed_and_contradicted_is_neither(tmp_path: Path) -> None:
    disputed = [("contradiction", DOG, "An animal moves."), ("entailment", DOG, "An animal moves.")]
    triplets, notes = converted(tmp_path, ("entailment", DOG, "It runs."), ROWS[5], *disputed)
    assert triplets == [Triplet(DOG, "It runs.", ())]
    assert notes == ["lines both entailed and contradicted left out: 3"]


def test_spaces_around_a_sentence_are_none_of_it(tmp_path: Path) -> None:
    triplets, _ = converted(
        tmp_path, ("entailment", f" {DOG}", "It runs. "), ("contradiction", DOG, "It rests.")
    )
    assert triplets == [Triplet(DOG, "It runs.", ("It rests.",))]


def test_sentences_keep_their_characters(tmp_path: Path) -> None:
    row = ("entailment", '"Où?" — 東京\u2028駅', 'She asked "where".')
    for name, text in (("a.jsonl", snli_jsonl([row])), ("b.txt", table([row], SNLI))):
        [triplet] = convert_nli([save(tmp_path / name, text)])
        assert (triplet.anchor, triplet.positive) == row[1:]


def test_a_row_may_lack_the_annotators_labels_at_its_end(tmp_path: Path) -> None:
    lines = table(ROWS, MULTINLI).splitlines()
    shorter = [lines[0], *("\t".join(line.split("\t")[:11]) for line in lines[1:])]
    assert list(convert_nli([save(tmp_path / "a.txt", "\n".join(shorter))])) == TRIPLETS


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", snli_jsonl(ROWS) + "{", "line 9 is not JSON"),
        ("a.jsonl", '{"gold_label": "neutral"}', "line 1 has no text as 'sentence1': None"),
        ("a.jsonl", snli_jsonl([("maybe", "a", "b")]), "line 1 has the label 'maybe'"),
        ("a.txt", "\n" + table([("hidden", "a", "b")], SNLI), "line 3 has the label 'hidden'"),
        ("a.txt", "entailment\ta\tb\n", "line 1 names no column 'gold_label'"),
        (
            "a.txt",
            table(ROWS, MULTINLI) + "neutral\tx\n",
            "line 10 has 2 columns, which do not reach sentence2",
        ),
        ("a.txt", table([], SNLI), " holds no labelled sentences"),
        ("a.jsonl", "", " holds no labelled sentences"),
        ("a.csv", "", " is of no known kind: '.csv'"),
        ("a.jsonl.zip", "", " is of no known kind: '.zip'"),
    ],
)
def test_another_file_is_refused_with_its_place(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = save(tmp_path / name, text)
    with pytest.raises(InvalidInputError) as caught:
        list(convert_nli([path]))
    assert str(path) in caught.value.found
    assert message in caught.value.found
    assert caught.value.expected
    assert caught.value.remedy


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"absent\.jsonl cannot be read"):
        list(convert_nli([tmp_path / "absent.jsonl"]))
