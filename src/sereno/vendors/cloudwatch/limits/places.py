"""Where a value of a JSON text stands, and which value of a payload a broken rule is about. Pure."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sereno.language.problem import Span
from sereno.language.text import BREAK
from sereno.vendors.cloudwatch.limits.shape import Fault

Path = tuple[str | int, ...]
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")
_NAMED: Final = re.compile(r"`([^`]+)`")
# The fields that a rule is about, the likeliest first; a rule that is not here is about the whole.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "period": ("Period", "Metrics"),
    "fast-period": ("Period", "Metrics"),
    "anomaly-period": ("Period", "Metrics"),
    "window": ("EvaluationPeriods",),
    "datapoints": ("DatapointsToAlarm",),
    "one-source": ("Metrics", "EvaluationCriteria", "MetricName"),
    "metric-whole": ("ExtendedStatistic", "MetricName"),
    "statistics": ("ExtendedStatistic", "Metrics"),
    "extended-plain": ("ExtendedStatistic",),
    "low-samples": ("EvaluateLowSampleCountPercentile",),
    "threshold": ("Threshold", "ThresholdMetricId", "ComparisonOperator"),
    "evaluation-window": ("EvaluationWindow",),
    "promql": ("EvaluationInterval", "EvaluationCriteria"),
    "tag-twice": ("Tags",),
    "dimension-twice": ("Dimensions", "Metrics"),
    "dynamodb": ("TreatMissingData",),
    "band": ("ThresholdMetricId",),
    "suppressor": ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"),
    "name-twice": ("AlarmName", "DashboardName", "Name"),
    "log-results": ("QueryResultsToAlarm",),
    "log-window": ("ScheduledQueryConfiguration",),
    "data-namespace": ("Namespace",),
    "slo-goal": ("Goal",),
    "slo-burn-window": ("BurnRateConfigurations",),
    "slo-latency": ("SliConfig", "RequestBasedSliConfig"),
}
_OF_A_KIND: Final = {
    "rule-": ("AlarmRule",),
    "mute-": ("Rule",),
    "dashboard-": ("DashboardBody",),
    "math-": ("Metrics",),
    "metric-": ("Metrics",),
    "metrics-": ("Metrics",),
    "insights-": ("Metrics",),
    "mixed-": ("Metrics",),
    "return-": ("Metrics",),
}


def field(fault: Fault, body: Any) -> Path:
    """The path in the body of what is wrong, as far as it is known."""
    if fault.at:
        return tuple(int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(fault.at))
    if not isinstance(body, Mapping):
        return ()
    rule = fault.code.removeprefix("cw-")
    entry = _entry(fault, body)
    if entry and rule not in ("band", "threshold"):
        return entry
    for prefix, names in _OF_A_KIND.items():
        if rule.startswith(prefix) and names[0] in body:
            return names
    listed = fault.message.partition(":")[0]  # an action list is named first
    wanted = (*_FIELDS.get(rule, ()), *([listed] if listed in body else []))
    return next(((name,) for name in wanted if name in body), ())


def _entry(fault: Fault, body: Mapping[str, Any]) -> Path:
    """The entry of `Metrics` whose id the message has first."""
    queries = body.get("Metrics")
    entries = queries if isinstance(queries, list) else []
    ids = [entry.get("Id") if isinstance(entry, Mapping) else None for entry in entries]
    named = next((name for name in _NAMED.findall(fault.message) if name in ids), None)
    if named is None:
        return ()
    n = len(ids) - 1 - ids[::-1].index(named)  # of an id that stands twice, the second
    return ("Metrics", n, "Expression") if "Expression" in entries[n] else ("Metrics", n)


class Places:
    """The values of a sound JSON text by their paths, found when the first is asked for.

    `at` has them (first and last offset) where the text is none of JSON.
    """

    def __init__(self, text: str, file: str, at: Mapping[Path, tuple[int, int]] | None = None) -> None:
        self.text, self.file = text, file
        self.lines = [0, *(found.end() for found in BREAK.finditer(text))]
        self.at: dict[Path, tuple[int, int]] = dict(at or {})

    def span(self, path: Path) -> Span:
        """Of the value, or of the nearest that holds it; of an object's member, of its key."""
        if not self.text:
            return Span(self.file)
        if not self.at:
            self.at = dict(_values(self.text))
        while path and path not in self.at:
            path = path[:-1]
        start, end = self.at.get(path, (0, 1))
        line = bisect_right(self.lines, start) - 1
        column = start - self.lines[line] + 1
        return Span(self.file, line + 1, column, column + max(1, end - start))


def _values(text: str) -> Iterator[tuple[Path, tuple[int, int]]]:
    """(path, first and last offset) of every value; of an object's member, of its key."""
    walk = _Walk()
    for token in _TOKEN.finditer(text):
        path = walk.step(token[0])
        if path is not None:
            yield path, token.span()


class _Walk:
    """Where a reader of tokens is: the keys and indices down to it, and which brackets are open."""

    __slots__ = ("objects", "path", "waiting")

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.objects: list[bool] = []  # of each open bracket, whether it is an object's
        self.waiting = False  # for the value of a key

    def step(self, word: str) -> Path | None:
        """Takes a token; the path that begins with it, if one does."""
        if word in "}]":
            self.objects.pop()
            del self.path[len(self.objects) :]
        elif word == ",":
            last = self.path.pop()
            if isinstance(last, int):
                self.path.append(last + 1)
        elif word == ":":
            self.waiting = True
        elif self.objects and self.objects[-1] and not self.waiting:
            self.path.append(json.loads(word))
            return tuple(self.path)
        else:
            return self._value(word)
        return None

    def _value(self, word: str) -> Path | None:
        """A member's path begins with its key."""
        path = None if self.waiting else tuple(self.path)
        self.waiting = False
        if word in ("{", "["):
            self.objects.append(word == "{")
        if word == "[":
            self.path.append(0)
        return path
