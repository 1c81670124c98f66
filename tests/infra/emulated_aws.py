"""One address that answers as AWS does for all that infra/ asks: the emulators behind it, each for what it does well.

ministack runs functions and queues but forgets half of a flow log; moto remembers networks, keys and databases but runs
nothing; neither knows Slack channels, metric streams or a proxy's endpoints, so what is asked of those is kept here
and given back. A database's host becomes this machine, and the RDS Data API a real PostgreSQL on it.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import psycopg

ACCOUNT, REGION = "000000000000", "us-east-1"
MOTO = frozenset({"ec2", "kms", "rds"})
_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_DATABASE_HOST = re.compile(rb"[\w.-]+\.rds\.amazonaws\.com")


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """AWS's query protocol as it was before it was flattened: {"A.member.1.B": "c"} is {"A": [{"B": "c"}]}."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *path, last = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return {name: _lists(node) for name, node in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    items = next(iter(node.values())) if len(node) == 1 else node
    if isinstance(items, dict) and items and all(key.isdigit() for key in items):
        return [_lists(items[key]) for key in sorted(items, key=int)]
    return {name: _lists(child) for name, child in node.items()}


def xml(value: Any) -> str:
    """A nested value as the query protocol answers it."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(child)}</{name}>" for name, child in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(child)}</member>" for child in value)
    return str(value)


def answer(action: str, result: Any) -> bytes:
    body = f"<{action}Result>{xml(result)}</{action}Result><ResponseMetadata/>"
    return f"<{action}Response>{body}</{action}Response>".encode()


def error(code: str) -> bytes:
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>".encode()


class Kept:
    """What no emulator knows: kept as asked, by name."""

    def __init__(self) -> None:
        self.streams: dict[str, Any] = {}
        self.endpoints: dict[str, Any] = {}
        self.channels: dict[str, Any] = {}

    def query(self, form: dict[str, str]) -> tuple[int, bytes] | None:
        """The answer to a query request; None: an emulator's matter."""
        known: dict[str, Callable[[dict[str, Any]], tuple[int, bytes]]] = {
            "PutMetricStream": self._put_stream,
            "GetMetricStream": self._get_stream,
            "DeleteMetricStream": self._delete_stream,
            "CreateDBProxyEndpoint": self._create_endpoint,
            "DescribeDBProxyEndpoints": self._describe_endpoints,
            "DeleteDBProxyEndpoint": self._delete_endpoint,
            "ListTagsForResource": self._tags,
        }
        action, arn = form.get("Action", ""), form.get("ResourceARN", form.get("ResourceName", ""))
        mine = action != "ListTagsForResource" or ":metric-stream/" in arn or ":db-proxy-endpoint:" in arn
        return known[action](nested(form)) if action in known and mine else None

    def _put_stream(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:metric-stream/{asked['Name']}"
        dates = dict.fromkeys(("CreationDate", "LastUpdateDate"), "2026-01-02T03:04:05Z")
        tags = self.streams.get(asked["Name"], {}).get("Tags", [])
        self.streams[asked["Name"]] = {"Tags": tags} | asked | {"Arn": arn, "State": "running"} | dates
        return 200, answer("PutMetricStream", {"Arn": arn})

    def _get_stream(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        found = self.streams.get(asked["Name"])
        return (200, answer("GetMetricStream", found)) if found else (404, error("ResourceNotFoundException"))

    def _delete_stream(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        self.streams.pop(asked["Name"], None)
        return 200, answer("DeleteMetricStream", {})

    def _create_endpoint(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        name = asked["DBProxyEndpointName"]
        self.endpoints[name] = asked | {
            "DBProxyEndpointArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy-endpoint:{name}",
            "Endpoint": "127.0.0.1",
            "Status": "available",
            "IsDefault": "false",
        }
        return 200, answer("CreateDBProxyEndpoint", {"DBProxyEndpoint": self.endpoints[name]})

    def _describe_endpoints(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        found = self.endpoints.get(asked["DBProxyEndpointName"])
        if found is None:
            return 404, error("DBProxyEndpointNotFoundFault")
        return 200, answer("DescribeDBProxyEndpoints", {"DBProxyEndpoints": [found]})

    def _delete_endpoint(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        gone = self.endpoints.pop(asked["DBProxyEndpointName"], {})
        return 200, answer("DeleteDBProxyEndpoint", {"DBProxyEndpoint": gone | {"Status": "deleting"}})

    def _tags(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        stream = "ResourceARN" in asked
        found, name = (self.streams, "Tags") if stream else (self.endpoints, "TagList")
        key = (asked["ResourceARN"] if stream else asked["ResourceName"]).rsplit("/" if stream else ":")[-1]
        return 200, answer("ListTagsForResource", {name: found[key]["Tags"]})

    def chatbot(self, path: str, asked: dict[str, Any]) -> tuple[int, bytes]:
        """AWS Chatbot's REST answers."""
        arn = asked.get("ChatConfigurationArn", "")
        if path == "/create-slack-channel-configuration":
            arn = f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/{asked['ConfigurationName']}"
            self.channels[arn] = {"SlackTeamName": "a team", "SlackChannelName": "a channel"} | asked
            self.channels[arn] |= {"ChatConfigurationArn": arn, "State": "ENABLED"}
            return 201, json.dumps({"ChannelConfiguration": self.channels[arn]}).encode()
        if path == "/describe-slack-channel-configurations":
            found = [self.channels[arn]] if arn in self.channels else []
            return 200, json.dumps({"SlackChannelConfigurations": found}).encode()
        if path == "/delete-slack-channel-configuration":
            self.channels.pop(arn, None)
            return 204, b""
        return 200, json.dumps({"Tags": self.channels[asked["ResourceARN"]]["Tags"]}).encode()


class DataApi:
    """The RDS Data API over a real server: a connection a transaction, one statement a call."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._open: dict[str, psycopg.Connection[Any]] = {}

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(self._do(path, asked)).encode()
        except psycopg.Error as failed:
            return 400, json.dumps({"__type": "DatabaseErrorException", "message": str(failed)}).encode()

    def _do(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path == "/BeginTransaction":
            name = f"transaction-{len(self._open) + 1}"
            self._open[name] = psycopg.connect(self._dsn)
            return {"transactionId": name}
        connection = self._open[asked["transactionId"]]
        if path == "/Execute":
            connection.execute(asked["sql"], prepare=True)  # the extended protocol takes one statement, as AWS does
            return {"numberOfRecordsUpdated": 0}
        (connection.commit if path == "/CommitTransaction" else connection.rollback)()
        connection.close()
        return {"transactionStatus": "done"}


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kept: Kept
    data: DataApi
    ministack: int
    moto: int

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        found = _SIGNED_FOR.search(self.headers.get("authorization", ""))
        service = found[1] if found else ""
        own = self._own(service, body)
        status, headers, data = own or self._forward(self.moto if service in MOTO else self.ministack, body)
        if service == "rds":
            data = _DATABASE_HOST.sub(b"127.0.0.1", data)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _own(self, service: str, body: bytes) -> tuple[int, dict[str, str], bytes] | None:
        if service == "chatbot":
            status, said = self.kept.chatbot(self.path, json.loads(body))
            return status, {"content-type": "application/json"}, said
        if service == "rds-data":
            status, said = self.data.answer(self.path, json.loads(body))
            return status, {"content-type": "application/json"}, said
        if service in ("rds", "monitoring"):
            made = self.kept.query(dict(parse_qsl(body.decode())))
            return made and (made[0], {"content-type": "text/xml"}, made[1])
        return None

    def _forward(self, port: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
        connection.request(self.command, self.path, body, headers)
        got = connection.getresponse()
        data = got.read()
        connection.close()
        dropped = ("content-length", "transfer-encoding", "connection")
        return got.status, {n: v for n, v in got.getheaders() if n.lower() not in dropped}, data

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any


@contextmanager
def front(ministack: int, moto: int, dsn: str) -> Iterator[str]:
    """The URL, while it answers. `dsn`: the server behind the Data API."""
    mine = {"kept": Kept(), "data": DataApi(dsn), "ministack": ministack, "moto": moto}
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
