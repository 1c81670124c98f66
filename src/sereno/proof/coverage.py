"""Which alerts the tests have shown to fire and to resolve.

An alert is shown to fire by a passing expectation of ALARM, or of no data where somebody is told of
that, and to resolve by a passing expectation of OK at a time after it was in such a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sereno.engine.parameters import State
from sereno.language.model import ExpectedState
from sereno.proof.alert_tests import Outcome, Run, reference


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
    holding = [(run, outcome) for run in runs for outcome in run.outcomes if not outcome.wrong]
    firing = {(o.expected.alert, o.state) for _, o in holding if _fires(o)}
    fired = {alert for alert, _ in firing}
    resolved = {
        outcome.expected.alert
        for run, outcome in holding
        if outcome.state == "OK" and _fired_before(run, outcome.expected, firing)
    }
    return tuple(Covered(reference(a), a in fired, a in resolved) for a in addresses)


def _fires(outcome: Outcome) -> bool:
    return outcome.state == "ALARM" or (outcome.state != "OK" and bool(outcome.receivers))


def _fired_before(run: Run, expected: ExpectedState, firing: set[tuple[str, State]]) -> bool:
    changes = run.timelines[run.alarms.live[expected.alert]].changes()
    known = {state for alert, state in firing if alert == expected.alert} | {"ALARM"}
    return any(change.after in known and change.at < expected.at for change in changes)
