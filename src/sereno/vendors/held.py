"""What keeps an alarm from telling anybody while it fires, and for how long on CloudWatch.

A slower severity of an SLO is held back by the faster ones, an alert by what it names as `inhibitedBy`.
On CloudWatch the alarm that is held back shows ALARM all the same (ActionsSuppressor): `WAIT` bridges the
minute in which the faster alarm is not evaluated yet, `EXTENSION` the moment after it recovers.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sereno.language import names
from sereno.language.model import Alert, Slo, System
from sereno.vendors.subjects import severities

WAIT: Final = 120  # seconds
EXTENSION: Final = 180  # seconds


def holders(system: System) -> Mapping[str, tuple[str, ...]]:
    """Of each address that something holds back, the addresses that do."""
    found = {names.alert(a.name): inhibitors(system, a) for a in system.alerts if a.inhibited_by}
    for slo in system.slos:
        found |= {address: (faster,) for address, faster in _slower(slo)}
    return found


def _slower(slo: Slo) -> list[tuple[str, str]]:
    """Each severity with the next faster one."""
    mine = [names.burn(slo.name, severity) for severity in severities(slo)]
    return list(zip(mine[1:], mine, strict=False))


def inhibitors(system: System, alert: Alert) -> tuple[str, ...]:
    """The addresses of what inhibits it: alerts as they are, SLOs by each of their severities."""
    slos = {slo.name: slo for slo in system.slos}
    return tuple(
        address
        for name in alert.inhibited_by
        for address in (
            [names.burn(name, severity) for severity in severities(slos[name])]
            if name in slos
            else [names.alert(name)]
        )
    )
