"""The chat model by its name on the command line."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.synthesis.chat import load_chat, model_name

from .conftest import MODEL

LISTED = """
from langchain_core.language_models import FakeListChatModel

class Named(FakeListChatModel):
    model: str = "named-1"
"""


@pytest.mark.parametrize(
    "line", ["model = Named(responses=['a'])", "def model(): return Named(responses=['a'])"]
)
def test_a_model_and_what_makes_one_are_found_by_module_and_name(
    chat_module: Path, line: str
) -> None:
    (chat_module / "chat.py").write_text(f"{LISTED}\n{line}\n", encoding="utf-8")
    assert model_name(load_chat("chat:model")) == "named-1"


def test_a_model_that_does_not_say_which_it_is_is_refused(chat_module: Path) -> None:
    line = "model = FakeListChatModel(responses=['a'])"
    (chat_module / "chat.py").write_text(f"{LISTED}\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="does not say which model"):
        load_chat("chat:model")


@pytest.mark.parametrize("field", ["model", "model_name", "model_id"])
def test_the_name_is_where_the_integrations_keep_it(field: str) -> None:
    chat: Any = SimpleNamespace(**{"model": " ", field: MODEL})
    assert model_name(chat) == MODEL


@pytest.mark.parametrize("name", ["no_such_module_of_mine:model", "json:model", "json", ":model"])
def test_a_model_that_is_not_there_is_refused_with_a_way_to_make_one(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"cannot be had[^$]*chat\.py"):
        load_chat(name)


def test_what_fails_in_the_users_own_module_is_said(chat_module: Path) -> None:
    (chat_module / "chat.py").write_text(
        "def model(): raise KeyError('API_KEY')\n", encoding="utf-8"
    )
    with pytest.raises(InvalidInputError, match="KeyError: 'API_KEY'"):
        load_chat("chat:model")


def test_what_is_no_chat_model_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="is no chat model but dict"):
        load_chat("builtins:dict")
