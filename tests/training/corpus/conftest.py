from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cpt_training.corpus.fetch import sha256

MakeManifest = Callable[..., Path]


def function(name: str, summary: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f'def {name}(value):\n    """{summary}"""\n{lines}\n'


def make_wheel(cache: Path, name: str, files: Mapping[str, str]) -> str:
    """Put a wheel where the build looks for it, and return its hash."""
    folder = cache / "archives" / "wheel" / f"{name}-1.0"
    folder.mkdir(parents=True)
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as opened:
        for path, text in files.items():
            opened.writestr(zipfile.ZipInfo(path), text)
    return sha256(wheel)


def row(name: str, split: str, digest: str, **more: str) -> str:
    fields = {"name": name, "version": "1.0", "split": split, "licence": "MIT", "sha256": digest}
    return "{ " + ", ".join(f'{k} = "{v}"' for k, v in {**fields, **more}.items()) + " }"


@pytest.fixture
def make_manifest(tmp_path: Path) -> MakeManifest:
    """A manifest of packages given as ``name=(split, {path: source})``, all in the cache."""

    def make(**packages: tuple[str, Mapping[str, str]]) -> Path:
        rows = [
            row(name, split, make_wheel(tmp_path / "cache", name, files))
            for name, (split, files) in packages.items()
        ]
        path = tmp_path / "tiny.toml"
        path.write_text("packages = [\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
        return path

    return make
