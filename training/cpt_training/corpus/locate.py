"""A built corpus by name: the one on disk, or a new one where its manifest has changed."""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs

from cpt_training.corpus.build import build
from cpt_training.corpus.manifest import find_manifest, load_manifest

DEFAULT_CACHE = Path(platformdirs.user_cache_dir("cpt-rag")) / "corpus"


def corpus_directory(name_or_file: str, cache: Path | None = None) -> Path:
    """Folder of the corpus with one ``SPLIT.parquet`` for each split; built where needed."""
    manifest = load_manifest(find_manifest(name_or_file))
    folder = (cache or DEFAULT_CACHE) / manifest.name
    statistics = folder / "statistics.json"
    if statistics.is_file():
        made_from = json.loads(statistics.read_text(encoding="utf-8")).get("manifest")
        if made_from == manifest.digest:
            return folder
    return build(manifest, cache or DEFAULT_CACHE).parent
