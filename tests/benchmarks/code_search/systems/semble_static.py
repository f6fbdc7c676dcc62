"""semble with its defaults and cpt-static in place of its own static model.

semble takes a model2vec folder, and its own model would have to be downloaded. So the difference
to cpt-rag is what the two do around the same vectors: files, chunks, BM25, fusion and ranking.
"""

from __future__ import annotations

import json
import os
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

LEAST_COSINE = 0.999
_SAMPLES = [
    "where is the retry delay computed?",
    "def parseHTTPHeader(raw_value: bytes) -> dict[str, str]:\n    return {}\n",
    "func (mx *Mux) routeHTTP(w http.ResponseWriter, r *http.Request) {\n\tx := 0x1F\n}",
    "/* Größe des Puffers, ΑΣ 漢字 */ static int uv__io_poll(uv_loop_t* loop, int timeout2ms);",
]


def prepare(folder: Path) -> dict[str, float]:
    """Write cpt-static as a model2vec folder, and say how near its vectors are to the shipped."""
    import cpt_rag
    from cpt_rag.encoders.presets import DEFAULT_ENCODER, PRESETS

    convert(PRESETS[DEFAULT_ENCODER].directory, folder)
    model = import_module("model2vec").StaticModel.from_pretrained(str(folder))
    theirs = model.encode(_SAMPLES, max_length=None)
    ours = cpt_rag.load_encoder().encode_document(_SAMPLES)
    nearest = float((theirs * ours).sum(axis=1).min())
    if nearest < LEAST_COSINE:
        raise RuntimeError(
            f"The converted model's vectors are only {nearest:.4f} near cpt-static's: "
            f"expected {LEAST_COSINE}."
        )
    return {"least_cosine_to_cpt_static": nearest}


def convert(shipped: Path, folder: Path) -> None:
    """A sentence-transformers folder of int8 rows and their weights as model2vec reads it."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    table = load_file(shipped / "model.safetensors")
    rows = table["embeddings"].astype(np.float32) * table["weights"].reshape(-1, 1)
    save_file({"embeddings": np.ascontiguousarray(rows)}, folder / "model.safetensors")
    # Its normaliser and pre-tokeniser come along.
    shutil.copyfile(shipped / "tokenizer.json", folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"normalize": True}), encoding="utf-8")


class Semble:
    """An index in memory; what semble notes of its use goes to a scratch folder."""

    def __init__(self, prepared: Path) -> None:
        os.environ["SEMBLE_CACHE_LOCATION"] = str(prepared.resolve() / "semble-cache")
        self._model = str(prepared)
        self._class: Any = import_module("semble").SembleIndex

    def index(self, folder: Path, scratch: Path) -> None:
        self._index = self._class.from_path(folder, model_path=self._model)

    def search(self, query: str, limit: int) -> list[str]:
        hits = self._index.search(query, top_k=limit)
        return [Path(hit.chunk.file_path).as_posix() for hit in hits]

    def close(self) -> None:
        del self._index
