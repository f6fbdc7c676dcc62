"""A process that reads one PDF: its bytes come in, a JSON object of pages or a reason goes out."""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from io import BytesIO
from typing import Any

MOST_PAGES = 5000
MOST_CHARACTERS = 8 << 20
MOST_MEMORY = 4 << 30
MOST_CPU_SECONDS = 60


def main() -> None:
    """Serve one file."""
    _limit()
    logging.disable()  # a damaged file is told by its reason, not by a hundred warnings
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    said = pages_of(sys.stdin.buffer.read())
    with os.fdopen(answers, "wb") as out:
        out.write(json.dumps(said).encode())


def pages_of(content: bytes) -> dict[str, Any]:
    """``pages``, the text of each, or the ``reason`` why there are none."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"reason": "encrypted"}
        if len(reader.pages) > MOST_PAGES:
            return {"reason": "too_large"}
        pages: list[str] = []
        size = 0
        for page in reader.pages:
            text = page.extract_text()
            size += len(text)
            if size > MOST_CHARACTERS:
                return {"reason": "too_large"}
            # Halves of surrogate pairs and zeros cannot be stored.
            pages.append(text.encode("utf-8", "replace").decode("utf-8").replace("\0", ""))
    except DependencyError:  # a cipher that the library has no code for
        return {"reason": "encrypted"}
    except Exception:  # of any kind, as damage is
        return {"reason": "damaged"}
    return {"pages": pages}


def _limit() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
