"""All files that a manifest names, and what their absence would mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.progress import Progress

from cpt_training.corpus.fetch import VanishedError, fetch
from cpt_training.corpus.manifest import Manifest, Package

AT_ONCE = 4


def gather(
    manifest: Manifest, cache: Path, progress: Progress, *, allow_missing: bool
) -> tuple[list[tuple[Package, Path]], list[str]]:
    """Packages with their archives, in order of name, and what is missing.

    Raises:
        VanishedError: a package manager has a version no more, unless ``allow_missing``; names
            every such package and what the corpus loses with it.
    """
    packages = sorted(manifest.packages, key=lambda package: (package.name, package.source))

    def bring(package: Package) -> Path | None:
        try:
            return fetch(package, cache)
        except VanishedError:
            return None

    # One of each source alone: an index that is made on first use is then made once.
    for package in {package.source: package for package in packages}.values():
        bring(package)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        brought = progress.track(threads.map(bring, packages), len(packages), description="fetch")
        archives = list(brought)
    found = [(p, path) for p, path in zip(packages, archives, strict=True) if path is not None]
    missing = [p for p, path in zip(packages, archives, strict=True) if path is None]
    if missing and not allow_missing:
        raise VanishedError(
            f"Gone from their package managers: {_effects(manifest, missing)}.",
            expected="every package in the version that the manifest names",
            remedy="Build without them by --allow-missing; the corpus then has another hash.",
        )
    return found, [f"{package.name} {package.version}" for package in missing]


def _effects(manifest: Manifest, missing: Sequence[Package]) -> str:
    published = manifest.published
    content = json.loads(published.read_text(encoding="utf-8")) if published.is_file() else {}
    counts = content.get("by_package", {})
    effects = []
    for package in missing:
        pairs = counts.get(package.split, {}).get(package.name)
        effect = "its pairs" if pairs is None else f"{pairs:,} pairs"
        effects.append(f"{package.name} {package.version} ({effect} of the {package.split} split)")
    return ", ".join(effects)
