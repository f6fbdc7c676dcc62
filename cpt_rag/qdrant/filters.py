"""One small filter language; each engine translates it beside its own code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cpt_rag.errors import InvalidInputError

Value = str | int
"""What a field can be asked to equal: the embedded engine takes true for 1 and finds neither."""


@dataclass(frozen=True, slots=True)
class Where:
    """Points whose payload fields each equal any of the values given, less the ids named.

    ``Where({"metadata.language": ["go", "rust"]})`` keeps points in either language. ``Where()``
    keeps every point, and is refused where it would delete.

    Args:
        must: dotted payload path to the values of which the field must equal one, all strings or
            all whole numbers.
        must_not_ids: ids of points to leave out.

    Raises:
        InvalidInputError: a field without values, or one string where a sequence belongs: an
            engine might take either for "anything".
    """

    must: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    must_not_ids: Sequence[str] = ()

    def __post_init__(self) -> None:
        for path, values in self.must.items():
            kinds = set() if isinstance(values, str) else {type(value) for value in values}
            if len(kinds) != 1 or not kinds <= {str, int}:
                raise InvalidInputError(
                    f"a filter on {path!r} with {values!r}",
                    expected="a sequence of at least one string, or of whole numbers",
                )
        if isinstance(self.must_not_ids, str):
            raise InvalidInputError(
                f"must_not_ids = {self.must_not_ids!r}", expected="a sequence of ids"
            )
        frozen = {path: tuple(values) for path, values in self.must.items()}
        object.__setattr__(self, "must", frozen)
        object.__setattr__(self, "must_not_ids", tuple(self.must_not_ids))

    def __bool__(self) -> bool:
        """Whether any point could be left out."""
        return bool(self.must or self.must_not_ids)
