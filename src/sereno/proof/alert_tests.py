"""Alert tests: series in, states out, on the very resources that would be deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sereno.engine.alarms import Timelines, evaluate
from sereno.engine.parameters import DEFAULT, Parameters, State
from sereno.engine.payload import Body, actions
from sereno.engine.series import MetricKey
from sereno.language.model import AlertTest, ExpectedState, System
from sereno.language.problem import Problem
from sereno.proof.feed import Feed, feed, words
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarm_rule

ALARMS = ("metric-alarm", "composite-alarm")


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alarms a System compiles to, by live name, and by the address an expectation names."""

    bodies: Mapping[str, Body]
    live: Mapping[str, str]  # address -> live name

    def of(self, addresses: Iterable[str]) -> list[Body]:
        """These alarms and all that they depend on."""
        found: dict[str, Body] = {}
        wanted = [self.live[address] for address in addresses if address in self.live]
        while wanted:
            name = wanted.pop()
            if name in self.bodies and name not in found:
                found[name] = self.bodies[name]
                wanted += depends_on(self.bodies[name])
        return list(found.values())


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


def alarms_of(resources: Iterable[Resource]) -> Alarms:
    """The alarms among compiled resources."""
    chosen = [resource for resource in resources if resource.kind in ALARMS]
    bodies = {str(r.body["AlarmName"]): r.body for r in chosen}
    return Alarms(bodies, {r.address: str(r.body["AlarmName"]) for r in chosen})


def depends_on(body: Body) -> list[str]:
    """The live names of the alarms a composite looks at, its suppressor too."""
    if "AlarmRule" not in body:
        return []
    rule = alarm_rule.alarms(alarm_rule.parse(str(body["AlarmRule"])))
    suppressor = [str(body["ActionsSuppressor"])] if body.get("ActionsSuppressor") else []
    return [alarm_rule.alarm_name(reference) for reference in (*rule, *suppressor)]


def run(
    test: AlertTest, system: System, alarms: Alarms, parameters: Parameters = DEFAULT
) -> tuple[Run, tuple[Problem, ...]]:
    """One test. What is wrong with the test itself are problems; then nothing is asserted."""
    fed, problems = feed(test, system.signals)
    found = [*problems, *_unknown(test, alarms)]
    named = words(test, system.signals)
    if found:
        return Run(test, (), alarms, fed, named, {}), tuple(found)
    bodies = alarms.of(expected.alert for expected in test.expected)
    end = max((expected.at for expected in test.expected), default=0)
    timelines = evaluate(bodies, fed, start=0, end=end, parameters=parameters)
    outcomes = tuple(_outcome(expected, system, alarms, timelines) for expected in test.expected)
    return Run(test, outcomes, alarms, fed, named, timelines), ()


def _unknown(test: AlertTest, alarms: Alarms) -> list[Problem]:
    return [
        Problem(
            expected.where,
            "test-alert",
            f"no alarm `{expected.alert}` is compiled for this environment",
            "see `sereno build` for the alarms there are",
        )
        for expected in test.expected
        if expected.alert not in alarms.live
    ]


def _outcome(expected: ExpectedState, system: System, alarms: Alarms, timelines: Timelines) -> Outcome:
    name = alarms.live[expected.alert]
    state = timelines[name].at(expected.at)
    told = told_of(system, alarms.bodies[name], timelines, name, expected.at)
    return Outcome(expected, state, told, tuple(_wrong(expected, state, told, alarms.bodies[name])))


def told_of(system: System, body: Body, timelines: Timelines, name: str, at: int) -> tuple[str, ...]:
    """The receivers that were told of the state the alarm is in at a time: none while its actions wait."""
    timeline = timelines[name]
    since = max((change.at for change in timeline.changes() if change.at <= at), default=0)
    if not any(since <= act.at <= at for act in timeline.acted):
        return ()
    arns = actions(body, timeline.at(at))
    return tuple(r.name for r in system.receivers.values() if any(arn in arns for arn in r.cloudwatch))


def _wrong(expected: ExpectedState, state: State, told: Sequence[str], body: Body) -> Iterable[str]:
    if state != expected.state:
        yield f"expected {expected.state}, was {state}"
    if expected.receivers is not None and sorted(expected.receivers) != sorted(told):
        yield f"expected {_listed(expected.receivers)} to be told, told was {_listed(told)}"
    if expected.description is not None and expected.description not in str(body.get("AlarmDescription", "")):
        yield f"its description does not hold `{expected.description}`"


def _listed(receivers: Sequence[str]) -> str:
    return ", ".join(sorted(receivers)) or "nobody"


def reference(address: str) -> str:
    """The word a test uses for an address: `NAME`, `SLO/page`, `SLO/no-data`."""
    return address.removeprefix("slo/").removeprefix("alert/")


def subjects(resources: Iterable[Resource]) -> tuple[str, ...]:
    """The addresses of the alarms that tell somebody: what tests must show to fire and to resolve."""
    found = [r.address for r in resources if r.kind in ALARMS and actions(r.body, "ALARM")]
    return tuple(dict.fromkeys(found))
