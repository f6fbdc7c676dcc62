"""A server that is absent, busy, broken or closed to us, played by a stub on the loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from cpt_rag.errors import CollectionNotFoundError, StoreError, StoreUnreachableError
from cpt_rag.qdrant import ServerStore, open_store, remote

from .stub import LOST, Answer, Script, Stub, failing, ok

OK = ok({"collections": [{"name": "docs"}]})
STRICT_INDEX = (
    'Bad request: Index required but not found for "metadata.author" of one of the following types:'
    " [keyword]. Help: Create an index for this key or use a different filter."
)
STRICT_LIMIT = (
    'Bad request: Limit exceeded 1000000 > 1000 for "limit". Help: Reduce the "limit" parameter to'
    " or below 1000."
)
PAGE = b"<!DOCTYPE html><html><head><title>504 Gateway\nTime-out</title></head><body>...</html>"

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def script() -> Script:
    return Script(OK)


@pytest.fixture
def stub(script: Script) -> Iterator[Stub]:
    made = Stub(script)
    yield made
    made.close()


def refusal(stub: Stub, script: Script, answer: Answer) -> Exception:
    """What a store that has answered before raises at ``answer``."""
    with open_store(stub.url) as store:
        store.collections()
        script.answers = [answer]
        with pytest.raises(StoreError) as caught:
            store.collections()
    return caught.value


def asked(stub: Stub) -> list[str]:
    return [request.path for request in stub.requests]


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


@pytest.mark.parametrize("answer", [*map(failing, (429, 500, 502, 503)), LOST])
def test_what_passes_is_tried_again(stub: Stub, script: Script, answer: Answer) -> None:
    with open_store(stub.url) as store:
        store.collections()
        script.answers = [answer] * (remote.ATTEMPTS - 1) + [OK]
        assert store.collections() == ["docs"]
    assert len(stub.requests) == 1 + remote.ATTEMPTS


@pytest.mark.parametrize("said", ["2", "Wed, 21 Oct 2015 07:28:00 GMT"], ids=["seconds", "date"])
def test_a_server_that_says_when_is_heard(
    stub: Stub, script: Script, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    script.answers = [failing(429, **{"Retry-After": said}), OK]
    with open_store(stub.url) as store:
        assert store.collections() == ["docs"]
    assert [pause for pause in pauses if pause >= 2] == ([2] if said == "2" else [])


def test_a_server_that_stays_broken_is_given_up(stub: Stub, script: Script) -> None:
    error = refusal(stub, script, failing(500))
    assert isinstance(error, StoreUnreachableError)
    assert "500" in str(error)
    assert stub.url in str(error)
    assert len(stub.requests) == 1 + remote.ATTEMPTS


def test_a_server_that_never_answered_is_given_up_sooner(stub: Stub, script: Script) -> None:
    script.answers = [failing(500)]
    with open_store(stub.url) as store, pytest.raises(StoreUnreachableError):
        store.collections()
    assert len(stub.requests) == remote.FIRST_ATTEMPTS


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_the_key_and_is_not_repeated(
    stub: Stub, script: Script, status: int
) -> None:
    error = refusal(stub, script, failing(status))
    assert isinstance(error, StoreUnreachableError)
    assert "QDRANT_API_KEY" in error.remedy
    assert len(stub.requests) == 2


def test_a_bad_request_is_not_repeated(stub: Stub, script: Script) -> None:
    error = refusal(stub, script, failing(400))
    assert "400 Bad Request: said so" in str(error)
    assert asked(stub).count("/collections") == 2


@pytest.mark.parametrize("status", [400, 403])
def test_strict_mode_is_named_with_what_it_wants(stub: Stub, script: Script, status: int) -> None:
    index = refusal(stub, script, failing(status, STRICT_INDEX))
    assert "strict mode" in str(index)
    assert "metadata.author" in str(index)
    assert "index it in the collection" in str(index)
    script.answers = [OK]
    limit = refusal(stub, script, failing(status, STRICT_LIMIT))
    assert "below 1000" in str(limit)
    assert "have the collection's strict mode allow it" in str(limit)


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_server_of_an_old_version_is_told_from_a_wrong_request(
    stub: Stub, script: Script, status: int
) -> None:
    with open_store(stub.url) as store:
        script.answers = [failing(status), (200, {}, {"title": "qdrant", "version": "1.9.2"})]
        with pytest.raises(StoreError) as caught:
            store.collections()
    assert not isinstance(caught.value, CollectionNotFoundError)
    assert "1.9.2" in caught.value.found
    assert caught.value.expected == "Qdrant 1.16 or later"


@pytest.mark.parametrize("status", [200, 404, 504])
def test_a_proxys_page_is_shown_by_its_title(stub: Stub, script: Script, status: int) -> None:
    script.answers = [(status, {"Content-Type": "text/html"}, PAGE)]
    with open_store(stub.url) as store, pytest.raises((StoreError, CollectionNotFoundError)) as it:
        store.collections()
    assert "<" not in str(it.value)
    if status == 200:
        assert "no Qdrant server" in it.value.remedy
    else:
        assert "'504 Gateway Time-out'" in str(it.value)


def test_something_else_than_qdrant(stub: Stub, script: Script) -> None:
    script.answers = [(200, {}, "hello")]
    with open_store(stub.url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert len(stub.requests) == 1
    assert "no Qdrant server" in caught.value.remedy
    script.answers = [failing(404)]
    with open_store(stub.url) as store, pytest.raises(CollectionNotFoundError, match="404"):
        store.collections()


def test_an_answer_that_takes_too_long_names_the_setting(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    def slow(*_: object, **__: object) -> None:
        raise httpx.ReadTimeout("timed out")

    with open_store(stub.url) as store:
        monkeypatch.setattr(httpx.Client, "send", slow)
        with pytest.raises(StoreUnreachableError) as caught:
            store.collections()
    assert "QDRANT_TIMEOUT" in caught.value.remedy


def test_the_key_comes_from_the_environment_only(
    stub: Stub, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "s3cret")
    error = refusal(stub, script, failing(500))
    assert {request.key for request in stub.requests} == {"s3cret"}
    assert "s3cret" not in str(error)


def test_a_password_in_the_url_is_not_repeated_to_the_reader(stub: Stub, script: Script) -> None:
    script.answers = [failing(500)]
    url = stub.url.replace("http://", "http://user:hidden@")
    with open_store(url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert "hidden" not in str(caught.value)
    assert stub.url in str(caught.value)
