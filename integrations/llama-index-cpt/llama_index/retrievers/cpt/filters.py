"""LlamaIndex's filters in the words of ``cpt_rag.search``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

import cpt_rag

Filters = Mapping[str, str | Sequence[str]]


def as_mapping(filters: MetadataFilters) -> Filters:
    """The mapping that ``cpt_rag.search`` takes.

    Raises:
        cpt_rag.InvalidInputError: a condition other than AND, an operator other than EQ and IN, a
            field named twice, or a value that is no string.
    """
    if filters.condition is not FilterCondition.AND:
        raise _unknown("condition", filters.condition, "FilterCondition.AND")
    wanted: dict[str, list[str]] = {}
    for given in filters.filters:
        if isinstance(given, MetadataFilters):
            raise cpt_rag.InvalidInputError(
                "One of the filters is made of filters.", expected="a list of MetadataFilter"
            )
        if given.key in wanted:
            raise cpt_rag.InvalidInputError(
                f"The filter {given.key!r} is there twice.",
                expected="one filter for a field",
                remedy="name all its values in one, with FilterOperator.IN",
            )
        wanted[given.key] = _values(given)
    return wanted


def _values(given: MetadataFilter) -> list[str]:
    if given.operator not in (FilterOperator.EQ, FilterOperator.IN):
        raise _unknown("operator", given.operator, "FilterOperator.EQ or FilterOperator.IN")
    several = given.operator is FilterOperator.IN
    values = given.value if several else [given.value]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise cpt_rag.InvalidInputError(
            f"The filter {given.key!r} is {given.value!r}.",
            expected="a list of strings" if several else "a string",
        )
    return [str(value) for value in values]


def _unknown(what: str, found: object, expected: str) -> cpt_rag.InvalidInputError:
    return cpt_rag.InvalidInputError(f"The filters have the {what} {found}.", expected=expected)
