"""An encoder by the name of a shipped model or by the path of a local one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.presets import DEFAULT_ENCODER, PRESETS
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder


def load_encoder(name_or_path: str | Path = DEFAULT_ENCODER) -> Encoder:
    """Load an encoder with the fastest runtime that is there for it.

    A static model runs on tiktoken and numpy, with its exact vectors. A transformer runs in int8
    where `build_onnx` has made that form of it and onnxruntime is installed, and by
    sentence-transformers otherwise; both are one encoder to a collection.

    Args:
        name_or_path: a preset's name, or a sentence-transformers directory on this machine.

    Raises:
        EncoderError: the name is unknown, or the directory is no usable model, or its int8 form
            is damaged.
        MissingExtraError: the model needs torch, which the core leaves out.
    """
    directory = locate(name_or_path)
    from cpt_rag.encoders.static import StaticEncoder
    from cpt_rag.encoders.tokens import NotStaticError

    try:
        return StaticEncoder(directory)
    except NotStaticError:
        return _int8(directory) or _plain(directory)


def _int8(directory: Path) -> Encoder | None:
    """The int8 form, where the user has built it and can run it."""
    if any(find_spec(name) is None for name in ("onnxruntime", "tokenizers")):
        return None
    from cpt_rag.encoders.onnx_form import Source

    source = Source(directory)
    form = source.form()
    if form is None:
        return None
    from cpt_rag.encoders.onnx import OnnxEncoder

    return OnnxEncoder(directory, source.place, form)


def _plain(directory: Path) -> Encoder:
    from cpt_rag.encoders.transformer import TransformerEncoder

    return TransformerEncoder(directory)


def locate(name_or_path: str | Path) -> Path:
    """The directory of a preset, or the one given, checked to hold a model.

    Raises:
        EncoderError: the name is unknown, or the directory is no model.
    """
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
