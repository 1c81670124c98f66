"""Metrics out of log lines: what CloudWatch Logs extracts from the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

One difference, on purpose: a value belongs to the metric minute in which its line arrived, not
to its `Timestamp`, which a warped metric clock could not place. A `Timestamp` that CloudWatch
would refuse is refused here too.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from sereno.local.metrics import FUTURE, PAST, MetricStore

METRICS, VALUES, DIMENSIONS = 100, 100, 30  # in a directive, in an array, in a dimension set
LARGEST = 2.0**360  # the range of a CloudWatch value
PROBLEMS = 100  # the latest are kept in words, all are counted

PARSING, VALIDATION = "EMFParsingErrors", "EMFValidationErrors"


@dataclass(frozen=True, slots=True)
class Datum:
    """One metric of one dimension set."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]
    unit: str = "None"
    resolution: int = 60


class Malformed(Exception):
    """Why CloudWatch would extract nothing here; told without the line's content, which may be private."""


class Emf:
    """A `LogSink`: puts what a line holds into the store, counts what it cannot read.

    Malformed lines show as CloudWatch shows them, in `AWS/Logs` by log group, and in words in `problems`.
    """

    def __init__(self, store: MetricStore) -> None:
        self.store = store
        self.counts: Counter[str] = Counter()  # PARSING, VALIDATION
        self.problems: deque[tuple[str, str]] = deque(maxlen=PROBLEMS)  # (function, what is wrong)
        self._lock = threading.Lock()

    def __call__(self, function: str, line: str, wall: float) -> None:
        try:
            document = read(line)
        except Malformed as problem:
            return self._count(function, wall, PARSING, str(problem))
        if document is None:
            return None
        for found in extract(document, wall):
            if isinstance(found, Malformed):
                self._count(function, wall, VALIDATION, str(found))
            else:
                self._put(found, wall)
        return None

    def _put(self, datum: Datum, wall: float) -> None:
        self.store.put(
            datum.namespace,
            datum.metric,
            datum.dimensions,
            datum.values,
            at=wall,
            unit=datum.unit,
            resolution=datum.resolution,
        )

    def _count(self, function: str, wall: float, kind: str, problem: str) -> None:
        with self._lock:
            self.counts[kind] += 1
            self.problems.append((function, problem))
        group = {"LogGroupName": f"/aws/lambda/{function}"}
        self.store.put("AWS/Logs", kind, group, [1.0], at=wall, unit="Count")


def read(line: str) -> dict[str, Any] | None:
    """The document of a line that means to be EMF; None for any other line. Raises `Malformed`."""
    if '"_aws"' not in line:
        return None
    try:
        document = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Malformed("the line is not JSON") from None
    if not isinstance(document, dict) or "_aws" not in document:
        return None
    return document


def extract(document: Mapping[str, Any], wall: float) -> Iterator[Datum | Malformed]:
    """Each metric, and each reason why one is none. `wall` is the line's arrival, epoch seconds."""
    try:
        directives = _directives(document["_aws"], wall)
    except Malformed as problem:
        yield problem
        return
    for directive in directives:
        yield from _directive(directive, document)


def _directives(meta: Any, wall: float) -> list[Any]:
    if not isinstance(meta, dict):
        raise Malformed("_aws is not an object")
    stamp = meta.get("Timestamp")
    if not _is_number(stamp):
        raise Malformed("_aws.Timestamp is not a number")
    if not wall - PAST <= stamp / 1000 <= wall + FUTURE:
        raise Malformed("_aws.Timestamp is over 14 days old or over 2 hours ahead")
    directives = meta.get("CloudWatchMetrics")
    if not isinstance(directives, list):
        raise Malformed("_aws.CloudWatchMetrics is not an array")
    return directives


def _directive(directive: Any, document: Mapping[str, Any]) -> Iterator[Datum | Malformed]:
    try:
        namespace = _text(directive, "Namespace", 1_024)
        sets = [_dimensions(names, document) for names in _array(directive, "Dimensions", None)]
        metrics = _array(directive, "Metrics", METRICS)
    except Malformed as problem:
        yield problem
        return
    for metric in metrics:
        try:
            name, values = _values(metric, document)
        except Malformed as problem:
            yield problem
            continue
        unit, resolution = metric.get("Unit"), metric.get("StorageResolution")
        for dimensions in sets:
            yield Datum(
                namespace,
                name,
                dimensions,
                values,
                unit if isinstance(unit, str) else "None",
                1 if resolution == 1 else 60,
            )


def _dimensions(names: Any, document: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(names, list) or len(names) > DIMENSIONS:
        raise Malformed(f"a dimension set is not an array of at most {DIMENSIONS} names")
    values = {name: document.get(name) for name in names if isinstance(name, str)}
    if len(values) < len(names) or not all(isinstance(value, str) and value for value in values.values()):
        raise Malformed("a dimension has no text in the document")
    return {name: str(value) for name, value in values.items()}


def _values(metric: Any, document: Mapping[str, Any]) -> tuple[str, tuple[float, ...]]:
    name = _text(metric, "Name", 1_024)
    target = document.get(name)
    values: list[Any] = target if isinstance(target, list) else [target]
    if not values or len(values) > VALUES or not all(_is_number(value) for value in values):
        raise Malformed(f"metric {name!r} has no number, nor an array of 1 to {VALUES} of them")
    return name, tuple(float(value) for value in values)


def _text(holder: Any, member: str, longest: int) -> str:
    value = holder.get(member) if isinstance(holder, dict) else None
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise Malformed(f"{member} is not a text of 1 to {longest} characters")
    return value


def _array(holder: Any, member: str, most: int | None) -> list[Any]:
    value = holder.get(member)
    if not isinstance(value, list) or (most is not None and len(value) > most):
        raise Malformed(f"{member} is not an array" + (f" of at most {most}" if most else ""))
    return value


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _no_number(text: str) -> float:
    raise ValueError(text)
