"""What CloudWatch was told (the bodies of PutMetricAlarm and PutCompositeAlarm), read for evaluation.

What DescribeAlarms answers has the same fields, so a live alarm is read as well. An alarm that
cannot be evaluated faithfully is an error that names it; none is ever judged by guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Final, Literal

import numpy as np

from sereno.engine import given
from sereno.engine.payload_fields import Body as Body
from sereno.engine.payload_fields import CannotEvaluate as CannotEvaluate
from sereno.engine.payload_fields import integer, need, threshold
from sereno.engine.series import MetricKey
from sereno.engine.window import TREATMENTS, Treatment
from sereno.vendors.cloudwatch import alarm_rule, metric_math, statistic

LONGEST_EXPRESSION: Final = 2_048  # characters, as CloudWatch accepts them
LONGEST_RULE: Final = 10_240

COMPARE: Final[Mapping[str, tuple[np.ufunc, str]]] = {
    "GreaterThanThreshold": (np.greater, ">"),
    "GreaterThanOrEqualToThreshold": (np.greater_equal, ">="),
    "LessThanThreshold": (np.less, "<"),
    "LessThanOrEqualToThreshold": (np.less_equal, "<="),
}


@dataclass(frozen=True, slots=True)
class Query:
    """One metric of an alarm: `statistic` of `key` over each period. `given`: see `given.py`."""

    id: str
    key: MetricKey
    statistic: statistic.Statistic
    given: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    id: str
    tree: metric_math.Node


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlarm:
    """`formulas` stand in an order in which each reads only what is before it; `watched` is an id.

    A `comparison` with a band has no threshold (NaN).
    """

    name: str
    queries: tuple[Query, ...]
    formulas: tuple[Formula, ...]
    watched: str
    comparison: str
    threshold: float
    period: int  # seconds
    n: int  # evaluation periods
    m: int  # datapoints to alarm
    treatment: Treatment
    low_sample_ignore: bool
    wall_clock: str | None  # the zone of a WallClock window; None: sliding
    acts: bool  # ActionsEnabled


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm:
    name: str
    rule: alarm_rule.Rule
    suppressor: str | None  # a name
    wait: int  # seconds
    extension: int  # seconds
    acts: bool


Alarm = MetricAlarm | CompositeAlarm


def read_alarm(body: Body) -> Alarm:
    """Raises `CannotEvaluate`."""
    return _composite(body) if "AlarmRule" in body else _metric(body)


def actions(body: Body, state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]) -> tuple[str, ...]:
    """The ARNs it calls on entering a state."""
    field = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
    return tuple(body.get(field[state]) or ())


def _composite(body: Body) -> CompositeAlarm:
    name = str(body.get("AlarmName", ""))
    text = str(body["AlarmRule"])
    if len(text) > LONGEST_RULE:
        raise CannotEvaluate(name, f"its rule is longer than {LONGEST_RULE:,} characters")
    try:
        rule = alarm_rule.parse(text)
    except alarm_rule.RuleFault as fault:
        raise CannotEvaluate(name, f"its rule is not one: {fault}") from None
    suppressor = body.get("ActionsSuppressor")
    return CompositeAlarm(
        name=name,
        rule=rule,
        suppressor=alarm_rule.alarm_name(str(suppressor)) if suppressor else None,
        wait=integer(name, "ActionsSuppressorWaitPeriod", body.get("ActionsSuppressorWaitPeriod") or 0),
        extension=integer(
            name, "ActionsSuppressorExtensionPeriod", body.get("ActionsSuppressorExtensionPeriod") or 0
        ),
        acts=bool(body.get("ActionsEnabled", True)),
    )


def _metric(body: Body) -> MetricAlarm:
    name = str(body.get("AlarmName", ""))
    entries: Sequence[Body] = body.get("Metrics") or [_single(name, body)]
    if not all(isinstance(entry.get("Id"), str) for entry in entries):
        raise CannotEvaluate(name, "one of its metrics has no Id")
    found: given.Found = _band(name, body, entries)
    entries = [entry for entry in entries if entry["Id"] != body.get("ThresholdMetricId")]
    queries = tuple(_query(name, entry) for entry in entries if "MetricStat" in entry)
    formulas = _formulas(name, entries, {query.id for query in queries}, found)
    average = statistic.Statistic("Average")
    watched = [entry["Id"] for entry in entries if entry.get("ReturnData", True)]
    if len(watched) != 1:
        raise CannotEvaluate(name, f"exactly one of its metrics has ReturnData true, not {len(watched)}")
    n = integer(name, "EvaluationPeriods", need(name, body, "EvaluationPeriods"))
    return MetricAlarm(
        name=name,
        queries=(*queries, *(Query(id_, key, average, given=True) for id_, key in found.items())),
        formulas=formulas,
        watched=watched[0],
        comparison=_comparison(name, body),
        threshold=nan if body.get("ThresholdMetricId") else threshold(name, body),
        period=_period(name, entries),
        n=n,
        m=_datapoints(name, body, n),
        treatment=_treatment(name, body),
        low_sample_ignore=body.get("EvaluateLowSampleCountPercentile") == "ignore",
        wall_clock=_wall_clock(body),
        acts=bool(body.get("ActionsEnabled", True)),
    )


def _single(name: str, body: Body) -> Body:
    """An alarm on one metric, as the one entry of a metric-math alarm."""
    if "EvaluationCriteria" in body or "MetricName" not in body:
        raise CannotEvaluate(name, "it names no metric (PromQL and log alarms are not read)")
    metric = {key: body[key] for key in ("Namespace", "MetricName", "Dimensions") if key in body}
    stat = body.get("Statistic") or body.get("ExtendedStatistic")
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": body.get("Period"), "Stat": stat}}


def _query(name: str, entry: Body) -> Query:
    metric: Body = entry["MetricStat"].get("Metric") or {}
    if not all(metric.get(field) for field in ("Namespace", "MetricName")):
        raise CannotEvaluate(name, f"its metric `{entry['Id']}` has no Namespace or no MetricName")
    dimensions = sorted((str(d["Name"]), str(d["Value"])) for d in metric.get("Dimensions") or ())
    key = MetricKey(str(metric["Namespace"]), str(metric["MetricName"]), tuple(dimensions))
    try:
        return Query(str(entry["Id"]), key, statistic.parse(str(entry["MetricStat"].get("Stat"))))
    except statistic.StatisticFault as fault:
        raise CannotEvaluate(name, str(fault)) from None


def _band(name: str, body: Body, entries: Sequence[Body]) -> given.Found:
    """The bounds it is compared with; none for an alarm with a threshold."""
    id_ = body.get("ThresholdMetricId")
    if id_ is None:
        return {}
    texts = [str(entry.get("Expression", "")) for entry in entries if entry["Id"] == id_]
    bounds = given.band(name, _tree(name, texts[0])) if texts else None
    if bounds is None:
        raise CannotEvaluate(name, f"ThresholdMetricId `{id_}` is not the id of an {given.BAND}")
    return bounds


def _formulas(name: str, entries: Sequence[Body], known: set[str], found: given.Found) -> tuple[Formula, ...]:
    """In an order in which each reads only what is before it; `found` gets what must be given."""
    texts = {str(e["Id"]): str(e["Expression"]) for e in entries if "Expression" in e}
    try:
        left = {id_: given.without(name, _tree(name, text), found) for id_, text in texts.items()}
    except RecursionError:
        raise CannotEvaluate(name, "an expression is nested too deep") from None
    known.update(found)
    ordered: list[Formula] = []
    while left:
        ready = [id_ for id_, tree in left.items() if known.issuperset(metric_math.references(tree))]
        if not ready:
            raise CannotEvaluate(name, f"the expressions {', '.join(left)} read ids that are not there")
        ordered += [Formula(id_, left.pop(id_)) for id_ in ready]
        known.update(ready)
    return tuple(ordered)


def _tree(name: str, expression: str) -> metric_math.Node:
    if expression.lstrip().upper().startswith("SELECT "):
        raise CannotEvaluate(name, "it is a Metrics Insights query, which the engine does not read")
    if len(expression) > LONGEST_EXPRESSION:
        raise CannotEvaluate(name, f"an expression is longer than {LONGEST_EXPRESSION:,} characters")
    try:
        return metric_math.parse(expression)
    except metric_math.SyntaxFault as fault:
        raise CannotEvaluate(name, f"`{expression}` is not metric math: {fault}") from None


def _period(name: str, entries: Sequence[Body]) -> int:
    stated = [entry["MetricStat"].get("Period") for entry in entries if "MetricStat" in entry]
    stated += [entry["Period"] for entry in entries if "Expression" in entry and entry.get("Period")]
    periods = sorted({integer(name, "Period", period) for period in stated if period})
    if len(periods) != 1:
        raise CannotEvaluate(name, f"its metrics must have one period, and have {periods or 'none'}")
    if periods[0] not in (10, 20, 30) and (periods[0] < 60 or periods[0] % 60):
        raise CannotEvaluate(name, f"a period is 10, 20, 30 or a multiple of 60 s, not {periods[0]}")
    return periods[0]


def _comparison(name: str, body: Body) -> str:
    operator = str(need(name, body, "ComparisonOperator"))
    banded = body.get("ThresholdMetricId") is not None
    known = given.BEYOND if banded else COMPARE
    if operator in known:
        return operator
    if operator in given.BEYOND:
        raise CannotEvaluate(name, f"{operator} needs an {given.BAND} that ThresholdMetricId names")
    raise CannotEvaluate(name, f"ComparisonOperator is one of {', '.join(known)}, not `{operator}`")


def _datapoints(name: str, body: Body, n: int) -> int:
    stated = body.get("DatapointsToAlarm")
    m = n if stated is None else integer(name, "DatapointsToAlarm", stated)
    if not 1 <= m <= n:
        raise CannotEvaluate(name, f"DatapointsToAlarm ({m}) must be from 1 to EvaluationPeriods ({n})")
    return m


def _treatment(name: str, body: Body) -> Treatment:
    stated = body.get("TreatMissingData") or _default_treatment(body)
    for treatment in TREATMENTS:
        if stated == treatment:
            return treatment
    raise CannotEvaluate(name, f"TreatMissingData is one of {', '.join(TREATMENTS)}, not `{stated}`")


def _default_treatment(body: Body) -> Treatment:
    """AWS/DynamoDB alarms ignore missing data, unless told otherwise."""
    return "ignore" if body.get("Namespace") == "AWS/DynamoDB" else "missing"


def _wall_clock(body: Body) -> str | None:
    window = (body.get("EvaluationWindow") or {}).get("WallClockWindow")
    return None if window is None else str(window.get("Timezone") or "UTC")
