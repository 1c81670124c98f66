"""Alert tests: series in, states out, on the very resources that would be deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sereno.engine.alarms import Timeline, Timelines
from sereno.engine.parameters import State
from sereno.engine.payload import Body
from sereno.engine.series import MetricKey
from sereno.language.model import AlertTest, ExpectedState, System
from sereno.language.problem import Problem
from sereno.proof import faults
from sereno.proof.feed import Feed, feed, words
from sereno.proof.vendor import Vendor
from sereno.vendors.backend import Resource


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alarms a System compiles to, by live name, and by the address an expectation names."""

    bodies: Mapping[str, Body]
    live: Mapping[str, str]  # address -> live name
    vendor: Vendor

    def of(self, addresses: Iterable[str]) -> dict[str, Body]:
        """These alarms and all that they depend on."""
        found: dict[str, Body] = {}
        wanted = [self.live[address] for address in addresses if address in self.live]
        while wanted:
            name = wanted.pop()
            if name in self.bodies and name not in found:
                found[name] = self.bodies[name]
                wanted += self.vendor.depends_on(self.bodies[name])
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One expectation and what was. `wrong` is empty when it holds."""

    expected: ExpectedState
    state: State
    receivers: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One alert test that was run, with what a person needs to see why."""

    test: AlertTest
    outcomes: tuple[Outcome, ...]
    alarms: Alarms
    feed: Feed
    words: Mapping[MetricKey, str]  # how the test names the metrics it feeds
    timelines: Timelines

    @property
    def failed(self) -> bool:
        return any(outcome.wrong for outcome in self.outcomes)


def alarms_of(resources: Iterable[Resource], vendor: Vendor) -> Alarms:
    """The alarms among compiled resources."""
    chosen = [resource for resource in resources if resource.kind in vendor.KINDS]
    bodies = {vendor.live_name(r): r.body for r in chosen}
    return Alarms(bodies, {r.address: vendor.live_name(r) for r in chosen}, vendor)


def run(test: AlertTest, system: System, alarms: Alarms) -> tuple[Run, tuple[Problem, ...]]:
    """What a test expects of this vendor. Problems are what is wrong with it; then nothing is asserted."""
    mine = [expected for expected in test.expected if alarms.vendor.BACKEND in expected.backends]
    fed, problems = feed(test, system.signals, alarms.vendor)
    found = [*problems, *_unknown(test, mine, alarms)]
    named = words(test, system.signals, alarms.vendor)
    if found:
        return Run(test, (), alarms, fed, named, {}), tuple(found)
    bodies = alarms.of(expected.alert for expected in mine)
    end = max((expected.at for expected in mine), default=0)
    timelines = alarms.vendor.timelines(bodies, fed, end)
    outcomes = tuple(_outcome(expected, system, alarms, timelines) for expected in mine)
    return Run(test, outcomes, alarms, fed, named, timelines), ()


def _unknown(test: AlertTest, mine: Sequence[ExpectedState], alarms: Alarms) -> list[Problem]:
    if not mine:
        return [faults.test_empty(test)]
    return [faults.test_alert(expected) for expected in mine if expected.alert not in alarms.live]


def _outcome(expected: ExpectedState, system: System, alarms: Alarms, timelines: Timelines) -> Outcome:
    name = alarms.live[expected.alert]
    timeline, body = timelines[name], alarms.bodies[name]
    state = timeline.at(expected.at)
    acted = _acted(timeline, expected.at)
    told = alarms.vendor.told(body, state, system.receivers) if acted else ()
    return Outcome(
        expected, state, told, tuple(_wrong(expected, state, told, alarms.vendor.description(body)))
    )


def _acted(timeline: Timeline, at: int) -> bool:
    """Whether somebody was told of the state the alarm is in at a time; not while its actions wait."""
    since = max((change.at for change in timeline.changes() if change.at <= at), default=0)
    return any(since <= act.at <= at for act in timeline.acted)


def _wrong(expected: ExpectedState, state: State, told: Sequence[str], text: str) -> Iterable[str]:
    if state != expected.state:
        yield f"expected {expected.state}, was {state}"
    if expected.receivers is not None and sorted(expected.receivers) != sorted(told):
        yield f"expected {_listed(expected.receivers)} to be told, told was {_listed(told)}"
    if expected.description is not None and expected.description not in text:
        yield f"its description does not hold `{expected.description}`"


def _listed(receivers: Sequence[str]) -> str:
    return ", ".join(sorted(receivers)) or "nobody"


def reference(address: str) -> str:
    """The word a test uses for an address: `NAME`, `SLO/page`, `SLO/no-data`."""
    return address.removeprefix("slo/").removeprefix("alert/")


def subjects(resources: Iterable[Resource], vendor: Vendor) -> tuple[str, ...]:
    """The addresses of the alarms that tell somebody: what tests must show to fire and to resolve."""
    found = [r.address for r in resources if r.kind in vendor.KINDS and vendor.speaks(r)]
    return tuple(dict.fromkeys(found))
