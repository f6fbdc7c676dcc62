"""A server that is absent, busy, broken or closed to us, played by a stub on the loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cpt_rag.errors import CollectionNotFoundError, StoreError, StoreUnreachableError
from cpt_rag.qdrant import ServerStore, open_store, remote

Answer = tuple[int, dict[str, str], object]
Script = Callable[[str], Answer]

OK: Answer = (200, {}, {"result": {"collections": [{"name": "docs"}]}, "status": "ok", "time": 0})


class Stub:
    """A server that answers from a list, the last answer again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [OK]
        self.requests: list[tuple[str, str, str | None]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def _handler(stub) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler's
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                stub.requests.append((self.command, self.path, self.headers.get("api-key")))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, body = (
                    stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
                )
                content = json.dumps(body).encode()
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACKOFF_SECONDS", 0.001)
    monkeypatch.delenv("QDRANT_API_KEY", raising=False)


def failing(status: int, **headers: str) -> Answer:
    return status, headers, {"status": {"error": "said so"}}


def test_a_refused_connection_names_url_and_cause() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with open_store(url) as store, pytest.raises(StoreUnreachableError) as caught:
            store.collections()
    assert url in caught.value.found
    assert "ConnectError" in caught.value.found
    assert caught.value.remedy


def test_a_url_that_is_a_store_asks_nothing_until_used(stub: Stub) -> None:
    with open_store(stub.url) as store:
        assert isinstance(store, ServerStore)
        assert stub.requests == []
        assert store.collections() == ["docs"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_passes_is_tried_again(stub: Stub, status: int) -> None:
    with open_store(stub.url) as store:
        store.collections()
        stub.answers = [failing(status)] * (remote.ATTEMPTS - 1) + [OK]
        assert store.collections() == ["docs"]
    assert len(stub.requests) == 1 + remote.ATTEMPTS


def test_a_server_that_says_when_is_heard(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    stub.answers = [failing(429, **{"Retry-After": "2"}), OK]
    with open_store(stub.url) as store:
        assert store.collections() == ["docs"]
    assert [pause for pause in pauses if pause >= 2] == [2]


def test_a_server_that_stays_broken_is_given_up(stub: Stub) -> None:
    with open_store(stub.url) as store:
        store.collections()
        stub.answers = [failing(500)]
        with pytest.raises(StoreUnreachableError, match="500") as caught:
            store.collections()
    assert stub.url in str(caught.value)
    assert len(stub.requests) == 1 + remote.ATTEMPTS


def test_a_server_that_never_answered_is_given_up_sooner(stub: Stub) -> None:
    stub.answers = [failing(500)]
    with open_store(stub.url) as store, pytest.raises(StoreUnreachableError):
        store.collections()
    assert len(stub.requests) == remote.FIRST_ATTEMPTS


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_the_key_and_is_not_repeated(stub: Stub, status: int) -> None:
    stub.answers = [failing(status)]
    with open_store(stub.url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert "QDRANT_API_KEY" in caught.value.remedy
    assert len(stub.requests) == 1


def test_a_bad_request_is_not_repeated(stub: Stub) -> None:
    stub.answers = [failing(400)]
    with open_store(stub.url) as store, pytest.raises(StoreError, match="400"):
        store.collections()
    assert len(stub.requests) == 1


def test_something_else_than_qdrant(stub: Stub) -> None:
    stub.answers = [(200, {}, "hello")]
    with open_store(stub.url) as store, pytest.raises(StoreUnreachableError):
        store.collections()
    stub.answers = [failing(404)]
    with open_store(stub.url) as store, pytest.raises(CollectionNotFoundError, match="404"):
        store.collections()


def test_the_key_comes_from_the_environment_only(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret")
    with pytest.warns(UserWarning, match="insecure connection"):
        store = open_store(stub.url)
    with store:
        store.collections()
        stub.answers = [failing(500)]
        with pytest.raises(StoreUnreachableError) as caught:
            store.collections()
    assert {key for _, _, key in stub.requests} == {"s3cret"}
    assert "s3cret" not in str(caught.value)


def test_a_password_in_the_url_is_not_repeated_to_the_reader(stub: Stub) -> None:
    stub.answers = [failing(500)]
    url = stub.url.replace("http://", "http://user:hidden@")
    with open_store(url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert "hidden" not in str(caught.value)
    assert stub.url in str(caught.value)
