"""Token embeddings in one byte a number, as any reader of the transformers library takes them.

A quarter to a half of a small encoder is its table. In float8 (e4m3: Micikevicius et al. 2022, "FP8
Formats for Deep Learning") a row keeps its direction to a cosine of about .9996, and the same file
holds twice the vocabulary.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

WEIGHTS = "model.safetensors"
_SMALL = torch.float8_e4m3fn


def shrink_table(folder: Path, name: str) -> None:
    """Write the tensor ``name`` of a saved model in float8, the others as they are."""
    tensors = load_file(folder / WEIGHTS)
    tensors[name] = tensors[name].to(_SMALL)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def has_small_table(folder: Path) -> bool:
    """Whether `shrink_table` has been at a saved model."""
    if not (folder / WEIGHTS).is_file():
        return False
    with safe_open(folder / WEIGHTS, framework="pt") as tensors:
        slices = map(tensors.get_slice, tensors.keys())
        return any(part.get_dtype() == "F8_E4M3" for part in slices)
