"""One signed byte for each weight of a static encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


def quantise_static(path: Path) -> None:
    """Rewrite ``model.safetensors`` as int8 ``embeddings`` with a float32 scale for each row.

    ``StaticEmbedding.load`` multiplies the two back into float32; rows keep their direction to
    about one part in 200.
    """
    table = load_file(path)["embedding.weight"].astype(np.float32)
    scale = np.abs(table).max(axis=1) / 127
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    rows = np.rint(table / scale[:, None]).astype(np.int8)
    save_file({"embeddings": rows, "weights": scale}, path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors writes for its owner alone
