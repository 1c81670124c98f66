"""SNS, SQS and Secrets Manager as far as the functions call them: on loopback, able to fail and to hang."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

PUBLISHED = b"""<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>
<MessageId>5f5a1c3e-0000-4000-8000-000000000001</MessageId></PublishResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"""

FAULT = """<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
<Code>{}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"""


@dataclass
class Aws:
    """`fault` is what every call meets: a code with its status, "hang", or "" for nothing."""

    fault: str = ""
    published: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # message, attributes
    hidden: dict[str, int] = field(default_factory=dict)  # receipt -> seconds
    refused: set[str] = field(default_factory=set)  # receipts that SQS does not know
    secret: str = "{}"
    calls: int = 0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """What the service called by `target` (SNS has none) says."""
        self.calls += 1
        if self.fault == "hang":
            self._over.wait(30)
        if self.fault:
            status, _, code = self.fault.partition(" ")
            fault = json.dumps({"__type": code}) if target else FAULT.format(code)
            return int(status) if status.isdigit() else 500, fault.encode()
        return {"": self._publish, "ChangeMessageVisibilityBatch": self._hide, "GetSecretValue": self._tell}[
            target
        ](body)

    def _publish(self, body: bytes) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
        assert form["Action"] == "Publish"
        attributes = {}
        for number in range(1, 11):
            entry = f"MessageAttributes.entry.{number}"
            if f"{entry}.Name" in form:
                attributes[form[f"{entry}.Name"]] = form[f"{entry}.Value.StringValue"]
        self.published.append((form["Message"], attributes))
        return 200, PUBLISHED

    def _hide(self, body: bytes) -> tuple[int, bytes]:
        entries = json.loads(body)["Entries"]
        assert len(entries) <= 10
        known = [entry for entry in entries if entry["ReceiptHandle"] not in self.refused]
        self.hidden |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in known}
        failed = [entry for entry in entries if entry["ReceiptHandle"] in self.refused]
        return 200, json.dumps(
            {
                "Successful": [{"Id": entry["Id"]} for entry in known],
                "Failed": [
                    {"Id": e["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"} for e in failed
                ],
            }
        ).encode()

    def _tell(self, body: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"ARN": json.loads(body)["SecretId"], "SecretString": self.secret}).encode()


def _handler(aws: Aws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            target = self.headers.get("x-amz-target", "").rpartition(".")[2]
            status, content = aws.answer(target, body)
            self._send(
                status, content, {"content-type": "application/x-amz-json-1.0" if target else "text/xml"}
            )

        def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # a client that had enough of a hanging server

    return Handler
