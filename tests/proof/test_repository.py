"""This repository's own alerts: every one is shown to fire and to resolve, by the alert tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.language import load_system
from sereno.language.model import System
from sereno.proof import on_cloudwatch
from sereno.proof.alert_tests import alarms_of, run, subjects
from sereno.proof.coverage import coverage
from sereno.vendors.cloudwatch import compile as compiled

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def system() -> System:
    found, _ = load_system(ROOT)
    assert found is not None
    return found


def test_every_expectation_holds_and_every_alert_fires_and_resolves(system: System) -> None:
    resources, _ = compiled(system)
    runs = [run(test, system, alarms_of(resources, on_cloudwatch)) for test in system.tests]
    lines = coverage([found for found, _ in runs], subjects(resources, on_cloudwatch))

    assert [problem for _, problems in runs for problem in problems] == []
    assert [found.test.name for found, _ in runs if found.failed] == []
    assert [line.alert for line in lines if not line.whole] == []
    assert len(lines) == 25
