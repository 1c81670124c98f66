"""A failing test for a person: the series around the moment, the states through time, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sereno.engine.series import MetricKey
from sereno.proof.alert_tests import Outcome, Run, reference
from sereno.proof.comparing import Compared, Comparison, Told
from sereno.proof.coverage import Covered
from sereno.proof.judge import Judge

CELL = 27  # characters of a vendor's column in `--coverage`
AROUND = 8  # values before the moment, half as many after it


def clock(seconds: int) -> str:
    """`1h6m` as tests write times; `0s` at the start."""
    parts = ((seconds // 3_600, "h"), (seconds % 3_600 // 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def failures(run: Run) -> Iterator[str]:
    """A paragraph for each expectation that does not hold."""
    for outcome in run.outcomes:
        if outcome.wrong:
            yield "\n".join(_paragraph(run, outcome))


def _paragraph(run: Run, outcome: Outcome) -> Iterator[str]:
    expected = outcome.expected
    at = f"{expected.where.file}:{expected.where.line}:{expected.where.column}"
    moment = f"{reference(expected.alert)} at {clock(expected.at)} on {run.alarms.vendor.NAME}"
    yield f"{at}: {moment}: {'; '.join(outcome.wrong)}"
    names = _family(run, run.alarms.live[expected.alert])
    yield from _series(run, names, expected.at)
    yield from _states(run, names, expected.at)
    yield from _reasons(run, names, expected.at)


def _family(run: Run, name: str) -> list[str]:
    """The alarm and those it depends on, the alarm first."""
    found, wanted = list[str](), [name]
    while wanted:
        name = wanted.pop(0)
        if name not in found:
            found.append(name)
            wanted += run.alarms.vendor.depends_on(run.alarms.bodies[name])
    return found


def _series(run: Run, names: Sequence[str], at: int) -> Iterator[str]:
    """The values written in the test that these alarms read, around the moment; `|` is the moment."""
    every = run.feed.interval
    first = max(0, at // every - AROUND)
    reads = run.alarms.vendor.reads
    keys = dict.fromkeys(key for name in names for key in reads(run.alarms.bodies[name]))
    if keys:
        yield f"    series, one value each {clock(every)}, from {clock(first * every)}; `|` is {clock(at)}"
    for key in keys:
        fed = run.feed.metrics.get(key)
        before = [] if fed is None else [_value(v) for v in fed.total[first : at // every]]
        after = [] if fed is None else [_value(v) for v in fed.total[at // every : at // every + AROUND // 2]]
        yield f"      {_named(run, key)}: {' '.join([*before, '|', *after])}"


def _named(run: Run, key: MetricKey) -> str:
    """As the test names it, if it does."""
    return run.words.get(key, f"{key.namespace}:{key.metric} (not in the test)")


def _value(value: float) -> str:
    return "_" if np.isnan(value) else f"{value:.6g}"


def _states(run: Run, names: Sequence[str], at: int) -> Iterator[str]:
    """The last changes of state until the moment."""
    yield "    states"
    for name in [name for name in names if name in run.timelines]:
        changes = [c for c in run.timelines[name].changes() if c.at <= at]
        told = [f"{clock(c.at)} {c.after}" for c in changes[-6:]]
        told = (
            ["...", *told] if len(changes) > 6 else told or [f"{run.timelines[name].before} from the start"]
        )
        yield f"      {_short(run, name)}: {' '.join(told)}"


def _reasons(run: Run, names: Sequence[str], at: int) -> Iterator[str]:
    yield f"    why, at {clock(at)} (the test starts at 00:00:00)"
    bodies = {name: run.alarms.bodies[name] for name in names}
    for name, timeline in run.alarms.vendor.timelines(bodies, run.feed, at).items():
        if name not in _composed(run, names):
            yield f"      {_short(run, name)}: {timeline.last.reason}"


def _composed(run: Run, names: Sequence[str]) -> set[str]:
    """Those that only say what others say."""
    depends = run.alarms.vendor.depends_on
    return {n for n in names if any(other in run.timelines for other in depends(run.alarms.bodies[n]))}


def _short(run: Run, live: str) -> str:
    addresses = {name: address for address, name in run.alarms.live.items()}
    return reference(addresses[live])


def covered(tables: Mapping[str, Sequence[Covered]], *, chosen: bool = False) -> Iterator[str]:
    """The table of `--coverage`: a column a vendor, by its name, and the alerts by theirs.

    `chosen`: only alerts that chosen tests name are in the tables.
    """
    every = sorted({line.alert for lines in tables.values() for line in lines})
    width = max((len(alert) for alert in every), default=0)
    cells = {name: {line.alert: _cell(line) for line in lines} for name, lines in tables.items()}
    if len(tables) > 1:
        yield "  ".join([" " * width, *(f"{name:{CELL}}" for name in tables)]).rstrip()
    for alert in every:
        columns = [cells[name].get(alert, "is not there") for name in tables]
        yield "  ".join([f"{alert:{width}}", *(f"{column:{CELL}}" for column in columns)]).rstrip()
    counts = [f"{sum(line.whole for line in each)} of {len(each)}" for each in tables.values()]
    where = [f"{n} alerts on {name}" for n, name in zip(counts, tables, strict=True)]
    of_which = ", of those that the chosen tests name" if chosen else ""
    yield f"{' and '.join(where)} are shown to fire and to resolve{of_which}"


def _cell(line: Covered) -> str:
    words = ["fires" if line.fires else "NEVER FIRES", "resolves" if line.resolves else "NEVER RESOLVES"]
    return f"{words[0]:11}  {words[1]}"


def comparisons(every: Sequence[Comparison], judges: Sequence[Judge]) -> Iterator[str]:
    """What each vendor tells whom, and when, where they differ; then how often they tell alike."""
    for comparison in every:
        where = comparison.test.where
        heading = f"{where.file}:{where.line}:{where.column}: {comparison.test.name}"
        if comparison.refused:
            yield f"{heading} is not compared: {comparison.refused}"
        for each in comparison.compared:
            if not each.alike:
                yield f"{heading}: {reference(each.alert)}"
                yield from _sides(each, judges)
    found = [each for comparison in every for each in comparison.compared]
    alike = sum(each.alike for each in found)
    alerts = len({each.alert for each in found})
    of_what = f"{alerts} alerts in {len(every)} tests, each alert in every test that names it"
    yield f"{alike} of {len(found)} comparisons are alike on both ({of_what})"


def _sides(compared: Compared, judges: Sequence[Judge]) -> Iterator[str]:
    for judge, told in zip(judges, compared.told, strict=True):
        yield f"    {judge.vendor.NAME:10}  {'; '.join(map(_span, told)) or 'tells nobody'}"
    yield f"    because     {compared.why}"


def _span(told: Told) -> str:
    until = f"to {clock(told.end)}" if told.end else "on"
    return f"{', '.join(told.receivers)} from {clock(told.start)} {until}"
