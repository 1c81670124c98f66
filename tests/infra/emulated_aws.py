"""One address that answers as AWS does for all that infra/ asks: the emulators behind it, each for what it
does well.

ministack runs functions and queues, moto remembers alarms and delivery streams, and what both forget is
kept and given back as it was asked (`kept.py`). A database's host becomes this machine, and the RDS Data
API a real PostgreSQL on it.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
import psycopg

from tests.infra.deployment import LIMIT
from tests.infra.kept import Kept

MOTO = frozenset({"firehose", "monitoring"})
_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_DATABASE_HOST = re.compile(rb"[\w.-]+\.rds\.amazonaws\.com")


def by_path(service: str, method: str, path: str) -> str:
    """The name of an operation."""
    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        http_ = model.operation_model(name).http
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", http_["requestUri"].partition("?")[0].rstrip("/"))
        if http_["method"] == method and re.fullmatch(pattern, path.rstrip("/")):
            return str(name)
    return f"{method} {path}"


class DataApi:
    """The RDS Data API over a real server: a connection a transaction, one statement a call."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._open: dict[str, psycopg.Connection[Any]] = {}

    def close(self) -> None:
        """Ends what nobody went on with."""
        for connection in self._open.values():
            connection.close()

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(self._do(path, asked)).encode()
        except psycopg.Error as failed:
            return 400, json.dumps({"__type": "DatabaseErrorException", "message": str(failed)}).encode()

    def _do(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path == "/BeginTransaction":
            name = uuid.uuid4().hex
            self._open[name] = psycopg.connect(self._dsn)
            return {"transactionId": name}
        connection = self._open[asked["transactionId"]]
        if path == "/Execute":
            connection.execute(
                asked["sql"], prepare=True
            )  # the extended protocol takes one statement, as AWS does
            return {"numberOfRecordsUpdated": 0}
        (connection.commit if path == "/CommitTransaction" else connection.rollback)()
        connection.close()
        return {"transactionStatus": "done"}


class Front(BaseHTTPRequestHandler):
    """Answers, and keeps the actions that it was asked for, as IAM names them: `GET /_asked` gives them."""

    protocol_version = "HTTP/1.1"
    asked: set[str]
    kept: Kept
    data: DataApi
    ministack: int
    moto: int

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        found = _SIGNED_FOR.search(self.headers.get("authorization", ""))
        service = found[1] if found else ""
        if not service and self.path == "/_asked":
            said = json.dumps(sorted(self.asked)).encode()
            self.asked.clear()
            return self._send(200, {}, said)
        self.asked.add(self._action(service, body))
        own = self._own(service, body)
        status, headers, data = own or self._forward(self.moto if service in MOTO else self.ministack, body)
        if service == "rds":
            data = _DATABASE_HOST.sub(b"127.0.0.1", self.kept.remember(body.decode(), data.decode()).encode())
        if service == "elasticache":  # it forgets how a user signs in
            data = data.replace(b"<Type>no-password</Type>", b"<Type>iam</Type>")
        return self._send(status, headers, data)

    def _send(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _action(self, service: str, body: bytes) -> str:
        """What was asked; of services that go by paths, the operation whose path it is."""
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        if service in ("lambda", "scheduler", "chatbot"):
            target = by_path(service, self.command, self.path.partition("?")[0])
        elif service in ("apigateway", "s3"):
            target = self.command
        named = target or dict(parse_qsl(body.decode())).get("Action", self.path)
        return f"{'cloudwatch' if service == 'monitoring' else service}:{named}"

    def _own(self, service: str, body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        if service == "chatbot":
            status, said = self.kept.chatbot(self.path, json.loads(body))
            return status, {"content-type": "application/json"}, said
        if service == "rds-data":
            status, said = self.data.answer(self.path, json.loads(body))
            return status, {"content-type": "application/json"}, said
        if service in ("ec2", "monitoring", "rds"):
            made = self.kept.query(dict(parse_qsl(body.decode())))
            return made and (made[0], {"content-type": "text/xml"}, made[1])
        return None

    def _forward(self, port: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
        # As long as Terraform waits: hung up on, it asks again, and what was made meanwhile is a 409.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
        connection.request(self.command, self.path, body, headers)
        got = connection.getresponse()
        data = got.read()
        connection.close()
        dropped = ("content-length", "transfer-encoding", "connection")
        return got.status, {n: v for n, v in got.getheaders() if n.lower() not in dropped}, data

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any  # noqa: N815


@contextmanager
def front(ministack: int, moto: int, dsn: str) -> Iterator[str]:
    """The URL, while it answers. `dsn`: the server behind the Data API."""
    data = DataApi(dsn)
    mine = {"asked": set(), "kept": Kept(), "data": data, "ministack": ministack, "moto": moto}
    handler = type("Here", (Front,), mine)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        data.close()
