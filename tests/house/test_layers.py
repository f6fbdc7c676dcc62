"""Imports point one way, heavy packages stay in their rooms, and importing is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]

# A room may import rooms on lower levels, and itself.
LEVELS = {
    "types": 0,
    "errors": 0,
    "text": 1,
    "chunking": 2,
    "encoders": 2,
    "qdrant": 2,
    "collection": 3,
    "copy": 4,
    "documents": 4,
    "evaluate": 4,
    "ingest": 4,
    "retrieve": 4,
    "integrity": 5,
    "own": 5,
    "migrate": 6,
    "cli": 7,
}
# Which rooms may import a heavy package at all; everywhere inside a function or for types only.
HEAVY = {
    "torch": {"encoders"},
    "sentence_transformers": {"encoders"},
    "transformers": {"encoders"},
    "tiktoken": {"encoders"},
    "tokenizers": {"encoders"},
    "onnx": {"encoders"},
    "onnxruntime": {"encoders"},
    "safetensors": {"encoders"},
    "qdrant_client": {"qdrant"},
    "qdrant_edge": {"qdrant"},
    "grpc": {"qdrant"},
    "tree_sitter": {"chunking"},
    "matplotlib": {"own"},
    "numpy": {"encoders", "evaluate", "integrity", "qdrant", "types"},
}
LIGHT_IMPORT = "import sys; import cpt_rag; print(*sorted(m for m in sys.modules))"


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Dotted names that a module imports anywhere, absolute ones."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or "", node


def at_module_level(path: Path) -> Iterator[str]:
    """Names imported when the module is, ``if TYPE_CHECKING`` left out."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def room(path: Path) -> str:
    return path.relative_to(HERE / "cpt_rag").parts[0].removesuffix(".py")


LIBRARY = [path for path in modules(HERE / "cpt_rag") if room(path) != "__init__"]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(HERE)))
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    here = room(path)
    for name, _ in imports(path):
        if name.startswith("cpt_rag."):
            there = name.split(".")[1]
            assert there == here or LEVELS[there] < LEVELS[here], f"{here} imports {name}"
        assert name != "cpt_rag", f"{here} imports the package's own face"
        assert not name.startswith("cpt_training"), "the library never imports the training"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(HERE)))
def test_heavy_packages_stay_in_their_rooms_and_are_imported_late(path: Path) -> None:
    for name, _ in imports(path):
        package = "tree_sitter" if name.startswith("tree_sitter") else name.split(".")[0]
        assert room(path) in HEAVY.get(package, {room(path)}), f"{room(path)} imports {name}"
    for name in at_module_level(path):
        assert name.split(".")[0] not in HEAVY, f"{name} is imported at module level"


@pytest.mark.parametrize(
    "path",
    [p for p in modules(HERE / "integrations") if "test" not in p.parts],
    ids=lambda p: str(p.relative_to(HERE)),
)
def test_integrations_use_the_public_names_only(path: Path) -> None:
    for name, _ in imports(path):
        assert not name.startswith(("cpt_rag.", "cpt_training")), f"{name} is not public"


def test_importing_the_library_brings_in_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT_IMPORT], capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.split()) & (HEAVY.keys() | {"pydantic", "rich", "typer"})
