"""A server on the loopback: one that answers from a list, and one that keeps collections."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel
from qdrant_client import QdrantClient, models

Answer = tuple[int, dict[str, str], object]

LOST: Answer = (0, {}, None)
"""The connection ends without an answer."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    key: str | None
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


def ok(result: object) -> Answer:
    return 200, {}, {"result": result, "status": "ok", "time": 0}


def failing(status: int, error: str = "said so", **headers: str) -> Answer:
    return status, headers, {"status": {"error": error}}


class Stub:
    """A server that hands every request to ``respond``; TLS with a certificate's file."""

    def __init__(self, respond: Callable[[Request], Answer], certificate: str = "") -> None:
        self.respond = respond
        self.requests: list[Request] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def _handler(stub) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler's
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.command, self.path, self.headers.get("api-key"), body)
                stub.requests.append(request)
                status, headers, content = stub.respond(request)
                if status:
                    self.send(status, headers, content)

            def send(self, status: int, headers: dict[str, str], content: object) -> None:
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Script:
    """Answers from a list, the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def __call__(self, request: Request) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Rest:
    """Qdrant's REST interface, as far as it is used here, over the client's local mode.

    ``before`` may answer in a request's stead; ``after`` may change what is answered to one that
    was carried out.
    """

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")
        self.before: Callable[[Request], Answer | None]
        self.after: Callable[[Request, Answer], Answer]
        self.stay()
        self.guard = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self.guard:
            instead = self.before(request)
            return self.after(request, self.carry_out(request)) if instead is None else instead

    def leave_after(self, number: int, *, carried_out: bool) -> list[Request]:
        """Answer so many requests and no more; the list fills once the server is gone.

        The last one is carried out, or is lost like all that follow.
        """
        served: list[Request] = []
        gone: list[Request] = []

        def before(request: Request) -> Answer | None:
            if gone:
                return LOST
            served.append(request)
            if len(served) > number:
                gone.append(request)
                return None if carried_out else LOST
            return None

        self.before = before
        self.after = lambda request, answer: LOST if gone else answer
        return gone

    def stay(self) -> None:
        """Answer again."""
        self.before, self.after = lambda request: None, lambda request, answer: answer

    def carry_out(self, request: Request) -> Answer:
        _, *parts = urlsplit(request.path).path.split("/")
        if parts == [""]:
            return 200, {}, {"title": "qdrant", "version": "1.16.0"}
        lists = {"collections": self.client.get_collections, "aliases": self.client.get_aliases}
        if len(parts) == 1:
            return ok(plain(lists[parts[0]]()))
        name, *rest = map(unquote, parts[1:])
        if rest == ["exists"]:
            return ok({"exists": self.client.collection_exists(name)})
        if (name, rest) == ("aliases", []):
            rest, name = ["aliases"], ""
        call = getattr(self, "_".join([request.method.lower(), *rest]))
        try:
            return ok(plain(call(name, request.json())))
        except ValueError as error:
            return failing(404 if "not found" in str(error) else 409, str(error))

    def post_aliases(self, _: str, body: Any) -> Any:
        wanted = models.ChangeAliasesOperation.model_validate(body)
        return self.client.update_collection_aliases(wanted.actions)

    def get(self, name: str, body: Any) -> Any:
        return self.client.get_collection(name)

    def put(self, name: str, body: Any) -> Any:
        wanted = models.CreateCollection.model_validate(body)
        return self.client.create_collection(
            name, wanted.vectors, wanted.sparse_vectors, metadata=wanted.metadata
        )

    def patch(self, name: str, body: Any) -> Any:
        return self.client.update_collection(name, metadata=body["metadata"])

    def delete(self, name: str, body: Any) -> Any:
        return self.client.delete_collection(name)

    def put_index(self, name: str, body: Any) -> Any:
        return {"operation_id": 0, "status": "completed"}  # local mode finds without

    def put_points(self, name: str, body: Any) -> Any:
        return self.client.upsert(name, models.PointsList.model_validate(body).points)

    def post_points(self, name: str, body: Any) -> Any:
        wanted = models.PointRequest.model_validate(body)
        return self.client.retrieve(name, wanted.ids, with_vectors=bool(wanted.with_vector))

    def post_points_scroll(self, name: str, body: Any) -> Any:
        wanted = models.ScrollRequest.model_validate(body)
        points, following = self.client.scroll(
            name,
            wanted.filter,
            limit=wanted.limit or 10,
            offset=wanted.offset,
            with_vectors=bool(wanted.with_vector),
        )
        return {"points": [plain(point) for point in points], "next_page_offset": following}

    def post_points_count(self, name: str, body: Any) -> Any:
        wanted = models.CountRequest.model_validate(body)
        return self.client.count(name, wanted.filter, exact=True)

    def post_points_delete(self, name: str, body: Any) -> Any:
        kind = models.PointIdsList if "points" in body else models.FilterSelector
        return self.client.delete(name, kind.model_validate(body))

    def post_points_query(self, name: str, body: Any) -> Any:
        return self.client.query_batch_points(name, [models.QueryRequest.model_validate(body)])[0]


def plain(result: Any) -> Any:
    if isinstance(result, list):
        return [plain(one) for one in result]
    return json.loads(result.model_dump_json()) if isinstance(result, BaseModel) else result
