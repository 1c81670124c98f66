"""Schedules on the metric clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sereno.errors import Unable
from sereno.local.children import Children
from sereno.local.clock import Clock
from sereno.local.environment import Config
from sereno.local.runtime import Runtime
from sereno.local.schedule import Schedule, minutes

TASK = Path(__file__).with_name("task")


@pytest.mark.parametrize(
    ("expression", "every"),
    [("rate(1 minute)", 1), ("rate(5 minutes)", 5), ("rate(2 hours)", 120), ("rate(1 day)", 1_440)],
    ids=["a minute", "five minutes", "two hours", "a day"],
)
def test_a_rate_is_minutes(expression: str, every: int) -> None:
    assert minutes(expression) == every


@pytest.mark.parametrize(
    "expression", ["cron(0 9 * * ? *)", "rate(0 minutes)", "rate(1 fortnight)"], ids=["cron", "zero", "unit"]
)
def test_what_the_local_stack_does_not_run_is_one_sentence(expression: str) -> None:
    with pytest.raises(Unable, match="runs only rate"):
        minutes(expression)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    children = Children()
    made = Runtime(children)
    yield made
    made.close()
    children.close()


def test_at_warp_60_a_function_runs_at_once_and_each_second_one_run_at_a_time(
    runtime: Runtime, tmp_path: Path
) -> None:
    function = runtime.add(
        Config(
            name="timed",
            handler="timed.handler",
            root=TASK,
            timeout=9.0,
            reserved=1,
            variables={"OUT": str(tmp_path)},
        )
    )
    schedule = Schedule(Clock(60.0), {function: "rate(1 minute)"})
    schedule.begin()
    while len(list(tmp_path.glob("*.json"))) < 3:
        assert schedule.have_run(10)
    schedule.close()
    runs = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert {run["event"]["source"] for run in runs} == {"aws.scheduler"}
    _cold, second, third = (run["at"] for run in runs[:3])
    assert 0.5 < third - second < 5
