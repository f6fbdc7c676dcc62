"""The list of mined pairs that resemble a text of the evaluation, kept beside the manifest.

So that anyone can build the same corpus, who has the evaluation's texts or not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from cpt_rag.errors import InvalidInputError

_HEAD = "# Pairs that resemble a text of the evaluation, and its set; all builds omit them.\n"
_ROW = re.compile(r"([0-9a-f]{16}) (\S+)")


def read_sidecar(path: Path) -> dict[str, str]:
    """Evaluation set by the id of a pair; none where there is no such file."""
    found: dict[str, str] = {}
    if path.is_file():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = _ROW.fullmatch(line)
            if match:
                found[match[1]] = match[2]
            elif not line.startswith("#"):
                raise InvalidInputError(
                    f"Line {number} of {path} is {line!r}.",
                    expected="the id of a pair and the name of an evaluation set",
                )
    return found


def write_sidecar(path: Path, sets: Mapping[str, str]) -> None:
    """Write the ids, sorted, one on each line."""
    body = "".join(f"{pair_id} {name}\n" for pair_id, name in sorted(sets.items()))
    path.write_text(_HEAD + body, encoding="utf-8")
