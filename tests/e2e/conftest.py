"""One real stack for the tests that only ask it things; tests that break it start their own."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sereno.language import load_system
from sereno.language.model import System
from sereno.local.stack import Options, Stack

T = TypeVar("T")
PROJECT = Path(__file__).parents[2]


def local_system() -> System:
    system, problems = load_system(PROJECT)
    assert system is not None, problems
    return system


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack(Options(project=PROJECT, warp=60), local_system()) as running:
        running.watch()
        yield running


def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and parsed body of one request, without proxies or retries."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=20)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def until(found: Callable[[], T], seconds: float = 20.0) -> T:
    """The first truthy answer; the last one when none comes in time."""
    end = time.monotonic() + seconds
    while not (got := found()) and time.monotonic() < end:
        time.sleep(0.05)
    return got
