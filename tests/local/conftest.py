"""One emulator for the tests of this folder that talk to it; each makes its own queues and alarms."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sereno.local import ports
from sereno.local.children import Children

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The URL of an emulator of these tests' own."""
    port = ports.free()
    url = f"http://{ports.HOST}:{port}"
    children = Children()
    env = {
        "PATH": os.environ["PATH"],
        "BIND_HOST": ports.HOST,
        "MINISTACK_HOST": ports.HOST,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    try:
        with (children.folder / "emulator.log").open("wb") as log:
            child = children.start([sys.executable, "-m", "sereno.local.emulated"], env=env, stdout=log)
        _wait(lambda: child.poll() is not None or _answers(url))
        yield url
    finally:
        children.close()


@pytest.fixture(scope="session")
def client(emulator: str) -> Client:
    """boto3 clients of the emulator, by service."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=emulator)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline, "the emulator did not start"
        time.sleep(0.02)
