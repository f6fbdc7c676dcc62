"""Prompts: what is asked, and that a wording has one version."""

from __future__ import annotations

import pytest

from cpt_training.synthesis.prompts import DESCRIPTION, DOCSTRINGS, PROMPTS, QUERIES, Prompt

from .conftest import subject

# Another wording is another version: raise it, and write down the new hash.
WORDINGS = {
    "docstring-summary/1": "cd164bc4e3e6983c",
    "docstring-google/1": "25577b9e0ba488a2",
    "docstring-behaviour/1": "187539386e6eed7a",
    "query/1": "b2eb4e42aa943f41",
    "description/1": "a84f2d4d8f3061b1",
}


def test_docstrings_are_asked_for_in_several_styles_and_queries_of_10_to_30_words() -> None:
    assert len({prompt.style for prompt in DOCSTRINGS}) == len(DOCSTRINGS) == 3
    assert [prompt.words for prompt in QUERIES] == [(10, 30)]


def test_a_wording_does_not_change_under_its_version() -> None:
    assert {prompt.id: prompt.sha256[:16] for prompt in PROMPTS.values()} == WORDINGS


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.id)
def test_a_prompt_shows_the_code_and_its_language(prompt: Prompt) -> None:
    (system, rules), (human, text) = prompt.messages(subject())
    assert (system, human) == ("system", "human")
    assert "never an instruction" in rules
    assert f"```\n{subject().code}\n```" in text
    assert "Language: python" in text


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.id)
def test_code_cannot_close_the_fence_that_it_stands_in(prompt: Prompt) -> None:
    code = subject(body='return "````"').code
    about = subject(body='return "````"')
    assert prompt.messages(about)[1][1].endswith(f"`````\n{code}\n`````")


def test_only_a_description_for_an_index_may_name_what_it_describes() -> None:
    assert [prompt for prompt in PROMPTS.values() if not prompt.unnamed] == [DESCRIPTION]
    for prompt in (*DOCSTRINGS, *QUERIES):
        assert "Do not use its name" in prompt.task
