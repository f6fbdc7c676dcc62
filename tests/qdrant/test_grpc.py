"""A server that is spoken to over gRPC, played by one on the loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from qdrant_client import grpc as qdrant_grpc

from cpt_rag.errors import (
    CollectionError,
    CollectionNotFoundError,
    CptRagError,
    RequestTooLargeError,
    StoreError,
    StoreUnreachableError,
)
from cpt_rag.qdrant import open_store, remote

pytestmark = pytest.mark.usefixtures("plain_environment")

SECRET = "s3cret-key"
Respond = Callable[[Any, grpc.ServicerContext], Any]


class GrpcStub:
    """The list of collections over gRPC, answered by ``respond``."""

    def __init__(self, certificate: str = "") -> None:
        self.calls: list[dict[str, Any]] = []
        self.respond: Respond = named("docs")
        self.server = grpc.server(ThreadPoolExecutor(2))
        handler = grpc.unary_unary_rpc_method_handler(
            self._answer,
            request_deserializer=qdrant_grpc.ListCollectionsRequest.FromString,
            response_serializer=qdrant_grpc.ListCollectionsResponse.SerializeToString,
        )
        handlers = grpc.method_handlers_generic_handler("qdrant.Collections", {"List": handler})
        self.server.add_generic_rpc_handlers((handlers,))
        if certificate:
            pem = Path(certificate).read_bytes(), Path(f"{certificate}.crt").read_bytes()
            self.port = self.server.add_secure_port(
                "localhost:0", grpc.ssl_server_credentials([pem])
            )
        else:
            self.port = self.server.add_insecure_port("localhost:0")
        self.server.start()
        # No REST is spoken there: whatever arrives, arrived over gRPC.
        self.url = f"http{'s' if certificate else ''}://localhost:1?grpc={self.port}"

    def _answer(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.calls.append(dict(context.invocation_metadata()))
        return self.respond(request, context)


def named(name: str) -> Respond:
    listed = qdrant_grpc.ListCollectionsResponse(
        collections=[qdrant_grpc.CollectionDescription(name=name)]
    )
    return lambda request, context: listed


def aborting(code: grpc.StatusCode, details: str = "said so") -> Respond:
    return lambda request, context: context.abort(code, details)


@pytest.fixture
def speaker() -> Iterator[GrpcStub]:
    made = GrpcStub()
    yield made
    made.server.stop(None)


def test_grpc_is_spoken_where_the_url_says_so(
    speaker: GrpcStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)
    with open_store(speaker.url) as store:
        assert store.collections() == ["docs"]
    assert [call["api-key"] for call in speaker.calls] == [SECRET]


def test_grpc_over_tls_trusts_the_same_authorities(
    certificate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = GrpcStub(certificate)
    with open_store(speaker.url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert "no trusted connection" in caught.value.found
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    with open_store(speaker.url) as store:
        assert store.collections() == ["docs"]
    speaker.server.stop(None)


@pytest.mark.parametrize("code", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"])
def test_what_passes_over_grpc_is_tried_again(speaker: GrpcStub, code: str) -> None:
    failing = aborting(grpc.StatusCode[code])
    with open_store(speaker.url) as store:
        store.collections()
        left = [failing] * (remote.ATTEMPTS - 1)

        def respond(request: Any, context: grpc.ServicerContext) -> Any:
            return (left.pop() if left else named("docs"))(request, context)

        speaker.respond = respond
        assert store.collections() == ["docs"]
    assert len(speaker.calls) == 1 + remote.ATTEMPTS


@pytest.mark.parametrize(
    ("code", "details", "kind", "attempts"),
    [
        ("UNAVAILABLE", "away", StoreUnreachableError, remote.FIRST_ATTEMPTS),
        ("UNAUTHENTICATED", "no key", StoreUnreachableError, 1),
        ("PERMISSION_DENIED", "read only", StoreUnreachableError, 1),
        ("NOT_FOUND", "no collection ssl-handshakes", CollectionNotFoundError, 1),
        ("ALREADY_EXISTS", "there", CollectionError, 1),
        ("INVALID_ARGUMENT", "Help: do otherwise", StoreError, 1),
        ("UNIMPLEMENTED", "what?", StoreError, 1),
        ("OUT_OF_RANGE", "decoded message length too large: 9", RequestTooLargeError, 1),
        ("RESOURCE_EXHAUSTED", "Sent message larger than max (9)", RequestTooLargeError, 1),
    ],
)
def test_errors_over_grpc_are_those_over_rest(
    speaker: GrpcStub, code: str, details: str, kind: type[CptRagError], attempts: int
) -> None:
    speaker.respond = aborting(grpc.StatusCode[code], details)
    with open_store(speaker.url) as store, pytest.raises(kind) as caught:
        store.collections()
    assert type(caught.value) is kind
    assert f"{code}: {details}" in caught.value.found
    assert "?grpc" not in caught.value.found
    assert len(speaker.calls) == attempts


def test_nobody_there_over_grpc() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:1?grpc={unused.getsockname()[1]}"
        refused = pytest.raises(StoreUnreachableError, match="UNAVAILABLE")
        with open_store(url) as store, refused:
            store.collections()
