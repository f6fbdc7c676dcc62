"""An encoder by the name of a preset or by the path of a local model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.encoders.preset import Preset
from cpt_rag.encoders.presets import DEFAULT_ENCODER, PRESETS, SHIPPED
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    from cpt_rag.types import Encoder


def load_encoder(name_or_path: str | Path = DEFAULT_ENCODER) -> Encoder:
    """Load an encoder with the fastest runtime that gives its exact vectors.

    Nothing is downloaded, and no code of a checkpoint is run.

    Args:
        name_or_path: a preset's name (``cpt-rag encoders`` lists them), or a
            sentence-transformers directory on this machine.

    Raises:
        EncoderError: the name is unknown, or the files are not there, not whole or not usable.
        MissingExtraError: the model needs torch, which the core leaves out.
    """
    preset = PRESETS.get(str(name_or_path))
    if preset is not None and preset.name not in SHIPPED:
        return _published(preset)
    directory = _whole(preset.directory) if preset else _given(name_or_path)
    from cpt_rag.encoders.static import StaticEncoder
    from cpt_rag.encoders.tokens import NotStaticError
    from cpt_rag.encoders.transformer import TransformerEncoder

    if not (directory / "modules.json").is_file():
        return TransformerEncoder(directory)
    try:
        return StaticEncoder(directory)
    except NotStaticError:
        return TransformerEncoder(directory)


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
    if not directory.is_dir():
        raise EncoderError(
            f"No encoder is called {str(path)!r}, and no such folder exists.",
            expected="one of " + ", ".join(sorted(PRESETS)) + ", or a sentence-transformers folder",
            remedy="pass a name or path from the line above",
        )
    return _whole(directory)


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
