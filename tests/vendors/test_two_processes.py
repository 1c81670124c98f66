"""What two processes compile and write is what one does, to the byte, and told alike."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sereno import halves
from sereno.language import load_system
from sereno.language.model import System
from sereno.vendors import cloudwatch, datadog
from sereno.vendors.written import document

ROOT = Path(__file__).parents[2]


def project(backend: str) -> System:
    system, _ = load_system(ROOT, "local", backend, lenient=True)
    assert system is not None
    return system


def many(backend: str) -> System:
    """Our own project, each of its alerts in forty copies more, one of which has a period that cannot be."""
    system = project(backend)
    copies = [
        replace(alert, name=f"{alert.name}-{n}", period=alert.period + 7 * (n == 39), threshold=Decimal(n))
        for alert in system.alerts
        for n in range(40)
    ]
    return replace(system, alerts=(*system.alerts, *copies))


def made(vendor: Any, system: System) -> tuple[str, list[tuple[Any, ...]]]:
    """What is written, and what is told."""
    resources, problems = vendor.compile(system)
    told = [(p.where, p.code, p.message, p.help, p.severity) for p in problems]
    return document(system, resources), told


@pytest.mark.parametrize("vendor", [cloudwatch, datadog], ids=["CloudWatch", "Datadog"])
def test_two_processes_make_what_one_makes(vendor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    system = many(vendor.__name__.rpartition(".")[2])
    monkeypatch.setattr(halves, "_two_processors", lambda: False)
    alone = made(vendor, system)
    monkeypatch.setattr(halves, "_two_processors", lambda: hasattr(os, "fork"))
    assert made(vendor, system) == alone


def test_a_wrong_period_is_told_whichever_process_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "_two_processors", lambda: hasattr(os, "fork"))
    system = many("cloudwatch")
    _, told = made(cloudwatch, system)
    wrong = {message.split(":")[0].split("/")[1] for _, code, message, *_ in told if code == "cw-period"}
    assert wrong == {alert.name for alert in system.alerts if alert.name.endswith("-39")}
