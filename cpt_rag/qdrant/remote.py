"""Calls on a Qdrant server: patient with what passes, plain about what does not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    StoreError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    import httpx
    import qdrant_client
    import tenacity

T = TypeVar("T")

TIMEOUT_SECONDS = 60
CONNECT_SECONDS = 3.0
ATTEMPTS = 5
FIRST_ATTEMPTS = 2
"""A server that has not answered once is more likely absent than busy."""
BACKOFF_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0


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
        """A remote at ``url``; nothing is asked yet. The key comes from ``QDRANT_API_KEY``."""
        from qdrant_client import QdrantClient

        client = QdrantClient(
            url=url,
            api_key=os.environ.get("QDRANT_API_KEY"),
            timeout=TIMEOUT_SECONDS,
            check_compatibility=False,
            event_hooks={"request": [_limit_connecting]},
        )
        return cls(client, _without_secret(url))

    def call(self, action: Callable[[qdrant_client.QdrantClient], T]) -> T:
        """What ``action`` gives on the client, after as many attempts as it is worth.

        Connection errors, timeouts, 429 and 5xx are tried again with growing pauses, so ``action``
        must be one that may run twice.

        Raises:
            StoreUnreachableError: the server does not answer, or refuses this user.
            CollectionError: it reports a conflict, or no such collection.
            StoreError: it refuses the request.
        """
        import tenacity
        from qdrant_client.common.client_exceptions import QdrantException
        from qdrant_client.http.exceptions import ApiException

        attempts = ATTEMPTS if self._answered else FIRST_ATTEMPTS
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            stop=tenacity.stop_after_attempt(attempts),
            wait=_pause,
            reraise=True,
        )
        try:
            with _without_warnings() if self._local else nullcontext():
                result = retrying(action, self._client)
        except (ApiException, QdrantException) as error:
            raise self._as_ours(error) from error
        self._answered = True
        return result

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _as_ours(self, error: Exception) -> StoreError | CollectionError:
        status = _status(error)
        if status is None or status == 429 or status >= 500:
            return StoreUnreachableError(
                f"the Qdrant server at {self.place} does not answer: {_cause(error)}",
                expected="a running Qdrant server",
                remedy="check the URL and that the server runs, then run the same command again",
            )
        if status in {401, 403}:
            return StoreUnreachableError(
                f"the Qdrant server at {self.place} refuses: {_cause(error)}",
                expected="a key that may do this",
                remedy="set QDRANT_API_KEY to the server's key",
            )
        if status == 404:
            return CollectionNotFoundError(
                f"the server at {self.place} has no such collection: {_cause(error)}",
                expected="a Qdrant server that holds it",
            )
        kind = CollectionError if status == 409 else StoreError
        return kind(f"the Qdrant server at {self.place} refuses the request: {_cause(error)}")


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Local mode warns of each server-only option that it passes over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _limit_connecting(request: httpx.Request) -> None:
    """Answers may take a minute; whether anybody is there is known sooner."""
    timeout = request.extensions.get("timeout")
    if isinstance(timeout, dict):
        request.extensions["timeout"] = {**timeout, "connect": CONNECT_SECONDS}


def _passes(error: BaseException) -> bool:
    """Whether the same call may well succeed in a moment."""
    import httpx
    from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

    if isinstance(error, ResponseHandlingException):
        return isinstance(error.source, httpx.TransportError)
    status = _status(error)
    known = isinstance(error, ApiException) or _retry_after(error) is not None
    return known and status is not None and (status == 429 or status >= 500)


def _pause(state: tenacity.RetryCallState) -> float:
    """Doubling pauses with jitter, or what the server asks for, within bounds."""
    import tenacity

    backoff: Any = tenacity.wait_random_exponential(
        multiplier=BACKOFF_SECONDS, max=LONGEST_WAIT_SECONDS
    )
    error = state.outcome.exception() if state.outcome else None
    asked = _retry_after(error) or 0
    return min(max(float(backoff(state)), float(asked)), LONGEST_WAIT_SECONDS)


def _retry_after(error: BaseException | None) -> int | None:
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

    return error.retry_after_s if isinstance(error, ResourceExhaustedResponse) else None


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an error; None where no answer came that could be read."""
    from qdrant_client.http.exceptions import UnexpectedResponse

    if isinstance(error, UnexpectedResponse):
        return error.status_code
    return 429 if _retry_after(error) is not None else None


def _cause(error: Exception) -> str:
    from qdrant_client.http.exceptions import ResponseHandlingException

    source = error.source if isinstance(error, ResponseHandlingException) else error
    return f"{type(source).__name__}: {source}"


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
