"""One emulator for the tests of this folder that talk to it; each makes its own queues and alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sereno.local.children import Children
from sereno.local.emulator import Emulator

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def shared() -> Iterator[Emulator]:
    children = Children()
    try:
        made = Emulator(children)
        made.start()
        made.wait()
        yield made
        made.close()
    finally:
        children.close()


@pytest.fixture(scope="session")
def emulator(shared: Emulator) -> str:
    """The URL of an emulator of these tests' own."""
    return shared.url


@pytest.fixture(scope="session")
def client(shared: Emulator) -> Client:
    """boto3 clients of the emulator, by service."""
    return shared.client
