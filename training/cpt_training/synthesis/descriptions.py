"""A description of each chunk of code, for a collection that holds both.

The file is JSON Lines, an object for each described chunk::

    {"digest": "...", "description": "...", "model": "...", "prompt": "..."}

``digest`` is `cpt_rag.ingest.prepare.text_digest` of what is embedded of the chunk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.chunking.languages import GRAMMARS
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.prepare import Task, cut, text_digest
from cpt_rag.ingest.read import read_bytes
from cpt_rag.ingest.reasons import UnusableFileError
from cpt_rag.ingest.roots import resolve_roots
from cpt_rag.ingest.walk import walk
from cpt_training.synthesis.answers import Answer, Request
from cpt_training.synthesis.filters import fault, plain
from cpt_training.synthesis.judge import FAILED, KEPT
from cpt_training.synthesis.output import write_lines
from cpt_training.synthesis.prompts import DESCRIPTION
from cpt_training.synthesis.subject import Subject

if TYPE_CHECKING:
    from cpt_rag.types import Encoder


def chunks_of_code(folder: Path, encoder: Encoder, left_out: Counter[str]) -> list[Subject]:
    """The chunks that an ingestion of ``folder`` with ``encoder`` embeds, those of code, each once.

    Args:
        folder: read as an ingestion reads it.
        encoder: measures the chunks.
        left_out: counts files left out, by reason.

    Raises:
        InvalidInputError: there is no such folder, or no code in it.
    """
    found = {subject.code: subject for subject in _chunks(folder, encoder, left_out)}
    if not found:
        raise InvalidInputError(
            f"{folder} holds no code.",
            expected="files in a language that is cut by its syntax",
            remedy="name another folder",
        )
    return list(found.values())


def _chunks(folder: Path, encoder: Encoder, left_out: Counter[str]) -> Iterator[Subject]:
    (root,) = resolve_roots([folder], None)
    for entry in walk(root.folder):
        reason = entry.reason
        if reason is None:
            try:
                file = cut(Task(entry.path, read_bytes(root.folder / entry.path)), encoder)
            except UnusableFileError as skip:
                reason = skip.reason
            else:
                reason = file.reason
                for chunk, _ in file.chunks:
                    if chunk.language in GRAMMARS:
                        symbol, code = chunk.symbol or "", chunk.embedded_text
                        yield Subject(root.name, entry.path, symbol, chunk.language, "", code)
        if reason is not None:
            left_out[f"file: {reason.value}"] += 1


def write_descriptions(
    path: Path, subjects: Iterable[Subject], answers: Iterable[Answer], model: str, encoder: Encoder
) -> Counter[str]:
    """Write what ``model`` has said well of each subject, and count the verdicts.

    Returns:
        How many are `KEPT`, refused by each filter, longer than ``encoder`` reads (an ingestion
        refuses a file with such a one), failed, or "missing" an answer.
    """
    by_key = {answer.key: answer for answer in answers}
    verdicts: Counter[str] = Counter()

    def rows() -> Iterator[dict[str, str]]:
        for subject in subjects:
            answer = by_key.get(Request(DESCRIPTION, subject).key(model))
            text = plain(answer.answer) if answer else ""
            verdict = _verdict(answer, text, subject, encoder)
            verdicts[verdict] += 1
            if verdict == KEPT:
                yield {
                    "digest": text_digest(subject.code),
                    "description": text,
                    "model": model,
                    "prompt": DESCRIPTION.id,
                }

    write_lines(path, rows())
    return verdicts


def _verdict(answer: Answer | None, text: str, subject: Subject, encoder: Encoder) -> str:
    if answer is None:
        return "missing"
    if answer.error:
        return FAILED
    most = encoder.max_tokens
    too_long = most is not None and encoder.count_tokens(text) > most
    return fault(text, subject, DESCRIPTION) or ("length" if too_long else KEPT)
