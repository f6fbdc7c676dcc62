"""How large collections are kept: graph, compressed copies, disk, and the nodes of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args

from cpt_rag.errors import InvalidInputError

QuantisationKind = Literal["scalar", "binary"]

QUANTILE = 0.99
"""Share of a vector's numbers that scalar quantisation spreads its 256 steps over."""

_LEAST_EF = 4  # a server takes no less

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hnsw:
    """The graph over the dense vectors.

    Args:
        m: links of a point on every layer but the lowest, which has twice as many.
        ef_construct: candidates looked at for each link when it is built.
        search_ef: candidates that a query keeps; None for as many as ``ef_construct``. A query with
            a filter keeps 512 at least.

    Raises:
        InvalidInputError: a number below 1, or fewer candidates than links.
    """

    m: int = 16
    ef_construct: int = 100
    search_ef: int | None = None

    def __post_init__(self) -> None:
        _check_whole(self, "m", "ef_construct")
        if self.search_ef is not None:
            _check_whole(self, "search_ef")
        if self.ef_construct < max(self.m, _LEAST_EF):
            raise InvalidInputError(
                f"a graph of ef_construct = {self.ef_construct} and m = {self.m}",
                expected=f"ef_construct no smaller than m, and {_LEAST_EF} at least",
            )


@dataclass(frozen=True, slots=True)
class Quantisation:
    """A compressed copy of the dense vectors, which a query reads first.

    The best of it are scored again with the vectors themselves.

    Args:
        kind: "scalar", a byte for each number; or "binary", a bit, which suits some 1,000
            dimensions and more.
        always_ram: keep the copy in memory whatever becomes of the vectors.
        oversampling: candidates that are scored again, as a multiple of those asked for.

    Raises:
        InvalidInputError: another kind, or less than one candidate for each result.
    """

    kind: QuantisationKind = "scalar"
    always_ram: bool = True
    oversampling: float = 2.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(QuantisationKind):
            raise InvalidInputError(
                f"a quantisation of kind {self.kind!r}",
                expected=" or ".join(get_args(QuantisationKind)),
            )
        _check_flags(self, "always_ram")
        number = self.oversampling
        if type(number) not in (int, float) or not 1 <= number < float("inf"):
            raise InvalidInputError(f"an oversampling of {number!r}", expected="a number from 1")


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What is read from the disk, through the system's cache, and not held in memory.

    Args:
        vectors: the dense vectors; a quantised copy of them is no part of it.
        indexes: the sparse vectors' index and the payload's.
        payload: the texts and their metadata.

    Raises:
        InvalidInputError: anything but true or false.
    """

    vectors: bool = False
    indexes: bool = False
    payload: bool = True

    def __post_init__(self) -> None:
        _check_flags(self, "vectors", "indexes", "payload")


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a cluster of servers holds the collection.

    The embedded engine and the client's local mode are one shard on one machine whatever this says:
    it is kept, so that a copy on a cluster is spread as it was meant.

    Args:
        shards: parts that the points are spread over.
        replicas: copies of each shard, on as many nodes.
        write_consistency: replicas that must have a write before it counts as done.

    Raises:
        InvalidInputError: a number below 1, or a write that waits for more replicas than there are.
    """

    shards: int = 1
    replicas: int = 1
    write_consistency: int = 1

    def __post_init__(self) -> None:
        _check_whole(self, "shards", "replicas", "write_consistency")
        if self.write_consistency > self.replicas:
            raise InvalidInputError(
                f"writes that wait for {self.write_consistency} of {self.replicas} replicas",
                expected="write_consistency no larger than replicas",
            )


def to_fields(part: Hnsw | Quantisation | OnDisk | Deployment) -> dict[str, Any]:
    """JSON-able form."""
    return asdict(part)


def from_fields(kind: type[T], found: object) -> T:
    """The part that ``to_fields`` wrote; keys of later versions are passed over.

    Raises:
        InvalidInputError: it is not what ``to_fields`` writes.
    """
    if not isinstance(found, Mapping):
        raise InvalidInputError(f"{kind.__name__} = {found!r}", expected="a mapping")
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]  # every part is a dataclass
    return kind(**{name: value for name, value in found.items() if name in names})


def _check_whole(part: object, *names: str) -> None:
    for name in names:
        number = getattr(part, name)
        if type(number) is not int or number < 1:
            raise InvalidInputError(
                f"{type(part).__name__}({name}={number!r})", expected="a whole number from 1"
            )


def _check_flags(part: object, *names: str) -> None:
    for name in names:
        if type(getattr(part, name)) is not bool:
            raise InvalidInputError(
                f"{type(part).__name__}({name}={getattr(part, name)!r})", expected="true or false"
            )
