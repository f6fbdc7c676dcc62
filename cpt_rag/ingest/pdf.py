"""The text of a PDF, one page after the other, each ended by a form feed.

The file is read by a process of its own, with a limit on its time and memory: a PDF can be made
to take for ever.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from importlib.util import find_spec

from cpt_rag.chunking.pages import PAGE_END
from cpt_rag.ingest.reasons import Reason, UnusableFileError

LANGUAGE = "pdf"
MOST_SECONDS = 60
_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from cpt_rag.ingest.pdf_pages import main; main()"
)


def pdf_text(content: bytes) -> str:
    """The text that the pages hold as text; nothing is recognised from pictures.

    Raises:
        UnusableFileError: the extra is not installed, the file is locked by a password, damaged,
            too long to read, or has no text.
    """
    if find_spec("pypdf") is None:
        raise UnusableFileError(Reason.NEEDS_PDF_EXTRA)
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, our own module
            [sys.executable, "-c", _BOOT],
            input=pickle.dumps(sys.path) + content,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableFileError(Reason.TOO_LARGE) from error
    if done.returncode != 0:  # out of memory, of processor time, or of stack
        raise UnusableFileError(Reason.DAMAGED)
    said = json.loads(done.stdout)
    if "reason" in said:
        raise UnusableFileError(Reason(said["reason"]))
    pages = [page.replace(PAGE_END, "\n") for page in said["pages"]]
    if not any(page.strip() for page in pages):
        raise UnusableFileError(Reason.NO_TEXT)
    return "".join(f"{page}\n{PAGE_END}" for page in pages)
