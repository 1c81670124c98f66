"""A stack that Datadog's monitors watch, asked from another terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sereno.language import load_system, names
from sereno.local.stack import Options, Stack
from sereno.report import observe
from tests.e2e.conftest import PROJECT, until

SERENO = Path(sys.executable).with_name("sereno")


@pytest.fixture(scope="module")
def watched() -> Iterator[Stack]:
    system, problems = load_system(PROJECT, "local", "datadog")
    assert system is not None, problems
    with Stack(Options(project=PROJECT, warp=60), system) as running:
        running.watch()
        yield running


def _sereno(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SERENO, *words], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


def test_another_terminal_sees_that_nothing_is_to_be_changed(watched: Stack) -> None:
    done = _sereno("plan", "--backend", "datadog", "--detailed-exitcode")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_test_page_and_a_mute_find_the_back_end_of_the_stack_that_runs(watched: Stack) -> None:
    paged = _sereno("page", "on-call")
    assert paged.returncode == 0, paged.stderr
    assert "well  @pagerduty-users: sent" in paged.stdout
    muted = _sereno("mute", "dlq-not-empty", "--for", "2h", "--reason", "redriving")
    assert "muted until" in muted.stdout, muted.stderr
    assert "dlq-not-empty is heard again" in _sereno("mute", "dlq-not-empty", "--lift").stdout


def test_another_back_end_than_the_running_one_can_be_asked_for(watched: Stack) -> None:
    paged = _sereno("page", "on-call", "--backend", "cloudwatch")
    said = "no local stack watched by cloudwatch is running"
    assert (paged.returncode, said in paged.stderr) == (2, True), paged.stderr


def test_the_consoles_alarms_are_the_monitors(watched: Stack) -> None:
    def shown() -> dict[str, Any]:
        with urllib.request.urlopen(f"{watched.console}/api/alarms", timeout=10) as answer:
            return {alarm["title"]: alarm for alarm in json.load(answer)["alarms"]}

    until(lambda: all(alarm["since"] for alarm in shown().values()) and shown())
    alarms = shown()
    assert len(alarms) == len(watched.ticker.alarms())
    page = alarms["slo-get-availability-page"]
    assert (page["kind"], page["state"], page["told"], page["severity"], page["runbook"]) == (
        "composite",
        "OK",
        ["on-call"],
        "page",
        "get-availability",
    )
    assert alarms["slo-row-freshness-no-data"]["told"] == ["team-tickets"]
    assert alarms["slo-get-availability-page-1h-5m"]["told"] == []


def test_the_report_reads_what_datadog_calls_the_metrics(watched: Stack) -> None:
    from sereno.local.observe import LocalObserver

    assert watched.system is not None
    assert watched.system.environment.backend == "datadog"
    watched.ticker.wait(watched.ticker.judged + 3 * 60, 20.0)
    report = observe(watched.system, LocalObserver(watched.console), at=watched.ticker.judged)
    assert [slo.name for slo in report.slos if slo.state == "no_data"] == []
    assert names.live(watched.system, names.burn("get-availability", "page")) in {
        seen.name for seen in watched.ticker.alarms()
    }
