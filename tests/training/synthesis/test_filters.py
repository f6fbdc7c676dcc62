"""The filters of one answer: each names its own fault, and lets good texts through."""

from __future__ import annotations

import pytest

from cpt_training.synthesis.filters import fault, plain
from cpt_training.synthesis.prompts import DESCRIPTION, DOCSTRINGS

from .conftest import GOOD, QUERY, subject

SUMMARY, GOOGLE, BEHAVIOUR = DOCSTRINGS
ABOUT = subject("read_header")


@pytest.mark.parametrize("text", ["", "   \n", "...", "```\n```"])
def test_an_answer_without_a_word_is_empty(text: str) -> None:
    assert fault(plain(text), ABOUT, QUERY) == "empty"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I cannot help with that request because it is against the rules.",
        "I\u2019m unable to describe this function as there is not enough context to do so.",
        "I can't write a search query for this code, it is too short to be understood.",
        "Sorry, there is nothing that I could say about this function in thirty words.",
        "As an AI language model, I do not have access to the code that you refer to.",
        "Unfortunately, the code is incomplete, so what it is for cannot be told from it.",
        "Please provide the code of the function that you would like me to write about.",
    ],
)
def test_a_model_that_will_not_answer_is_a_refusal(text: str) -> None:
    assert fault(text, ABOUT, QUERY) == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "Sure! A function to split one line of a stream at its first colon into two parts.",
        "Here is a search query: split one line of a stream at its first colon.",
        "Query: split one line of a stream at its first colon into a name and a value",
        "Split one line of a stream at its first colon. Let me know if that helps you.",
        "<think>What is asked for?</think> Split one line of a stream at its first colon.",
        "```python\nSplit one line of a stream at its first colon.\n```\nIn Google style.",
        "```\nSplit one line of a stream.\n```\nor, in fewer words\n```\nSplit a line.\n```",
        'The docstring:\n\n```python\n"""Split one line of a stream at its first colon."""\n```',
        "```python\nSplit one line of a stream at its first colon, and do not close the fence.",
    ],
)
def test_a_model_that_speaks_to_the_asker_is_chatter(text: str) -> None:
    assert fault(plain(text), ABOUT, QUERY) == "chatter"


@pytest.mark.parametrize(
    "text",
    [
        "Liest eine Zeile aus dem Strom und trennt sie am ersten Doppelpunkt in zwei Teile.",
        "Lit une ligne du flux et la coupe au premier deux-points en un nom et une valeur.",
        "Lee una linea del flujo y la corta en los dos puntos para dar un nombre con su valor.",
        "从流中读取一行,并在第一个冒号处将其分成名称和值两部分。",
        "Читает строку из потока и делит её по первому двоеточию на имя и значение.",
        "Membaca satu baris dari aliran dan membaginya menjadi nama serta nilai untuk dikembalikan",
        "Soros rivi virrasta jaetaan ensimmaisen kaksoispisteen kohdalta nimeksi ja arvoksi",
    ],
)
def test_another_language_is_not_english(text: str) -> None:
    assert fault(text, ABOUT, BEHAVIOUR) == "not_english"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (" ".join(["open", "the"] * 4), QUERY),
        (" ".join(["open", "the"] * 16), QUERY),
        ("Open the file.", SUMMARY),
        (" ".join(["open", "the"] * 130), GOOGLE),
    ],
)
def test_too_few_or_too_many_words_are_a_fault_of_length(text: str, prompt: object) -> None:
    assert fault(text, ABOUT, prompt) == "length"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "how can I make read_header accept a stream of bytes and not only of text",
        "how can I read header lines from a stream of bytes and not only of text",
        "how can I make readHeader accept a stream of bytes and not only of text",
    ],
)
def test_the_name_of_the_function_leaks_as_identifier_and_as_words(text: str) -> None:
    assert fault(text, ABOUT, QUERY) == "leak"


@pytest.mark.parametrize("name", ["flush", "_flush", "__flush__"])
def test_a_name_of_one_word_leaks_only_where_it_is_marked_as_code(name: str) -> None:
    about = subject(f"Buffer.{name}")
    assert fault("how to flush a buffer to the disk before the process ends", about, QUERY) == ""
    for marked in ("`flush`", "flush()", "buffer.flush()", f"`{name}`", f"{name}()"):
        text = f"how to call {marked} on a buffer so that it is on the disk"
        assert fault(text, about, QUERY) == "leak", marked


def test_words_of_the_name_that_stand_apart_do_not_leak() -> None:
    assert fault("how to read the header of a mail line by line in python", ABOUT, QUERY) == ""


def test_a_description_may_have_the_name() -> None:
    text = "The function read_header takes one line of a stream and cuts it at the first colon."
    assert fault(text, ABOUT, DESCRIPTION) == ""


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (GOOD, QUERY),
        ("I don't want to lose the last line of a file when it has no line break", QUERY),
        ("os path join for windows drives that keeps trailing separators of the root", QUERY),
        ("Parse one mail field.", SUMMARY),
        ("Return the na\u00efve mean of all values, ignoring NaN.", SUMMARY),
        (
            "Split a line.\n\nArgs:\n    stream: where the line is read from.\n\n"
            "Returns:\n    The name and the value, stripped.",
            GOOGLE,
        ),
    ],
)
def test_a_good_text_has_no_fault(text: str, prompt: object) -> None:
    assert fault(text, ABOUT, prompt) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    ["A text.", " A text.\n", '"A text."', "```\nA text.\n```", '```python\n"""A text."""\n```'],
)
def test_marks_around_all_of_an_answer_are_taken_off(answer: str) -> None:
    assert plain(answer) == "A text."


@pytest.mark.parametrize("answer", ['"a" or "b"', "`a` and `b`", '"', "Return `x`"])
def test_marks_within_an_answer_stay(answer: str) -> None:
    assert plain(answer) == answer
