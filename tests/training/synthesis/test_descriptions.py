"""Descriptions for an index: of the very chunks that an ingestion embeds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import cpt_rag
from cpt_rag import ForeignEncoder, load_encoder
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.descriptions import check_lengths, read_descriptions
from cpt_rag.ingest.prepare import text_digest
from cpt_training.synthesis.answers import Answer
from cpt_training.synthesis.descriptions import chunks_of_code, write_descriptions
from cpt_training.synthesis.prompts import DESCRIPTION
from cpt_training.synthesis.subject import Subject

from .conftest import MODEL, answer

TEXT = "Reads one line of a stream and cuts it at the first colon into a name and a value."
ENCODER = load_encoder()


def chunks(folder: Path) -> list[Subject]:
    return chunks_of_code(folder, ENCODER, Counter())


def describing(about: Subject, text: str = TEXT) -> Answer:
    return answer(text, about, DESCRIPTION)


def test_the_chunks_are_those_that_an_ingestion_writes(code: Path, tmp_path: Path) -> None:
    cpt_rag.ingest(code, collection="code", store=tmp_path / "store")
    with cpt_rag.open_collection("code", tmp_path / "store") as opened:
        payloads = [point.payload for point in opened.engine.scroll()]
    written = {p["page_content"] for p in payloads if p.get("page_content")}
    found = chunks(code)
    assert len({one.code for one in found}) == len(found) > 3
    prose = {text for text in written if text.startswith("# Cache")}
    assert prose
    for text in written - prose:
        assert any(one.code.endswith(text) for one in found), text
    assert not any("Keeps what was read." in one.code for one in found)


def test_a_line_has_the_digest_text_model_and_prompt(code: Path, tmp_path: Path) -> None:
    first, *others = chunks(code)
    out = tmp_path / "descriptions.jsonl"
    verdicts = write_descriptions(out, [first, *others], [describing(first)], MODEL, ENCODER)
    assert verdicts == {"kept": 1, "missing": len(others)}
    (line,) = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "digest": text_digest(first.code),
        "description": TEXT,
        "model": MODEL,
        "prompt": DESCRIPTION.id,
    }


def test_what_is_refused_failed_or_another_models_is_not_written(
    code: Path, tmp_path: Path
) -> None:
    first, second, third, *_ = chunks(code)
    answers = [
        describing(first, "I cannot describe this."),
        answer("", second, DESCRIPTION, error="TimeoutError: "),
        describing(third),
    ]
    out = tmp_path / "descriptions.jsonl"
    assert write_descriptions(out, [first, second], answers, MODEL, ENCODER) == {
        "refusal": 1,
        "failed": 1,
    }
    assert write_descriptions(out, [third], answers, "another", ENCODER) == {"missing": 1}
    assert out.read_text(encoding="utf-8") == ""


class Narrow(ForeignEncoder):
    """Reads fewer tokens than its descriptions may have words."""

    max_tokens = 40


def test_what_an_ingestion_would_refuse_as_too_long_is_not_written(
    code: Path, tmp_path: Path
) -> None:
    first, second, *_ = chunks(code)
    answers = [describing(first), describing(second, f"{TEXT} {TEXT}")]
    narrow = Narrow("narrow", lambda texts: [[1.0]] * len(texts))
    out = tmp_path / "descriptions.jsonl"
    verdicts = write_descriptions(out, [first, second], answers, MODEL, narrow)
    assert verdicts == {"kept": 1, "length": 1}
    check_lengths(read_descriptions(out), narrow)


def test_files_that_an_ingestion_skips_are_counted(code: Path) -> None:
    (code / "picture.py").write_bytes(b"\x00\x01\x02\xff" * 40)
    left_out: Counter[str] = Counter()
    chunks_of_code(code, ENCODER, left_out)
    assert left_out == {"file: binary": 1}


def test_a_folder_without_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Prose\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="holds no code"):
        chunks(tmp_path)
