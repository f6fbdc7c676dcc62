"""How a server is reached: URLs, keys, timeouts and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError, StoreUnreachableError
from cpt_rag.qdrant import open_store
from cpt_rag.qdrant.connection import Address, read_key, read_timeout

from .stub import Script, Stub, ok

OK = ok({"collections": [{"name": "docs"}]})
SECRET = "s3cret-key"

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost", ("http://localhost", "localhost", None)),
        ("https://h.example:443/q?grpc=6334", ("https://h.example:443/q", "h.example", 6334)),
        ("http://me:pw@h:6333", ("http://h:6333", "h", None)),
        ("http://[::1]:6333?grpc=1", ("http://[::1]:6333", "::1", 1)),
    ],
)
def test_a_url_says_where_and_how(url: str, expected: tuple[str, str, int | None]) -> None:
    address = Address.read(url)
    assert (address.place, address.host, address.grpc_port) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://h:x",
        "http://h?grpc",
        "http://h?grpc=0",
        "http://h?grpc=99999",
        "http://h?api_key=s3cret-key",
        "http://h?grpc=6334&timeout=3",
        "http://me:s3cret-key@h#top",
    ],
)
def test_any_other_url_is_refused_without_repeating_what_may_be_secret(url: str) -> None:
    with pytest.raises(InvalidInputError, match="PORT") as caught:
        open_store(url)
    assert SECRET not in str(caught.value)


def test_the_key_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    assert read_key({"QDRANT_API_KEY_FILE": str(file)}) == SECRET
    assert read_key({"QDRANT_API_KEY": SECRET}) == SECRET
    assert read_key({"QDRANT_API_KEY": ""}) is None


def test_a_key_that_cannot_be_used_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\nand more", encoding="utf-8")
    for environment in (
        {"QDRANT_API_KEY": f"{SECRET}\r\nHost: x"},
        {"QDRANT_API_KEY": f"{SECRET}ü"},
        {"QDRANT_API_KEY_FILE": str(file)},
        {"QDRANT_API_KEY_FILE": str(tmp_path / "none")},
        {"QDRANT_API_KEY": SECRET, "QDRANT_API_KEY_FILE": str(file)},
    ):
        with pytest.raises(InvalidInputError, match="QDRANT_API_KEY") as caught:
            read_key(environment)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", ["0", "-1", "soon", "inf", "nan"])
def test_a_timeout_is_a_number_of_seconds(given: str) -> None:
    assert read_timeout({}) == 60
    assert read_timeout({"QDRANT_TIMEOUT": "2.5"}) == 2.5
    with pytest.raises(InvalidInputError, match="QDRANT_TIMEOUT"):
        read_timeout({"QDRANT_TIMEOUT": given})


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "134744072",
        "0x8080808",
        "qdrant.example.com",
        "[2001:4860:4860::8888]",
        "[::ffff:8.8.8.8]",
    ],
)
def test_a_key_goes_nowhere_in_the_clear(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)
    for suffix in ("", "?grpc=6334"):
        with pytest.raises(InvalidInputError, match="https://") as caught:
            open_store(f"http://{host}:6333{suffix}")
        assert SECRET not in str(caught.value)
    open_store(f"https://{host}").close()


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.9", "100.64.0.1", "qdrant", "a.lan"],
)
def test_a_key_may_go_over_a_network_of_ones_own(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", SECRET)
    store = open_store(f"http://{host}:6333")
    store.close()
    assert SECRET not in f"{store!r} {store!s} {store.place}"


@pytest.fixture
def secure(certificate: str) -> Iterator[Stub]:
    made = Stub(Script(OK), certificate)
    yield made
    made.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(secure: Stub) -> None:
    with open_store(secure.url) as store, pytest.raises(StoreUnreachableError) as caught:
        store.collections()
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.found
    assert "SSL_CERT_FILE" in caught.value.remedy
    assert secure.requests == []


def test_an_authority_of_ones_own_is_named_in_the_environment(
    secure: Stub, certificate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    with open_store(secure.url) as store:
        assert store.collections() == ["docs"]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_holds_no_certificate_is_refused(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(InvalidInputError, match="SSL_CERT_FILE"):
        open_store("https://localhost")


def test_tls_to_a_server_that_speaks_none() -> None:
    stub = Stub(Script(OK))
    refused = pytest.raises(StoreUnreachableError, match="no trusted connection")
    with open_store(stub.url.replace("http:", "https:")) as store, refused as caught:
        store.collections()
    stub.close()
    assert "write http://" in caught.value.remedy
