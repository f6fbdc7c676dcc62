"""A process that prepares files: tasks come in at its standard input, batches go out at its output.

Not a process of ``multiprocessing``: that would run the caller's script again from its top.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import IO


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    tasks: IO[bytes] = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
        try:
            _serve(tasks, answers)
        except (EOFError, BrokenPipeError):
            return


def _serve(tasks: IO[bytes], answers: IO[bytes]) -> None:
    from cpt_rag.encoders import load_encoder
    from cpt_rag.ingest.prepare import prepare

    encoder = load_encoder(pickle.load(tasks))  # noqa: S301 - its parent wrote it
    while True:
        batch = prepare(pickle.load(tasks), encoder)  # noqa: S301 - its parent wrote it
        pickle.dump(batch, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()
