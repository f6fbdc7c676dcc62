"""Which files of a tree are code, for systems that leave that choice to their user."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

LANGUAGES = {
    ".bash": "bash",
    ".c": "c",
    ".cc": "cpp",
    ".cjs": "javascript",
    ".cpp": "cpp",
    ".cs": "csharp",
    ".cxx": "cpp",
    ".ex": "elixir",
    ".exs": "elixir",
    ".go": "go",
    ".h": "c",
    ".hh": "cpp",
    ".hpp": "cpp",
    ".hs": "haskell",
    ".java": "java",
    ".js": "javascript",
    ".jsx": "javascript",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".lua": "lua",
    ".mjs": "javascript",
    ".php": "php",
    ".py": "python",
    ".pyi": "python",
    ".rb": "ruby",
    ".rs": "rust",
    ".scala": "scala",
    ".sh": "bash",
    ".swift": "swift",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".zig": "zig",
}
_SKIPPED = {"node_modules", "__pycache__"}


def code_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Code below ``folder`` and its language, without hidden and installed files, in order."""
    for path in sorted(folder.rglob("*")):
        above = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in above)
        if path.suffix in LANGUAGES and not hidden and path.is_file() and not path.is_symlink():
            yield path, LANGUAGES[path.suffix]


def copy_code(folder: Path, target: Path) -> Path:
    """A folder with nothing but the code of ``folder``."""
    for path, _ in code_files(folder):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target
