"""What the three distributions install, read from wheels built here."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]


def files(project: Path, out: Path) -> set[str]:
    """Names in the wheel of ``project``, without its metadata."""
    # The build backend itself, offline: hatchling is among the development tools.
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=project,
        check=True,
        capture_output=True,
    )
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    return {name for name in names if ".dist-info/" not in name}


def tracked(folder: str) -> set[str]:
    """Files of a folder, as git would list them: no caches."""
    found = (HERE / folder).rglob("*")
    return {
        path.relative_to(HERE).as_posix()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_librarys_wheel_holds_both_packages_whole(tmp_path: Path) -> None:
    expected = tracked("cpt_rag") | {
        name.removeprefix("training/") for name in tracked("training/cpt_training")
    }
    assert files(HERE, tmp_path) == expected
    assert "cpt_rag/models/cpt-static/model.safetensors" in expected
    assert "cpt_training/configs/cpt_static.toml" in expected


@pytest.mark.parametrize(
    ("project", "packages"),
    [
        ("langchain-cpt", ["langchain_cpt"]),
        (
            "llama-index-cpt",
            [
                "llama_index/embeddings/cpt",
                "llama_index/node_parser/cpt",
                "llama_index/retrievers/cpt",
            ],
        ),
    ],
)
def test_an_integrations_wheel_holds_its_own_packages_alone(
    tmp_path: Path, project: str, packages: list[str]
) -> None:
    folder = f"integrations/{project}"
    there = {name.removeprefix(f"{folder}/") for name in tracked(folder)}
    expected = {name for name in there if name.startswith(tuple(f"{p}/" for p in packages))}
    assert files(HERE / folder, tmp_path) == expected
    assert {name for name in there if name.endswith(".py")} <= expected
    assert {f"{p}/{name}" for p in packages for name in ("__init__.py", "py.typed")} <= expected
