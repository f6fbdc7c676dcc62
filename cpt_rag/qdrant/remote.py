"""Calls on a Qdrant server: patient with what passes, plain about what does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, TypeVar

from cpt_rag.qdrant import faults
from cpt_rag.qdrant.connection import Address, connect, without_warnings

if TYPE_CHECKING:
    import qdrant_client
    import tenacity

T = TypeVar("T")

ATTEMPTS = 5
FIRST_ATTEMPTS = 2
"""A server that has not answered once is more likely absent than busy."""
BACKOFF_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0

_EXPLAINED_BY_AGE = frozenset([400, 404, 405, 422])


class Remote:
    """A ``QdrantClient`` whose every call is retried and whose errors are ours.

    Args:
        client: the client; also one in local mode, which fails otherwise and is never retried.
        place: the server's URL, for messages.
    """

    def __init__(self, client: qdrant_client.QdrantClient, place: str) -> None:
        self._client = client
        self.place = place
        self._answered = False
        options = client.init_options
        self._local = options.get("location") == ":memory:" or options.get("path") is not None

    @classmethod
    def connect(cls, url: str) -> Remote:
        """A remote at ``url``; nothing is asked yet.

        Raises:
            InvalidInputError: the URL, the key or another setting cannot be used.
        """
        address = Address.read(url)
        return cls(connect(address), address.place)

    def call(self, action: Callable[[qdrant_client.QdrantClient], T]) -> T:
        """What ``action`` gives on the client, after as many attempts as it is worth.

        Connection errors, timeouts, 429 and 5xx are tried again with growing pauses, so ``action``
        must be one that may run twice: an answer that was lost may have been a success.

        Raises:
            StoreUnreachableError: the server does not answer, or refuses this user.
            RequestTooLargeError: it takes no request of this size.
            CollectionError: it reports a conflict, or no such collection.
            StoreError: it refuses the request.
        """
        import grpc
        import tenacity
        from qdrant_client.common.client_exceptions import QdrantException
        from qdrant_client.http.exceptions import ApiException

        attempts = ATTEMPTS if self._answered else FIRST_ATTEMPTS
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(faults.passes),
            stop=tenacity.stop_after_attempt(attempts),
            wait=_pause,
            reraise=True,
        )
        try:
            with without_warnings() if self._local else nullcontext():
                result = retrying(action, self._client)
        except (ApiException, QdrantException, grpc.RpcError, JSONDecodeError) as error:
            old = faults.status(error) in _EXPLAINED_BY_AGE
            raise faults.to_ours(error, self.place, self._version() if old else "") from error
        self._answered = True
        return result

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _version(self) -> str:
        """The server's version, asked for only where it may explain a refusal; "" if unknown."""
        try:
            return str(self._client.info().version)
        except Exception:  # the refusal is what counts
            return ""


def _pause(state: tenacity.RetryCallState) -> float:
    """Doubling pauses with jitter, or what the server asks for, within bounds."""
    import tenacity

    backoff: Any = tenacity.wait_random_exponential(
        multiplier=BACKOFF_SECONDS, max=LONGEST_WAIT_SECONDS
    )
    asked = faults.retry_after(state.outcome.exception() if state.outcome else None)
    return min(max(float(backoff(state)), float(asked)), LONGEST_WAIT_SECONDS)
