"""The one refusal of texts that no encoder can place."""

from __future__ import annotations

from cpt_rag.errors import InvalidInputError


def blank_text(position: int, total: int) -> InvalidInputError:
    """The error for an empty or white-space text at ``position`` of a batch."""
    return InvalidInputError(
        f"Text {position + 1} of {total} is empty or white space.",
        expected="at least one visible character",
        remedy="leave empty texts out before encoding",
    )
