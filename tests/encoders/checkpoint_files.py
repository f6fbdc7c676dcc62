"""What published checkpoints are made of: settings, tensors under their names, module files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

HIDDEN = 32
Tensors = dict[str, torch.Tensor]
# What a checkpoint's own code would do if anything ran it.
MODELLING = "raise RuntimeError('code of a checkpoint was run')\n"
_ST = "sentence_transformers.models."


def write(directory: Path, config: Mapping[str, Any], tensors: Tensors) -> None:
    (directory / "config.json").write_text(json.dumps(dict(config)))
    if tensors:
        save_file({name: t.contiguous() for name, t in tensors.items()},
                  directory / "model.safetensors", {"format": "pt"})  # fmt: skip


def write_parts(directory: Path, tensors: Tensors) -> None:
    """Two files of weights and their index."""
    names = sorted(tensors)
    weight_map: dict[str, str] = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name].contiguous() for name in part},
                  directory / file, {"format": "pt"})  # fmt: skip
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))


def write_code(directory: Path, *modules: str) -> None:
    for module in modules:
        (directory / f"{module}.py").write_text(MODELLING)


def write_modules(
    directory: Path,
    pooling: str,
    length: int,
    prompts: Mapping[str, str] | None = None,
    normalized: bool = False,
    dense: int = 0,
) -> None:
    kinds = ["Transformer", "Pooling", *["Dense"] * dense, *["Normalize"] * normalized]
    listed = [
        {
            "idx": i,
            "name": str(i),
            "path": f"{i}_{kind}" if i else "",
            "type": _ST + kind,
        }
        for i, kind in enumerate(kinds)
    ]
    (directory / "modules.json").write_text(json.dumps(listed))
    (directory / "1_Pooling").mkdir()
    modes = {"cls": "cls_token", "mean": "mean_tokens", "lasttoken": "lasttoken"}
    flags = {f"pooling_mode_{mode}": name == pooling for name, mode in modes.items()}
    width = {"word_embedding_dimension": HIDDEN}
    (directory / "1_Pooling" / "config.json").write_text(json.dumps(width | flags))
    settings = {"max_seq_length": length, "do_lower_case": False}
    (directory / "sentence_bert_config.json").write_text(json.dumps(settings))
    own = {"prompts": dict(prompts or {}), "default_prompt_name": None}
    (directory / "config_sentence_transformers.json").write_text(json.dumps(own))


def write_dense(place: Path, weight: torch.Tensor) -> None:
    place.mkdir()
    config = {"in_features": weight.shape[1], "out_features": weight.shape[0], "bias": False,
              "activation_function": "torch.nn.modules.linear.Identity"}  # fmt: skip
    (place / "config.json").write_text(json.dumps(config))
    save_file({"linear.weight": weight}, place / "model.safetensors")


def fuse(tensors: Tensors, into: str, parts: list[str]) -> Tensors:
    """One tensor in the place of several, stacked along their outputs."""
    fused = {name: t for name, t in tensors.items() if not any(part in name for part in parts)}
    for name in [name for name in tensors if parts[0] in name]:
        stacked = [tensors[name.replace(parts[0], part)] for part in parts]
        fused[name.replace(parts[0], into)] = torch.cat(stacked)
    return fused


def renamed(tensors: Tensors, names: Mapping[str, str]) -> Tensors:
    def published(name: str) -> str:
        for native, other in names.items():
            name = name.replace(native, other)
        return name

    return {published(name): tensor for name, tensor in tensors.items()}
