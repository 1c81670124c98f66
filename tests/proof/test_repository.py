"""This repository's own alerts: every one is shown to fire and to resolve, by the alert tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.language import load_system
from sereno.language.model import System
from sereno.proof import on_cloudwatch, on_datadog
from sereno.proof.alert_tests import alarms_of, run, subjects
from sereno.proof.coverage import coverage
from sereno.vendors import cloudwatch, datadog

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def system() -> System:
    found, _ = load_system(ROOT)
    assert found is not None
    return found


def test_every_expectation_holds_and_every_alert_fires_and_resolves(system: System) -> None:
    resources, _ = cloudwatch.compile(system)
    alarms = alarms_of(resources, on_cloudwatch)
    runs = [run(test, system, alarms) for test in system.tests if test.backend == "cloudwatch"]
    lines = coverage([found for found, _ in runs], subjects(resources, on_cloudwatch))

    assert [problem for _, problems in runs for problem in problems] == []
    assert [found.test.name for found, _ in runs if found.failed] == []
    assert [line.alert for line in lines if not line.whole] == []
    assert len(lines) == 25


def test_every_expectation_of_datadog_holds() -> None:
    system, _ = load_system(ROOT, "local", "datadog")
    assert system is not None
    resources, _ = datadog.compile(system)
    alarms = alarms_of(resources, on_datadog)
    runs = [run(test, system, alarms) for test in system.tests if test.backend == "datadog"]

    assert [problem for _, problems in runs for problem in problems] == []
    assert [found.test.name for found, _ in runs if found.failed] == []
    assert len(runs) == 6
