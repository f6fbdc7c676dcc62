"""Whether a checkpoint's folder is whole, before anything is loaded from it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cpt_rag.errors import EncoderError

_WHOLE = ("model.safetensors", "pytorch_model.bin")
_INDICES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
# Any one of these groups makes a tokenizer.
_TOKENIZERS = (
    ("tokenizer.json",),
    ("vocab.txt",),
    ("vocab.json", "merges.txt"),
    ("tokenizer.model",),
    ("spiece.model",),
    ("sentencepiece.bpe.model",),
)


def require_files(directory: Path) -> None:
    """Refuse a folder that lacks weights, a part of them, a tokenizer or a module's own files.

    Raises:
        EncoderError: names every file that is missing.
    """
    modules = read_json(directory / "modules.json") or [{"type": "Transformer", "path": ""}]
    missing = []
    for module in modules:
        place = directory / module["path"]
        names = _MISSING.get(module["type"].rsplit(".", 1)[-1], _nothing)(place)
        missing += [(Path(module["path"]) / name).as_posix() for name in names]
    if missing:
        raise EncoderError(
            f"{directory} is not whole: it lacks {', '.join(missing)}.",
            expected="all files of the checkpoint",
            remedy="copy them again, or pass a folder that has them all",
        )


def read_json(path: Path) -> Any:
    """What a JSON file holds; an empty mapping where there is none.

    Raises:
        EncoderError: it is no JSON.
    """
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EncoderError(
            f"{path} cannot be read: {error}",
            expected="JSON, as the checkpoint was published",
            remedy="copy the file again",
        ) from error


def stored_numbers(directory: Path) -> int | None:
    """How many numbers the weights in ``directory`` hold; None where they are no safetensors."""
    from safetensors import safe_open

    index = directory / _INDICES[0]
    parts = set(read_json(index)["weight_map"].values()) if index.is_file() else {_WHOLE[0]}
    if not all((directory / part).is_file() for part in parts):
        return None
    count = 0
    for part in parts:
        with safe_open(directory / part, framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - it is no mapping
                count += math.prod(tensors.get_slice(name).get_shape())
    return count


def _model(place: Path) -> list[str]:
    missing = [] if (place / "adapter_config.json").is_file() else _weights(place)
    if not any(all((place / name).is_file() for name in group) for group in _TOKENIZERS):
        missing.append("tokenizer.json")
    return missing


def _weights(place: Path) -> list[str]:
    if any((place / name).is_file() for name in _WHOLE):
        return []
    for index in _INDICES:
        if (place / index).is_file():
            parts = sorted(set(read_json(place / index).get("weight_map", {}).values()))
            return [part for part in parts if not (place / part).is_file()]
    return [_WHOLE[0]]


def _config(place: Path) -> list[str]:
    return [] if (place / "config.json").is_file() else ["config.json"]


def _dense(place: Path) -> list[str]:
    return _config(place) + _weights(place)


def _nothing(place: Path) -> list[str]:
    return []


_MISSING: dict[str, Callable[[Path], list[str]]] = {
    "Transformer": _model,
    "StaticEmbedding": _model,
    "Pooling": _config,
    "Dense": _dense,
}
