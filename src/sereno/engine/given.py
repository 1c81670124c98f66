"""What only AWS can compute: an anomaly detector's band, a quota, a contributor rule's figure.

Their models are not public, so the engine does not guess them. A history may give them, as metrics
named after the function, its arguments and the alarm: `SERVICE_QUOTA:m1{Alarm=NAME}`, and for a band
`ANOMALY_DETECTION_BAND:m1{Alarm=NAME,Bound=lower}` and `Bound=upper`. Where it does not, the alarm
cannot be evaluated, and the error names the metric.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from sereno.engine.series import Floats, MetricKey
from sereno.engine.window import Bools
from sereno.vendors.cloudwatch.metric_math import Array, Binary, Call, Id, Negative, Node, Text

BAND: Final = "ANOMALY_DETECTION_BAND"
GIVEN: Final = ("DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SERVICE_QUOTA")
LOWER, UPPER = "band lower", "band upper"  # ids no expression can have
BEYOND: Final = {
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band",
    "LessThanLowerThreshold": "below the band",
    "GreaterThanUpperThreshold": "above the band",
}

Found = dict[str, MetricKey]


def key(alarm: str, call: Call, **more: str) -> MetricKey:
    named = [a.name if isinstance(a, Id) else a.value for a in call.arguments if isinstance(a, Id | Text)]
    return MetricKey(
        call.function, "/".join(named) or "value", tuple(sorted({"Alarm": alarm, **more}.items()))
    )


def name(key: MetricKey) -> str:
    """As a history or a test names it."""
    return f"{key.namespace}:{key.metric}{{{','.join(f'{n}={v}' for n, v in key.dimensions)}}}"


def band(alarm: str, tree: Node) -> Found | None:
    """The metrics of both bounds; None for an expression that is no band."""
    if not isinstance(tree, Call) or tree.function != BAND or not tree.arguments:
        return None
    return {LOWER: key(alarm, tree, Bound="lower"), UPPER: key(alarm, tree, Bound="upper")}


def without(alarm: str, tree: Node, found: Found) -> Node:
    """The expression with an id in place of each such call; `found` gets the ids and their metrics."""
    match tree:
        case Call(function=function) if function in GIVEN:
            metric = key(alarm, tree)
            found[name(metric)] = metric
            return Id(name(metric), tree.at)
        case Negative(operand=operand):
            return replace(tree, operand=without(alarm, operand, found))
        case Binary(left=left, right=right):
            return replace(tree, left=without(alarm, left, found), right=without(alarm, right, found))
        case Call(arguments=arguments):
            return replace(tree, arguments=tuple(without(alarm, a, found) for a in arguments))
        case Array(items=items):
            return replace(tree, items=tuple(without(alarm, item, found) for item in items))
    return tree


def beyond(comparison: str, values: Floats, lower: Floats, upper: Floats) -> Bools:
    """Which values break the band; one without a band does not."""
    below = values < lower if comparison != "GreaterThanUpperThreshold" else np.zeros(values.shape, np.bool_)
    above = values > upper if comparison != "LessThanLowerThreshold" else np.zeros(values.shape, np.bool_)
    return np.asarray(below | above)
