"""What a point without data says of an alert: where 0 says it, and where a monitor has to say No Data."""

from __future__ import annotations

from decimal import Decimal

from sereno.language.expr import Binary, Name, Number
from sereno.language.model import Alert, System
from sereno.vendors.datadog import metrics
from sereno.vendors.readings import plain


def read_as_zero(system: System, alert: Alert) -> bool:
    """Whether 0 says what silence shall say, so that a gap in a window counts as it does on CloudWatch.

    A count that must not be low and must not be silent; and a count all of whose periods must be high,
    where a gap is not: Datadog would look at the others alone. Of a gauge a gap would be filled by what
    is on either side. https://docs.datadoghq.com/dashboards/functions/interpolation/ (Default zero)
    """
    if alert.missing == "breaching":
        return _is_count(system, alert) and alert.op in ("lt", "lte") and _zero_breaches(alert)
    every = alert.datapoints == alert.evaluation_periods > 1
    high = _is_scaled_count(system, alert) and not _zero_breaches(alert)
    return alert.missing == "notBreaching" and every and high


def shows_silence(system: System, alert: Alert) -> bool:
    """Whether a monitor that speaks for it has a state No Data."""
    return alert.missing == "missing" or silence_breaches(system, alert)


def silence_breaches(system: System, alert: Alert) -> bool:
    """Whether silence is a breach that no 0 in its place says."""
    return alert.missing == "breaching" and not read_as_zero(system, alert)


def _is_count(system: System, alert: Alert) -> bool:
    return system.signals[alert.signal].expr is None and metrics.counted(system, alert.signal)


def _is_scaled_count(system: System, alert: Alert) -> bool:
    """Whether it is one count, or that multiplied or divided by a number: 0 where the count is."""
    match plain(system.signals, Name(alert.signal)):
        case Name() | Binary("*" | "/", Name(), Number()):
            return metrics.counted(system, alert.signal)
        case _:
            return False


def _zero_breaches(alert: Alert) -> bool:
    zero, threshold = Decimal(0), alert.threshold
    compared = {"gt": zero > threshold, "gte": zero >= threshold, "lt": zero < threshold}
    return compared.get(alert.op, zero <= threshold)
