"""What went wrong on a server, read from whichever error the client raises, over REST or gRPC."""

from __future__ import annotations

import json
import re
import ssl
from typing import Any

from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    CptRagError,
    RequestTooLargeError,
    StoreError,
    StoreUnreachableError,
)
from cpt_rag.qdrant.connection import AUTHORITIES, KEY, KEY_FILE, TIMEOUT

OLDEST = (1, 16)
"""The first server that keeps a collection's metadata."""

LONGEST_CAUSE = 300
# gRPC's codes as the HTTP statuses that mean the same; those left out say that nobody answered.
_GRPC = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "UNIMPLEMENTED": 405,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "ABORTED": 500,
    "DATA_LOSS": 500,
    "INTERNAL": 500,
    "UNKNOWN": 500,
}
_TOO_LARGE = re.compile(
    r"larger than (allowed|max)|length too large|(entity|payload) too large|for .?upsert limit",
    re.IGNORECASE,
)
_STRICT = re.compile(r"\bHelp: ")
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title", re.IGNORECASE | re.DOTALL)


def status(error: BaseException) -> int | None:
    """The HTTP status behind an error, or its like; None where no answer could be read."""
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import UnexpectedResponse

    if isinstance(error, UnexpectedResponse):
        found = error.status_code
    elif isinstance(error, QdrantException):  # raised for 429 alone
        found = 429
    elif _is_grpc(error):
        found = _GRPC.get(_call(error).code().name)
    else:
        return None
    return 413 if _TOO_LARGE.search(said(error)) and found in {400, 422, 429} else found


def passes(error: BaseException) -> bool:
    """Whether the same call may well succeed in a moment."""
    import httpx
    from qdrant_client.http.exceptions import ResponseHandlingException

    if is_tls(error):
        return False
    if isinstance(error, ResponseHandlingException):
        return isinstance(error.source, httpx.TransportError)
    found = status(error)
    return (found is None and _is_grpc(error)) or found == 429 or (found or 0) >= 500


def retry_after(error: BaseException | None) -> int:
    """Seconds that the server asks to be left alone for."""
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

    return error.retry_after_s if isinstance(error, ResourceExhaustedResponse) else 0


def is_tls(error: BaseException) -> bool:
    """Whether no trusted connection came about."""
    if _is_grpc(error):
        why = said(error).lower()
        return why.startswith("unavailable") and ("ssl" in why or "handshake" in why)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = getattr(cause, "source", None) or cause.__cause__ or cause.__context__
    return False


def said(error: BaseException) -> str:
    """What the server said, in a line; of a page that a proxy put in its place, the title."""
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    if _is_grpc(error):
        text = f"{_call(error).code().name}: {_call(error).details()}"
    elif isinstance(error, UnexpectedResponse):
        text = f"{error.status_code} {error.reason_phrase}: {_body(error.content)}"
    elif isinstance(error, ResponseHandlingException):
        unread = isinstance(error.source, ValueError)  # pydantic's would quote the whole answer
        text = f"{type(error.source).__name__}: {'not as Qdrant' if unread else error.source}"
    else:
        text = f"{type(error).__name__}: {error}"
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_CAUSE else f"{text[:LONGEST_CAUSE]}..."


def to_ours(error: Exception, place: str, version: str) -> CptRagError:
    """The error that a reader can act on; ``version`` is the server's, "" where it is unknown."""
    found, why = status(error), said(error)
    server = f"the Qdrant server at {place}"
    if is_tls(error):
        return StoreUnreachableError(
            f"no trusted connection to {place}: {why}",
            expected="a server that speaks TLS, with a certificate that this machine trusts",
            remedy=f"name the file of the authority that signed it in {AUTHORITIES}, or write"
            " http:// if the server speaks no TLS",
        )
    if found is None or found == 429 or found >= 500:
        return _silent(error, server, why)
    if found == 413:
        return RequestTooLargeError(
            f"{server} takes no request of this size: {why}",
            expected="points that are smaller than its limit",
            remedy="raise max_request_size_mb of the server, or the limit of the proxy before it",
        )
    if is_old(version):
        return StoreError(
            f"{server} is of version {version}, and refuses: {why}",
            expected=f"Qdrant {OLDEST[0]}.{OLDEST[1]} or later",
            remedy="upgrade the server",
        )
    return _refused(found, server, why)


def is_old(version: str) -> bool:
    """Whether the version is known and older than what is needed."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST


def _refused(found: int, server: str, why: str) -> StoreError | CollectionError:
    if found in {400, 403, 422} and _STRICT.search(why):
        return _strict(server, why)
    if found in {401, 403}:
        return StoreUnreachableError(
            f"{server} refuses: {why}",
            expected="a key that may do this",
            remedy=f"set {KEY} to the server's key, or {KEY_FILE} to a file that holds it",
        )
    if found == 404:
        return CollectionNotFoundError(
            f"{server} has no such collection: {why}", expected="a Qdrant server that holds it"
        )
    kind = CollectionError if found == 409 else StoreError
    return kind(f"{server} refuses the request: {why}")


def _silent(error: Exception, server: str, why: str) -> StoreUnreachableError:
    remedy = "check the URL and that the server runs, then run the same command again"
    if "timeout" in why.lower() or "DEADLINE_EXCEEDED" in why:
        remedy = f"give it longer with {TIMEOUT}=SECONDS, then run the same command again"
    elif not passes(error):
        remedy = "check the URL: what answers there is no Qdrant server"
    return StoreUnreachableError(
        f"{server} does not answer: {why}", expected="a running Qdrant server", remedy=remedy
    )


def _strict(server: str, why: str) -> StoreError:
    remedy = "do as it says, or have the collection's strict mode allow it"
    if "index" in why.lower():
        remedy = "leave that field out of the filter, or index it in the collection"
    return StoreError(
        f"{server} refuses by the collection's strict mode: {why}",
        expected="a request within its limits",
        remedy=remedy,
    )


def _body(content: bytes) -> str:
    text = content.decode(errors="replace")
    try:
        found = json.loads(text)["status"]["error"]
    except (ValueError, KeyError, TypeError):
        found = None
    if isinstance(found, str):
        return found
    title = _TITLE.search(text)
    if title is not None or text.lstrip().lower().startswith(("<!doctype", "<html")):
        named = " ".join(title[1].split()) if title else ""
        return f"a page of something in between, titled {named!r}"
    return text


def _is_grpc(error: BaseException) -> bool:
    import grpc

    return isinstance(error, grpc.RpcError) and hasattr(error, "code")


def _call(error: BaseException) -> Any:
    """An error of gRPC is also the call that failed."""
    return error
