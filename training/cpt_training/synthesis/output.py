"""What a filtering leaves: every answer with its verdict, triplets to train on, and a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cpt_training.replace import replacing
from cpt_training.supervised.triplets import Triplet, write_triplets
from cpt_training.synthesis.judge import KEPT, Judged, RoundTrip, tally

RECORDS, TRIPLETS, REPORT = "records.jsonl", "triplets.jsonl", "report.json"


def write_judged(folder: Path, judged: Sequence[Judged], trip: RoundTrip) -> dict[str, Any]:
    """Write `RECORDS`, `TRIPLETS` and `REPORT` into ``folder``, and return the report.

    A triplet is a kept text, its code, and no hard negative.
    """
    write_lines(
        folder / RECORDS,
        ({**asdict(one.answer), "text": one.text, "verdict": one.verdict} for one in judged),
    )
    kept = [one for one in judged if one.verdict == KEPT]
    write_triplets(
        folder / TRIPLETS, (Triplet(one.text, one.answer.subject.code, ()) for one in kept)
    )
    others = len({one.answer.subject.code for one in judged}) - 1
    report = {
        "answers": len(judged),
        "kept": len(kept),
        "models": sorted({one.answer.model for one in judged}),
        "verdicts": tally(judged),
        "round_trip": {
            "encoder": trip.encoder.fingerprint.name,
            "weights": trip.encoder.fingerprint.weights,
            "rank": trip.rank,
            "among": min(trip.among, max(others, 0)),
        },
    }
    write_lines(folder / REPORT, [report], indent=2)
    return report


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]], indent: int | None = None) -> None:
    """Write one JSON object after the other; the file appears when it is whole.

    Raises:
        InvalidInputError: it cannot be written.
    """
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, indent=indent) + "\n")
