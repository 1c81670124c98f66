"""What docs/alarms-through-time.md says in Python is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sereno.engine import Parameters

TEXT = (Path(__file__).parents[2] / "docs" / "alarms-through-time.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_python_runs_and_asserts(block: str) -> None:
    assert "assert" in block
    exec(compile(block, "docs/alarms-through-time.md", "exec"), {})


def test_every_parameter_is_told() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", TEXT, re.MULTILINE)
    told = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}

    assert {field.name for field in fields(Parameters)} <= told
