"""This repository's own alerts: every one is shown to fire and to resolve, by the alert tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.language import load_system
from sereno.language.model import Backend, System
from sereno.proof.comparing import OTHERWISE, compare
from sereno.proof.coverage import coverage
from sereno.proof.judge import BACKENDS, judge

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def system() -> System:
    found, _ = load_system(ROOT)
    assert found is not None
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_expectation_holds_and_every_alert_fires_and_resolves(system: System, backend: Backend) -> None:
    on_it, wrong = judge(system, backend)
    runs, problems = on_it.run(system.tests)
    lines = coverage(runs, on_it.subjects)

    assert [*wrong, *problems] == []
    assert [found.test.name for found in runs if found.failed] == []
    assert [line.alert for line in lines if not line.whole] == []
    assert len(lines) == 25


def test_what_the_vendors_do_otherwise_has_a_reason_that_is_known(system: System) -> None:
    judges = [judge(system, backend)[0] for backend in BACKENDS]
    found = [each for test in system.tests for each in compare(test, judges).compared]

    assert {each.why for each in found if not each.alike} & {"", OTHERWISE} == set()
    assert {each.why for each in found if each.alike} == {""}
