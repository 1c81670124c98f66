"""Which alerts the tests have shown to fire and to resolve.

An alert is shown to fire by a passing expectation of ALARM, and to resolve by a passing expectation
of OK at a time after it was in ALARM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sereno.proof.alert_tests import Run, reference


@dataclass(frozen=True, slots=True)
class Covered:
    alert: str  # as tests name it
    fires: bool
    resolves: bool

    @property
    def whole(self) -> bool:
        return self.fires and self.resolves


def coverage(runs: Iterable[Run], addresses: Sequence[str]) -> tuple[Covered, ...]:
    """A line for each address, in its order."""
    fired, resolved = set[str](), set[str]()
    for run in runs:
        for outcome in run.outcomes:
            if outcome.wrong:
                continue
            if outcome.state == "ALARM":
                fired.add(outcome.expected.alert)
            if outcome.state == "OK" and _fired_before(run, outcome.expected.alert, outcome.expected.at):
                resolved.add(outcome.expected.alert)
    return tuple(Covered(reference(a), a in fired, a in resolved) for a in addresses)


def _fired_before(run: Run, address: str, at: int) -> bool:
    changes = run.timelines[run.alarms.live[address]].changes()
    return any(change.after == "ALARM" and change.at < at for change in changes)
