"""How a server is reached: its address from the URL, the key and the rest from the environment.

The table of it all is in ``docs/server.md``.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from cpt_rag.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    import qdrant_client

KEY = "QDRANT_API_KEY"
KEY_FILE = "QDRANT_API_KEY_FILE"
TIMEOUT = "QDRANT_TIMEOUT"
AUTHORITIES = "SSL_CERT_FILE"

TIMEOUT_SECONDS = 60.0
CONNECT_SECONDS = 3.0

_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_BARE_NAME = re.compile(r"[a-z][a-z0-9_-]*")  # what begins with a digit may be read as an address
_HEADER = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    Args:
        url: of its REST interface, without query.
        place: the same without user and password, for messages.
        host: the name or number in it.
        grpc_port: where it speaks gRPC, if that is to be spoken.
    """

    url: str
    place: str
    host: str
    grpc_port: int | None

    @classmethod
    def read(cls, url: str) -> Address:
        """The address that ``url`` is: ``https://host[:port][/path][?grpc=PORT]``.

        Raises:
            InvalidInputError: it is not of that form.
        """
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        place = urlunsplit(parts._replace(netloc=host, query="", fragment=""))
        try:
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
            port = int(query.pop("grpc")) if parts.query else None
            whole = parts.port is None or parts.port > 0
        except (ValueError, KeyError):
            query, port, whole = {}, None, False
        sound = whole and not query and not parts.fragment and bool(parts.hostname)
        if not sound or (port is not None and not 0 < port < 2**16):
            raise InvalidInputError(
                f"a server at {place}{'?...' if parts.query else ''}",
                expected="http(s)://HOST[:PORT][/PATH], and ?grpc=PORT after it to speak gRPC",
            )
        plain = urlunsplit(parts._replace(query=""))
        return cls(plain, place, parts.hostname or "", port)

    @property
    def secure(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.url.lower().startswith("https:")

    @property
    def near(self) -> bool:
        """Whether its host can only be this machine or one in a network of one's own.

        Numbers that the internet does not route, names without a dot, and those of the domains that
        are set aside for private networks; no name is looked up.
        """
        try:
            number = ipaddress.ip_address(self.host)
        except ValueError:
            name = self.host.lower()
            return _BARE_NAME.fullmatch(name) is not None or name.endswith(_PRIVATE_NAMES)
        return not (getattr(number, "ipv4_mapped", None) or number).is_global


def connect(address: Address) -> qdrant_client.QdrantClient:
    """A client for the server at ``address``; nothing is asked yet.

    Raises:
        InvalidInputError: the environment holds what cannot be used, or a key that would cross
            other people's networks in the clear.
    """
    from qdrant_client import QdrantClient

    key = read_key(os.environ)
    if key is not None and not (address.secure or address.near):
        raise InvalidInputError(
            f"a key for {address.place}, which would go there in the clear",
            expected="https:// to any host that is not in a network of one's own",
            remedy="write https://, or reach the server through a tunnel, as http://localhost:PORT",
        )
    try:
        with without_warnings():  # of a key over http, which was just looked at
            return QdrantClient(
                url=address.url,
                api_key=key,
                timeout=math.ceil(read_timeout(os.environ)),
                prefer_grpc=address.grpc_port is not None,
                grpc_port=address.grpc_port or 6334,
                grpc_options=_authorities() if address.secure else None,
                check_compatibility=False,
                event_hooks={"request": [_limit_connecting]},
            )
    except OSError as error:
        raise _unusable_authorities(error) from error


def read_key(environment: Mapping[str, str]) -> str | None:
    """The server's key, or None where there is none.

    Raises:
        InvalidInputError: two keys, a file that cannot be read, or what no header can carry; the
            message never holds the key.
    """
    key, file = environment.get(KEY), environment.get(KEY_FILE)
    if key and file:
        raise InvalidInputError(f"both {KEY} and {KEY_FILE} are set", expected="one of them")
    if file:
        try:
            key = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(
                f"{KEY_FILE} names {file}, which cannot be read: {type(error).__name__}",
                expected="a file that holds the key and nothing else",
            ) from None
    if not key:
        return None
    if _HEADER.fullmatch(key) is None:
        raise InvalidInputError(
            f"{KEY_FILE if file else KEY} holds a space, a line break or a letter beyond ASCII",
            expected="a key of printable ASCII characters",
        )
    return key


def read_timeout(environment: Mapping[str, str]) -> float:
    """Seconds that a server has for one answer.

    Raises:
        InvalidInputError: it is no positive number.
    """
    given = environment.get(TIMEOUT)
    try:
        seconds = float(given) if given else TIMEOUT_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise InvalidInputError(f"{TIMEOUT} is {given!r}", expected="a number of seconds above 0")
    return seconds


@contextmanager
def without_warnings() -> Iterator[None]:
    """The client's warnings are for those who call it themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _authorities() -> dict[str, Any] | None:
    """The trusted certificates as gRPC is given them; REST reads the same variable by itself."""
    file = os.environ.get(AUTHORITIES)
    return {"root_certificates": Path(file).read_bytes()} if file else None


def _unusable_authorities(error: OSError) -> InvalidInputError:
    return InvalidInputError(
        f"{AUTHORITIES} names {os.environ.get(AUTHORITIES)}, which cannot be used: {error}",
        expected="a file of PEM certificates",
    )


def _limit_connecting(request: httpx.Request) -> None:
    """Answers may take a minute; whether anybody is there is known sooner."""
    timeout = request.extensions.get("timeout")
    if isinstance(timeout, dict):
        request.extensions["timeout"] = {**timeout, "connect": CONNECT_SECONDS}
