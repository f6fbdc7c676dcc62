"""An encoder by the name of a shipped model or by the path of a local one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.presets import DEFAULT_ENCODER, PRESETS
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder


def load_encoder(name_or_path: str | Path = DEFAULT_ENCODER) -> Encoder:
    """Load an encoder with the fastest runtime that gives its exact vectors.

    Args:
        name_or_path: a preset's name, or a sentence-transformers directory on this machine.

    Raises:
        EncoderError: the name is unknown, or the directory is no usable model.
        MissingExtraError: the model needs torch, which the core leaves out.
    """
    directory = _locate(name_or_path)
    from cpt_rag.encoders.static import StaticEncoder
    from cpt_rag.encoders.tokens import NotStaticError

    try:
        return StaticEncoder(directory)
    except NotStaticError:
        from cpt_rag.encoders.transformer import TransformerEncoder

        return TransformerEncoder(directory)


def _locate(name_or_path: str | Path) -> Path:
    preset = PRESETS.get(str(name_or_path))
    directory = preset.directory if preset else Path(name_or_path).expanduser()
    if preset is None and not directory.is_dir():
        raise EncoderError(
            f"No encoder is called {str(name_or_path)!r}, and no such folder exists.",
            expected="one of " + ", ".join(sorted(PRESETS)) + ", or a sentence-transformers folder",
            remedy="pass a name or path from the line above",
        )
    if not (directory / "modules.json").is_file():
        raise EncoderError(
            f"{directory} is missing or has no modules.json.",
            expected="a folder written by SentenceTransformer.save",
            remedy="save the model there, pass the folder that holds modules.json, or, for a "
            "shipped model, install cpt-rag again",
        )
    return directory.resolve()
