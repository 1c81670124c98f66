"""The AWS emulator behind our own words: what another one would have to do to replace it.

ministack runs in a process of its own (`emulated.py`) on loopback and gives SNS, SQS with a
dead-letter queue, the HTTP API's routing and events, Lambda's control plane and the CloudWatch
API. It does not run the handlers: its Lambda forwards each event to our runtime (`runtime.py`),
which is some 90 ms an invocation faster than its own `provided` path. Nor does it poll the queue
for the subscriber (`poller.py`): its event source mapping knows no batch over 10 and no window.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sereno.errors import Unable
from sereno.local import ports, sdk
from sereno.local.children import Children
from sereno.local.environment import Config
from sereno.local.pipeline import Queue

ACCOUNT: Final = "000000000000"
KEY: Final = "local"  # both halves of the key pair a person uses here
PATIENCE = 30.0  # seconds until it answers
_HEALTH = "/_ministack/health"
_PROXY = "MINISTACK_LAMBDA_PROXY_URL"  # the variable by which a function is forwarded
_OWN_HEADERS = (
    "content-length",
    "date",
    "server",
    "connection",
    "transfer-encoding",
    "x-amz",
    "access-control",
)


@dataclass(frozen=True, slots=True)
class Queued:
    """A queue and its dead-letter queue."""

    url: str
    arn: str
    dead_letter_url: str


class Emulator:
    """One emulator. Names given twice mean the same thing, as in AWS."""

    def __init__(self, children: Children, region: str = "us-east-1") -> None:
        self.region = region
        self.port = ports.free()
        self.address = f"{ports.HOST}:{self.port}"
        self.url = f"http://{self.address}"
        self._children = children
        self._log = children.folder / "emulator.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts the process; `wait` for it before anything else."""
        with self._log.open("ab") as log:
            self._process = self._children.start(
                [sys.executable, "-m", "sereno.local.emulated"], env=self._variables(), stdout=log
            )

    def wait(self) -> None:
        """Waits until it answers."""
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if not self.running or time.monotonic() > end:
                raise Unable(f"the AWS emulator did not start: {self._last_words()}")
            time.sleep(0.01)

    def close(self) -> None:
        """Ends it at once: it has nothing to save."""
        if self._process is not None:
            self._children.stop(self._process, signal.SIGKILL)

    def client(self, service: str) -> Any:
        """A boto3 client for a service, made once."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = sdk.client(service, self.url, self.region, KEY)
            return self._clients[service]

    def topic(self, name: str) -> str:
        """A topic's ARN."""
        arn: str = self.client("sns").create_topic(Name=name)["TopicArn"]
        return arn

    def queue(self, spec: Queue) -> Queued:
        """A queue that moves what was received too often to its dead-letter queue."""
        dead = self._queue(
            spec.dead_letter.name, {"MessageRetentionPeriod": spec.dead_letter.message_retention_seconds}
        )
        redrive = {"deadLetterTargetArn": self._arn("sqs", spec.dead_letter.name)}
        attributes = {
            "VisibilityTimeout": spec.visibility_timeout_seconds,
            "MessageRetentionPeriod": spec.message_retention_seconds,
            "ReceiveMessageWaitTimeSeconds": spec.receive_wait_seconds,
            "RedrivePolicy": json.dumps(redrive | {"maxReceiveCount": spec.dead_letter.max_receive_count}),
        }
        return Queued(self._queue(spec.name, attributes), self._arn("sqs", spec.name), dead)

    def subscribe(self, topic: str, queue: str, *, raw: bool) -> None:
        """Lets a topic deliver into a queue (both ARNs)."""
        self.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=queue,
            Attributes={"RawMessageDelivery": str(raw).lower()},
        )

    def secret(self, name: str, value: str) -> str:
        """A secret's ARN."""
        arn: str = self.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
        return arn

    def function(self, config: Config, invoke_url: str) -> str:
        """A function's ARN; its events are POSTed to the URL."""
        arn: str = self.client("lambda").create_function(
            FunctionName=config.name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{config.name}",
            Handler=config.handler,
            Code={"ZipFile": _nothing()},
            Timeout=min(900, int(config.timeout) + 20),  # ours ends it, and a cold start is not its time
            Environment={"Variables": {_PROXY: invoke_url}},
        )["FunctionArn"]
        return arn

    def http_api(self, api_id: str, name: str, stage: str, routes: Mapping[str, str], *, iam: bool) -> None:
        """An HTTP API with Lambda proxy integrations, given function ARNs by route key."""
        api = self.client("apigatewayv2")
        made = api.create_api(Name=name, ProtocolType="HTTP", Tags={"ms-custom-id": api_id})["ApiId"]
        targets = {arn: self._integration(made, arn) for arn in sorted(set(routes.values()))}
        for route, arn in routes.items():
            api.create_route(
                ApiId=made,
                RouteKey=route,
                Target=targets[arn],
                AuthorizationType="AWS_IAM" if iam else "NONE",
            )
        api.create_stage(ApiId=made, StageName=stage, AutoDeploy=True)

    def path(self, api: str, stage: str) -> str:
        """What stands before a request's path to reach a stage."""
        return f"/_aws/execute-api/{api}/{stage}"

    def _integration(self, api: str, function: str) -> str:
        made = self.client("apigatewayv2").create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
        )
        return f"integrations/{made['IntegrationId']}"

    def _queue(self, name: str, attributes: Mapping[str, object]) -> str:
        text = {key: str(value) for key, value in attributes.items()}
        url: str = self.client("sqs").create_queue(QueueName=name, Attributes=text)["QueueUrl"]
        return url

    def _arn(self, service: str, name: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{name}"

    def _variables(self) -> dict[str, str]:
        folder = str(self._children.folder)
        return {
            "BIND_HOST": ports.HOST,
            "DOCKER_HOST": f"unix://{folder}/no-docker.sock",  # it would look for containers to remove
            "GATEWAY_PORT": str(self.port),
            "HOME": folder,
            "IOT_MTLS_ENABLED": "0",  # an MQTT broker on every interface, where `cryptography` is installed
            "LOG_LEVEL": "ERROR",  # it logs message bodies at INFO
            "MINISTACK_HOST": ports.HOST,
            "MINISTACK_REGION": self.region,
            "PATH": os.defpath,
            "SFTP_ENABLED": "0",  # likewise, where `asyncssh` is
            "STATE_DIR": f"{folder}/emulator",
            "TMPDIR": folder,
        }

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(ports.HOST, self.port, timeout=5)
        try:
            connection.request("GET", _HEALTH)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return lines[-1] if lines else "it said nothing"


def _nothing() -> bytes:
    """A deployment package, since there must be one."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("README", "The handlers run outside the emulator.\n")
    return package.getvalue()


def as_gateway(
    status: int, headers: Iterable[tuple[str, str]], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """The emulator's answer to a request of an HTTP API, as API Gateway would have given it.

    A function that failed is a 502 with its error here, a 500 without it there; one that was
    throttled is a 503 there. The emulator's own headers are left out.
    """
    kept = [(k, v) for k, v in headers if not k.lower().startswith(_OWN_HEADERS)]
    if status != 502 or not body.startswith(b'{"errorMessage"'):
        return status, kept, body
    throttled = b"Proxy target returned HTTP 429" in body
    words = "Service Unavailable" if throttled else "Internal Server Error"
    return (
        503 if throttled else 500,
        [("Content-Type", "application/json")],
        b'{"message":"%s"}' % words.encode(),
    )
