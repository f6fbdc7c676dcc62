"""What a file of triplets was made from, in a JSON file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cpt_training.replace import replacing


def record_path(triplets: Path) -> Path:
    """The record of a file of triplets."""
    return triplets.with_name(f"{triplets.name}.json")


def write_record(triplets: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a file of triplets, for people and for what reads it next."""
    text = json.dumps(record, indent=2, sort_keys=True, allow_nan=False)
    with replacing(record_path(triplets)) as part:
        part.write_text(f"{text}\n", encoding="utf-8")
