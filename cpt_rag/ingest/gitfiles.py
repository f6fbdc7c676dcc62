"""Where git keeps the ignore rules that lie in no folder of the project."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cpt_rag.ingest.regular import read_regular

MOST_BYTES = 1 << 20
_SECTION = re.compile(r"\s*\[\s*([^\]\s\"]+)\s*(\"[^\]]*)?\]")
_EXCLUDES = re.compile(r"\s*excludesfile\s*=\s*(.*)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


def is_repository(folder: Path) -> bool:
    """Whether ``folder`` is the top of a work tree, be it a linked one or a submodule."""
    try:
        return (folder / ".git").exists()
    except OSError:
        return False


def exclude_files(folder: Path) -> list[Path]:
    """The user's and the repository's own ignore files, the weaker first; they need not exist.

    Args:
        folder: the top of a work tree.
    """
    common = _common_folder(folder)
    named = (_users(folder, common / "config"), common / "info" / "exclude")
    # These may be links, as people keep their settings; a link below the root is never followed.
    return [Path(os.path.realpath(path)) for path in named]


def _common_folder(folder: Path) -> Path:
    """What all work trees of a repository share."""
    git = folder / ".git"
    if git.is_dir():
        return git
    # In a linked work tree and in a submodule it is a file that says where the folder lies.
    said = _text(git).partition("gitdir:")[2].strip()
    git = folder / said
    shared = _text(git / "commondir").strip()
    return git / shared if shared else git


def _users(folder: Path, local: Path) -> Path:
    """The file that ``core.excludesFile`` names, or where git looks without it."""
    home = Path.home()
    config = os.environ.get("XDG_CONFIG_HOME") or str(home / ".config")
    found = Path(config, "git", "ignore")
    for place in (Path(config, "git", "config"), home / ".gitconfig", local):
        named = _excludes_file(_text(place))
        if named is not None:
            found = folder / Path(named).expanduser()
    return found


def _excludes_file(config: str) -> str | None:
    """The last ``core.excludesFile`` of a configuration."""
    found: str | None = None
    section = ""
    for line in config.splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading[1].lower() if heading[2] is None else ""
            line = line[heading.end() :]  # noqa: PLW2901 - a key may follow on the same line
        setting = _EXCLUDES.match(line) if section == "core" else None
        if setting:
            found = _value(setting[1])
    return found


def _value(written: str) -> str:
    """A configuration's value without its quotes and remark."""
    kept = re.match(r'(?:"(?:\\.|[^"\\])*"|\\.|[^"\\;#])*', written)
    bare = (kept[0] if kept else "").strip()
    return _ESCAPED.sub(r"\1", re.sub(r'(?<!\\)"', "", bare))


def _text(path: Path) -> str:
    try:
        return read_regular(Path(os.path.realpath(path)), MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
