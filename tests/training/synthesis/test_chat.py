"""The chat model by its name on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.synthesis.chat import load_chat, model_name

from .conftest import MODEL, ScriptedChat

Write = Callable[[str], str]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a module beside the user, and return its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> str:
        name = "chat_of_a_user"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return write


LISTED = """
from langchain_core.language_models import FakeListChatModel

class Named(FakeListChatModel):
    model: str = "named-1"
"""


@pytest.mark.parametrize(
    "line", ["model = Named(responses=['a'])", "def model(): return Named(responses=['a'])"]
)
def test_a_model_and_what_makes_one_are_found_by_module_and_name(module: Write, line: str) -> None:
    name = module(f"{LISTED}\n{line}\n")
    assert model_name(load_chat(f"{name}:model")) == "named-1"


def test_a_model_that_does_not_say_which_it_is_is_refused(module: Write) -> None:
    name = module(
        "from langchain_core.language_models import FakeListChatModel\n"
        "model = FakeListChatModel(responses=['a'])\n"
    )
    with pytest.raises(InvalidInputError, match="does not say which model"):
        load_chat(f"{name}:model")


@pytest.mark.parametrize("field", ["model", "model_name", "model_id"])
def test_the_name_is_where_the_integrations_keep_it(field: str) -> None:
    chat: Any = type("Other", (ScriptedChat,), {"__annotations__": {field: str}})
    made = chat(script=str, model="", **({field: MODEL} if field != "model" else {}))
    made.__dict__[field] = MODEL
    assert model_name(made) == MODEL


@pytest.mark.parametrize("name", ["no_such_module_of_mine:model", "json:model", "json", ":model"])
def test_a_model_that_is_not_there_is_refused_with_a_way_to_make_one(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"cannot be had[^$]*chat\.py"):
        load_chat(name)


def test_what_fails_in_the_users_own_module_is_said(module: Write) -> None:
    name = module("def model(): raise KeyError('API_KEY')\n")
    with pytest.raises(InvalidInputError, match="KeyError: 'API_KEY'"):
        load_chat(f"{name}:model")


def test_what_is_no_chat_model_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="is no chat model but dict"):
        load_chat("builtins:dict")
