"""Where a published checkpoint lies on this machine, and what to do where it does not."""

from __future__ import annotations

from pathlib import Path

from cpt_rag.encoders.preset import Preset
from cpt_rag.errors import EncoderError

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
_WEIGHTS = "model.safetensors (or model.safetensors.index.json and every part that it names)"
_PLAIN = ("config.json", _WEIGHTS, *_TOKENIZER, "modules.json", "1_Pooling/config.json")
_FILES = {
    "StaticEmbedding": ("model.safetensors", "tokenizer.json"),
    "T5EncoderModel": ("config.json", "pytorch_model.bin", *_TOKENIZER),
    "Gemma3TextModel": (
        *_PLAIN,
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
        "3_Dense/config.json",
        "3_Dense/model.safetensors",
    ),
}


def find(preset: Preset) -> Path:
    """The folder of a published checkpoint: cpt-rag's own first, then Hugging Face's cache.

    Nothing is downloaded.

    Raises:
        EncoderError: it is in neither; says which files to put where, and the command that does.
    """
    own = own_place(preset.name)
    found = own if own.is_dir() and any(own.iterdir()) else _snapshot(preset)
    if found is None:
        raise _absent(preset, own)
    return found


def own_place(name: str) -> Path:
    """The folder for the checkpoint called ``name``, in the user's cache folder of cpt-rag."""
    from platformdirs import user_cache_path

    return user_cache_path("cpt-rag") / "encoders" / name


def _snapshot(preset: Preset) -> Path | None:
    """The revision that is meant in Hugging Face's cache, its main one where none is named."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:  # it comes with the extra that running the checkpoint needs anyway
        return None
    assert preset.repository is not None
    try:
        place = snapshot_download(
            preset.repository, revision=preset.revision, local_files_only=True
        )
    except LocalEntryNotFoundError:
        return None
    return Path(place)


def _absent(preset: Preset, own: Path) -> EncoderError:
    revision = f" --revision {preset.revision}" if preset.revision else ""
    return EncoderError(
        f"The files of {preset.name} are not on this machine: not in {own}, and "
        f"{preset.repository} is not in Hugging Face's cache.",
        expected="these files of that repository in that folder: "
        + ", ".join(_FILES.get(preset.architecture, _PLAIN)),
        remedy="nothing is downloaded by itself; where there is a network, run\n"
        f"  hf download {preset.repository}{revision} --local-dir {own}\n"
        "and copy that folder here",
    )
