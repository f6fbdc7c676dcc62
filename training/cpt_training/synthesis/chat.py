"""The chat model that writes: any of LangChain's, named as ``module:name``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cpt_rag.errors import InvalidInputError
from cpt_training.synthesis.extra import require_extra

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Where LangChain's integrations keep the name that their provider knows the model by.
_NAMES = ("model", "model_name", "model_id")
_REMEDY = (
    "write a file chat.py in this folder with, say,"
    " model = init_chat_model(...) of langchain.chat_models, and pass --model chat:model"
)


def load_chat(name: str) -> BaseChatModel:
    """Import a chat model.

    Args:
        name: ``module:name`` of a ``BaseChatModel``, or of what makes one when it is called.

    Raises:
        MissingExtraError: langchain-core is not installed.
        InvalidInputError: there is no such module or name, it fails, or it is no chat model, or
            one that does not say which.
    """
    require_extra()
    from langchain_core.language_models import BaseChatModel

    try:
        module, _, attribute = name.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        if callable(found) and not isinstance(found, BaseChatModel):
            found = found()
    except Exception as error:  # whatever the user's own module does
        raise InvalidInputError(
            f"{name!r} cannot be had: {type(error).__name__}: {error}",
            expected="MODULE:NAME of a chat model of LangChain",
            remedy=_REMEDY,
        ) from error
    if not isinstance(found, BaseChatModel):
        raise InvalidInputError(
            f"{name} is no chat model but {type(found).__name__}.",
            expected="a BaseChatModel of LangChain, or a function that makes one",
            remedy=_REMEDY,
        )
    model_name(found)
    return found


def model_name(model: BaseChatModel) -> str:
    """The name that a model's provider knows it by.

    Raises:
        InvalidInputError: it has none: what it writes could not be told from what others write.
    """
    for field in _NAMES:
        name = getattr(model, field, None)
        if isinstance(name, str) and name.strip():
            return name
    raise InvalidInputError(
        f"{type(model).__name__} does not say which model it is.",
        expected=f"a name as one of its attributes {', '.join(_NAMES)}",
        remedy="name the model where it is made; nothing is kept that no named model wrote",
    )
