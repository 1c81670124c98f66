"""What the functions are shipped with."""

from __future__ import annotations

import re

import pytest

from tests.functions.conftest import ROOT


def pins(file: str) -> dict[str, str]:
    """Name -> version."""
    lines = (ROOT / file).read_text().splitlines()
    return dict(line.partition(";")[0].strip().split("==") for line in lines if "==" in line)


def names(file: str) -> set[str]:
    found = (re.match(r"[\w.-]+", line) for line in (ROOT / file).read_text().splitlines())
    return {each[0] for each in found if each}


def test_what_is_shipped_is_what_is_tested() -> None:
    assert pins("functions/requirements.lock").items() <= pins("requirements.lock").items()


def test_nothing_is_shipped_that_only_tools_need() -> None:
    assert not pins("functions/requirements.lock").keys() & {
        "pydantic",
        "datadog-api-client",
        "numpy",
        "pyyaml",
    }


@pytest.mark.parametrize("function", ["api", "subscriber", "canary"])
def test_a_function_asks_for_what_is_locked(function: str) -> None:
    assert names(f"functions/{function}/requirements.txt") <= names("functions/requirements.in")
