"""A checkpoint's folder as sentence-transformers can load it, with built-in modules only.

Where a published checkpoint lacks files of sentence-transformers, or its configuration is not
native, a passing folder holds the files that differ and links to all others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cpt_rag.encoders.files import read_json
from cpt_rag.encoders.layouts import native_config
from cpt_rag.encoders.preset import Preset
from cpt_rag.errors import EncoderError

if TYPE_CHECKING:
    import torch

PROMPTS_FILE = "config_sentence_transformers.json"
CODET5P = "codet5p_embedding"
_MODULES = "sentence_transformers.models."


@contextmanager
def adapted(directory: Path, preset: Preset | None) -> Iterator[Path]:
    """``directory`` itself, or a passing folder that stands in for it while a model is loaded.

    Args:
        directory: a whole checkpoint.
        preset: what to put where the checkpoint says nothing of pooling, length or prompts.

    Raises:
        EncoderError: a configuration that no class here computes, or a projection is missing.
    """
    changed = _changed_files(directory, preset)
    if not changed:
        yield directory
        return
    # A copy of weights may still be mapped into memory at the end, where links cannot be made.
    with TemporaryDirectory(prefix="cpt-rag-", ignore_cleanup_errors=True) as folder:
        stand_in = Path(folder)
        for path in directory.rglob("*"):
            name = path.relative_to(directory)
            if path.is_file() and name.as_posix() not in changed and path.suffix != ".py":
                _link(path.resolve(), stand_in / name)
        for file, content in changed.items():
            (stand_in / file).parent.mkdir(parents=True, exist_ok=True)
            (stand_in / file).write_text(json.dumps(content), encoding="utf-8")
        if read_json(directory / "config.json").get("model_type") == CODET5P:
            _write_projection(directory, stand_in / "2_Dense")
        yield stand_in


def _changed_files(directory: Path, preset: Preset | None) -> dict[str, Any]:
    """File to its JSON content, for each that differs from the checkpoint's."""
    published = read_json(directory / "config.json")
    native = native_config(published)
    changed: dict[str, Any] = {} if native is None else {"config.json": native}
    if not (directory / "modules.json").is_file():
        changed |= _module_files(published, preset, directory)
    prompts = _with_preset(read_json(directory / PROMPTS_FILE), preset)
    if prompts is not None:
        changed[PROMPTS_FILE] = prompts
    return changed


def _with_preset(own: Mapping[str, Any], preset: Preset | None) -> dict[str, Any] | None:
    """The settings with the preset's prompts for roles that have none; None if nothing changes."""
    prompts = dict(own.get("prompts") or {})
    added = {
        role: text
        for role, text in (preset.prompts if preset else {}).items()
        if not prompts.get(role)
    }
    return dict(own) | {"prompts": prompts | added} if added else None


def _module_files(
    config: Mapping[str, Any], preset: Preset | None, directory: Path
) -> dict[str, Any]:
    """modules.json and what its modules need, for a checkpoint that was published without."""
    if preset is not None and preset.architecture == "StaticEmbedding":
        return {"modules.json": _listed(["StaticEmbedding", "Normalize"])}
    if config.get("model_type") == CODET5P:
        width, length, pooling = config["d_model"], config["n_positions"], "cls"
        kinds = ["Transformer", "Pooling", "Dense", "Normalize"]
    elif preset is not None:
        width, length, pooling = config["hidden_size"], preset.max_tokens, preset.pooling
        kinds = ["Transformer", "Pooling", "Normalize"]
    else:
        raise EncoderError(
            f"{directory} has no modules.json.",
            expected="a folder written by SentenceTransformer.save, or a checkpoint by its name",
            remedy="pass the folder that holds modules.json, or a name of `cpt-rag encoders`",
        )
    return {
        "modules.json": _listed(kinds),
        "sentence_bert_config.json": {"max_seq_length": length, "do_lower_case": False},
        "1_Pooling/config.json": {"embedding_dimension": width, "pooling_mode": pooling},
    }


def _listed(kinds: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "idx": place,
            "name": str(place),
            "path": f"{place}_{kind}" if place else "",
            "type": _MODULES + kind,
        }
        for place, kind in enumerate(kinds)
    ]


def _write_projection(directory: Path, place: Path) -> None:
    """CodeT5+'s projection of the first state, (embed_dim, d_model) and a bias, as ``Dense``."""
    from safetensors.torch import save_file

    weights = _tensors(directory)
    try:
        weight, bias = weights["proj.weight"], weights["proj.bias"]
    except KeyError as error:
        raise EncoderError(
            f"The weights in {directory} have no projection: {error} is missing.",
            expected="the weights of codet5p-110m-embedding",
            remedy="copy the checkpoint again",
        ) from error
    place.mkdir(parents=True, exist_ok=True)
    config = {
        "in_features": weight.shape[1],
        "out_features": weight.shape[0],
        "bias": True,
        "activation_function": "torch.nn.modules.linear.Identity",
    }
    (place / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tensors = {"linear.weight": weight.contiguous(), "linear.bias": bias.contiguous()}
    save_file(tensors, place / "model.safetensors")


def _tensors(directory: Path) -> dict[str, torch.Tensor]:
    safe = directory / "model.safetensors"
    if safe.is_file():
        from safetensors.torch import load_file

        return load_file(safe)
    import torch

    # weights_only: a pickle may hold code, and none is run.
    path = directory / "pytorch_model.bin"
    tensors: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source)
    except OSError:  # Windows lets only some users make links
        shutil.copyfile(source, target)
