"""What the suite is run against: a stack of its own, `sereno up` in another terminal, or a deployed API.

    pytest tests/integration                                a stack of its own, signatures required
    pytest tests/integration --running                      the newest `sereno up --iam` of this project
    pytest tests/integration --deployed infra/outputs.json  what Terraform deployed, by your credentials

Rows are marked as the canary's are, so that lists do not show them and the subscriber deletes them.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

T = TypeVar("T")
PROJECT = Path(__file__).parents[2]
LOCAL_KEY = "local"  # both halves of a person's key on this machine
MARK = {"x-sereno-synthetic": "canary"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deployed", metavar="FILE", type=Path, help="run against what these outputs name")
    parser.addoption("--running", action="store_true", help="run against the newest `sereno up --iam`")


@dataclass(frozen=True)
class Answer:
    """A status, the headers by small name, and the parsed body."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Target:
    """An API, whose key signs for it, and its dead-letter queue. `patience`: seconds from POST to row."""

    url: str
    region: str
    session: boto3.Session
    dead_letter_queue: str
    patience: float
    endpoint: str | None = None  # of AWS's services; None: AWS itself

    def ask(self, method: str, path: str, body: object = None, *, signed: bool = True) -> Answer:
        """One request, never tried again."""
        url = urllib.parse.urlsplit(self.url + path)
        payload = b"" if body is None else json.dumps(body).encode()
        headers = MARK | {"content-type": "application/json"}
        if signed:
            headers = self._signed(method, url, payload, headers)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.netloc, timeout=30)
        connection.request(method, urllib.parse.urlunsplit(("", "", *url[2:])), payload, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        kept = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, kept, json.loads(text) if text else None)

    def _signed(
        self, method: str, url: urllib.parse.SplitResult, payload: bytes, headers: dict[str, str]
    ) -> dict[str, str]:
        request = AWSRequest(method, url.geturl(), data=payload, headers=headers)
        SigV4Auth(self.session.get_credentials(), "execute-api", self.region).add_auth(request)
        return dict(request.headers.items())

    def dead_letters(self) -> int:
        """Messages in the dead-letter queue, those being looked at included."""
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        client = self.session.client("sqs", endpoint_url=self.endpoint, region_name=self.region)
        found = client.get_queue_attributes(QueueUrl=self.dead_letter_queue, AttributeNames=list(counted))
        return sum(int(found["Attributes"][name]) for name in counted)

    def until(self, found: Callable[[], T]) -> T:
        """The first truthy answer; the last one when none comes in time."""
        end = time.monotonic() + self.patience
        while not (got := found()) and time.monotonic() < end:
            time.sleep(0.1)
        return got


def deployed(outputs: Path) -> Target:
    """What Terraform's outputs name."""
    named = {name: output["value"] for name, output in json.loads(outputs.read_text()).items()}
    return Target(named["api_url"], named["region"], boto3.Session(), named["dlq_url"], patience=60.0)


def local(url: str, endpoint: str) -> Target:
    """A stack on this machine, by its URLs."""
    session = boto3.Session(LOCAL_KEY, LOCAL_KEY, region_name="us-east-1")
    queues = session.client("sqs", endpoint_url=endpoint).list_queues(
        QueueNamePrefix="sereno-local-users-dlq"
    )
    return Target(url, "us-east-1", session, queues["QueueUrls"][0], patience=20.0, endpoint=endpoint)


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    outputs = request.config.getoption("--deployed", default=None)
    if outputs:
        yield deployed(outputs)
        return
    from sereno.local import state

    if request.config.getoption("--running", default=False):
        found = state.newest(PROJECT)
        yield local(found.url, found.endpoint)
        return
    from sereno.local.stack import Options, Stack

    with Stack(Options(project=PROJECT, iam=True)) as stack:
        yield local(stack.url, stack.emulator.url)
