"""A folder's texts as an ingestion would read them, and a copy of them without what asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from cpt_rag.chunking.detect import detect_language
from cpt_rag.errors import InvalidInputError
from cpt_rag.evaluate import MinedQuery, cut_out
from cpt_rag.ingest.read import decode, read_bytes
from cpt_rag.ingest.reasons import UnusableFileError
from cpt_rag.ingest.walk import walk

_CHANGELOG = re.compile(
    r"(?:change[-_]?logs?(?:\.d)?|changes|history|news(?:fragments)?|release[-_]?notes?|releases)",
    re.IGNORECASE,
)
_PROSE = frozenset({"markdown", "rst", "text", "asciidoc", "org", "html"})


def existing_folder(path: str | Path) -> Path:
    """``path`` as an absolute folder.

    Raises:
        InvalidInputError: there is none, or it is a file.
    """
    try:
        folder = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise InvalidInputError(
            f"{path} does not exist or cannot be read.",
            expected="the folder of a project",
            remedy="check the spelling",
        ) from error
    if not folder.is_dir():
        raise InvalidInputError(
            f"{path} is a file.",
            expected="the folder of a project: one file has too few queries in it",
            remedy=f"evaluate the folder it is in: {folder.parent}",
        )
    return folder


def read_texts(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Texts by path, as ``ingest`` would read them, and the changelogs, which are left out.

    A changelog quotes the subjects of commits: it would answer them in the place of the files that
    they changed.

    Raises:
        InvalidInputError: there is no text to read.
    """
    texts: dict[str, str] = {}
    changelogs: list[str] = []
    for entry in walk(folder):
        try:
            if entry.reason is None and is_changelog(entry.path):
                changelogs.append(entry.path)
            elif entry.reason is None:
                texts[entry.path] = decode(read_bytes(folder / entry.path))
        except UnusableFileError:
            continue
    if not any(text.strip() for text in texts.values()):
        raise InvalidInputError(
            f"{folder} holds no text that could be searched.",
            expected="a folder with source code or documents that no ignore file names",
            remedy=f"see what is skipped and why: cpt-rag ingest {folder} --collection trial",
        )
    return texts, changelogs


def is_changelog(path: str) -> bool:
    """Whether a file is prose that tells of changes, by its name or that of a folder it is in."""
    parts = PurePosixPath(path).parts
    stems = [*parts[:-1], parts[-1].split(".", 1)[0]]
    return detect_language(path) in _PROSE and any(map(_CHANGELOG.fullmatch, stems))


def write_without(
    texts: Mapping[str, str], queries: Iterable[MinedQuery], folder: Path
) -> dict[MinedQuery, MinedQuery]:
    """Write the texts below ``folder`` without what the queries ask.

    Returns:
        Each query with its answer's place in what was written.
    """
    by_path: dict[str, list[MinedQuery]] = {}
    for query in queries:
        by_path.setdefault(query.path, []).append(query)
    moved: dict[MinedQuery, MinedQuery] = {}
    for path, text in texts.items():
        own = by_path.get(path, [])
        kept, now = cut_out(text, own)
        moved.update(zip(own, now, strict=True))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(kept, encoding="utf-8", newline="")
    return moved
