"""What both vendors would do on one test: who is told of an alert, from when until when, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sereno.engine.parameters import OK, STATES
from sereno.engine.payload import Body
from sereno.engine.timeline import Timeline
from sereno.language.model import AlertTest
from sereno.proof.feed import Feed, feed
from sereno.proof.judge import Judge
from sereno.vendors.datadog import differences

WAIT = 180  # seconds: as long as a hold waits for its suppressor, and after it
HELD = "CloudWatch waits for what may hold it back, and some minutes after that; Datadog does not"
SILENCE = "CloudWatch counts silent minutes and two it looks back, Datadog waits until its window is empty"
OTHERWISE = "each reads its windows in its own way"
GAPS = "CloudWatch judges a window without data by older datapoints, Datadog by what is in the window"


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody was told at `start` (seconds) that an alert fires; None: it fires at the end of the test."""

    start: int
    end: int | None
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One alert on one test; `told` by vendor, as the judges were given."""

    alert: str
    told: tuple[tuple[Told, ...], ...]
    why: str = ""

    @property
    def alike(self) -> bool:
        return len(set(self.told)) == 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """`refused` says why a vendor cannot be given the series; then nothing is compared."""

    test: AlertTest
    compared: tuple[Compared, ...]
    refused: str = ""


def compare(test: AlertTest, judges: Sequence[Judge]) -> Comparison:
    """The alerts that the test names and that tell somebody on every vendor."""
    named = dict.fromkeys(expected.alert for expected in test.expected)
    shared = [address for address in named if all(address in judge.subjects for judge in judges)]
    fed = [feed(test, judge.system.signals, judge.vendor) for judge in judges]
    for problem in (problem for _, problems in fed for problem in problems):
        return Comparison(test, (), problem.message)
    pairs = [(judge, data) for judge, (data, _) in zip(judges, fed, strict=True)]
    every = [_told(judge, data, shared, _end(test, data)) for judge, data in pairs]
    found = [Compared(address, tuple(told[address] for told in every)) for address in shared]
    return Comparison(test, tuple(_explained(each, pairs) for each in found))


def _end(test: AlertTest, fed: Feed) -> int:
    """When the series end, or later if something is expected later; a whole minute."""
    longest = max((len(metric.count) for metric in fed.metrics.values()), default=0)
    return max([longest * fed.interval, *(expected.at for expected in test.expected)]) // 60 * 60


def _told(judge: Judge, fed: Feed, addresses: Sequence[str], end: int) -> dict[str, tuple[Told, ...]]:
    timelines = judge.vendor.timelines(judge.alarms.of(addresses), fed, end)
    live = {address: judge.alarms.live[address] for address in addresses}
    return {address: tuple(_spans(judge, timelines[name])) for address, name in live.items()}


def _spans(judge: Judge, timeline: Timeline) -> Iterator[Told]:
    changes = timeline.changes()
    body = judge.alarms.bodies[timeline.name]
    until = 0
    for act in timeline.acted:
        receivers = judge.vendor.told(body, act.state, judge.system.receivers)
        if act.state == STATES[OK] or not receivers or act.at < until:
            continue
        end = next((change.at for change in changes if change.at > act.at), None)
        yield Told(act.at, end, tuple(sorted(receivers)))
        until = end or int(timeline.times[-1]) + 1


def _explained(compared: Compared, pairs: Sequence[tuple[Judge, Feed]]) -> Compared:
    if compared.alike:
        return compared
    said = [differences.reasons(judge.system, judge.resources) for judge, _ in pairs if _is_datadog(judge)]
    declared = [words for each in said for words in each.get(compared.alert, ())]
    bodies = [judge.alarms.bodies[judge.alarms.live[compared.alert]] for judge, _ in pairs]
    gaps = any(_has_gaps(judge, fed, compared.alert) for judge, fed in pairs)
    return replace(compared, why=_why(compared, declared, bodies, gaps=gaps))


def _is_datadog(judge: Judge) -> bool:
    return judge.vendor.BACKEND == "datadog"


def _why(compared: Compared, declared: Sequence[str], bodies: Sequence[Body], *, gaps: bool) -> str:
    """In one sentence: what is known of the test first, then what is declared of the alert."""
    starts = [tuple(told.start for told in every) for every in compared.told]
    if any(body.get("ActionsSuppressor") for body in bodies) and _near(*starts):
        return HELD
    if compared.alert.endswith("/no-data"):
        return SILENCE
    if gaps and (not declared or len(set(map(len, starts))) == 1):
        return GAPS
    return "; ".join(declared) or OTHERWISE


def _near(one: Sequence[int], other: Sequence[int]) -> bool:
    """As many starts, and each within the minutes that a hold waits."""
    return len(one) == len(other) and all(abs(a - b) <= WAIT for a, b in zip(one, other, strict=True))


def _has_gaps(judge: Judge, fed: Feed, address: str) -> bool:
    """Whether a series that the alarm reads, or those it depends on, misses a value."""
    read = [key for body in judge.alarms.of([address]).values() for key in judge.vendor.reads(body)]
    return any(bool((fed.metrics[key].count == 0).any()) for key in read if key in fed.metrics)
