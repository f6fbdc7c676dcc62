"""An encoder by the name of a preset or by the path of a local model."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.preset import Preset
from cpt_rag.encoders.presets import DEFAULT_ENCODER, PRESETS, SHIPPED
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder


def load_encoder(name_or_path: str | Path = DEFAULT_ENCODER) -> Encoder:
    """Load an encoder with the fastest runtime that is there for it.

    A static model runs on tiktoken and numpy, with its exact vectors. A transformer runs in int8
    where `build_onnx` has made that form of it and onnxruntime is installed, and by
    sentence-transformers otherwise; both are one encoder to a collection.

    Nothing is downloaded, and no code of a checkpoint is run.

    Args:
        name_or_path: a preset's name (``cpt-rag encoders`` lists them), or a
            sentence-transformers directory on this machine.

    Raises:
        EncoderError: the name is unknown, or the files are not there, not whole or not usable, or
            the model's int8 form is damaged.
        MissingExtraError: the model needs torch, which the core leaves out.
    """
    preset = PRESETS.get(str(name_or_path))
    if preset is not None and preset.name not in SHIPPED:
        return _published(preset)
    directory = locate(name_or_path)
    from cpt_rag.encoders.static import StaticEncoder
    from cpt_rag.encoders.tokens import NotStaticError
    from cpt_rag.encoders.transformer import TransformerEncoder

    if not (directory / "modules.json").is_file():
        return TransformerEncoder(directory)
    try:
        return StaticEncoder(directory)
    except NotStaticError:
        return _int8(directory) or TransformerEncoder(directory)


def locate(name_or_path: str | Path) -> Path:
    """The directory of a shipped model, or the one given, checked to hold a model.

    Raises:
        EncoderError: the name is unknown, or the directory is no model.
    """
    shipped = SHIPPED.get(str(name_or_path))
    return _whole(shipped.directory) if shipped else _given(name_or_path)


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


def _published(preset: Preset) -> Encoder:
    from cpt_rag.encoders.places import find
    from cpt_rag.encoders.transformer import TransformerEncoder

    directory = find(preset)
    encoder = TransformerEncoder(directory, preset)
    if encoder.dimension != preset.dimension:
        raise EncoderError(
            f"The vectors of {directory} have {encoder.dimension} dimensions.",
            expected=f"{preset.dimension}, those of {preset.name}",
            remedy=f"put the files of {preset.repository} there, or pass the folder by its path",
        )
    return encoder


def _given(path: str | Path) -> Path:
    directory = Path(path).expanduser()
    if directory.is_dir():
        return _whole(directory)
    if str(path) in PRESETS:
        raise EncoderError(
            f"{path} is a published model, which is taken here by its folder alone.",
            expected="the name of a shipped encoder, or a sentence-transformers folder",
            remedy="pass the folder that holds its files",
        )
    raise EncoderError(
        f"No encoder is called {str(path)!r}, and no such folder exists.",
        expected="one of " + ", ".join(sorted(PRESETS)) + ", or a sentence-transformers folder",
        remedy="pass a name or path from the line above",
    )


def _whole(directory: Path) -> Path:
    # Some published checkpoints, known by their config.json, come without a modules.json.
    if not any((directory / name).is_file() for name in ("modules.json", "config.json")):
        raise EncoderError(
            f"{directory} is missing or has no modules.json.",
            expected="a folder written by SentenceTransformer.save",
            remedy="save the model there, pass the folder that holds modules.json, or, for a "
            "shipped model, install cpt-rag again",
        )
    return directory.resolve()
