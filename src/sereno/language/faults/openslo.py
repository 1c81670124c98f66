"""Problems between the fields of an OpenSLO document."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.language.problem import Problem, Span


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{n}`" for n in names)


def one_of_fields(at: Span, names: Sequence[str]) -> Problem:
    """Exactly one of these must be there, and none is.

    Breaks: an SLI with neither `ratioMetric` nor `thresholdMetric`
    Keeps: an SLI with one of them
    """
    words = " or ".join(f"`{n}`" for n in names)
    return Problem(at, "one-of-fields", f"{words} is missing", "write one of them")


def exclusive_fields(at: Span, names: Sequence[str]) -> Problem:
    """These say the same thing in two ways; only one may be there.

    Breaks: `{target: 0.99, targetPercent: 99}`
    Keeps: `{target: 0.99}`
    """
    return Problem(at, "exclusive-fields", f"{_listed(names)} cannot stand together", "keep one of them")


def other_percentage(at: Span, said: str, targets: Sequence[str]) -> Problem:
    """A description that names a percentage names the target: pages and reports show both.

    Only percentages of the form 99.9 % are read, and only where none of them is a target of the SLO
    or of its slices.

    Breaks: `description: 99.9 % of requests are answered` with `target: 0.995`
    Keeps: `description: 99.5 % of requests are answered`, or no figure
    """
    words = f"the description says {said} %, the target is {' and '.join(targets)} %"
    return Problem(at, "other-percentage", words, "write the target's figure, or none", "warning")


def indicator_place(at: Span, both: bool) -> Problem:
    """An SLO has its indicator at `spec` level, or each of its objectives has one (a composite), never both.

    Breaks: an `indicator` under `spec` and another in an objective
    Keeps: `indicator` or `indicatorRef` in one of the two places
    """
    words = (
        "an indicator stands both under `spec` and in an objective" if both else "the SLO has no indicator"
    )
    hint = (
        "keep it under `spec`, or (composite) in each objective"
        if both
        else "write `indicator` or `indicatorRef`"
    )
    return Problem(at, "indicator-place", words, hint)


def target_range(at: Span, name: str, value: str, percent: bool) -> Problem:
    """A target is a share: `target` from 0 to below 1, `targetPercent` from 0 to below 100.

    A target of 100 % leaves no budget: nothing could ever be spent, or divided by.

    Breaks: `target: 99.9`, `target: 1`
    Keeps: `target: 0.999`, `targetPercent: 99.9`
    """
    limit = "100" if percent else "1"
    hint = _target_help(value, percent)
    return Problem(at, "target-range", f"{name} {value} is not between 0 and below {limit}", hint)


def _target_help(value: str, percent: bool) -> str:
    from decimal import Decimal

    number = Decimal(value)
    if not percent and 1 < number < 100:
        return f"for {value} % write {number.scaleb(-2).normalize():f}, or `targetPercent: {value}`"
    if number == (100 if percent else 1):
        return "leave some budget: 99.99 % is 4.3 minutes a month"
    return "write 99.9" if percent else "write 0.999"


def slice_target_range(at: Span, value: str) -> Problem:
    """`timeSliceTarget` is the share of good events that makes a slice good: above 0, at most 1.

    Breaks: `timeSliceTarget: 95`
    Keeps: `timeSliceTarget: 0.95`
    """
    return Problem(
        at,
        "slice-target-range",
        f"timeSliceTarget {value} is not above 0 and at most 1",
        "write it as a share: 0.95",
    )


def slice_field_missing(at: Span, name: str, method: str) -> Problem:
    """`Timeslices` needs `timeSliceTarget` and `timeSliceWindow`, `RatioTimeslices` the window.

    Breaks: `budgetingMethod: Timeslices` with an objective of `target` only
    Keeps: the objective with `timeSliceTarget: 0.95` and `timeSliceWindow: 1m`
    """
    example = "0.95" if name == "timeSliceTarget" else "1m"
    return Problem(
        at,
        "slice-field-missing",
        f"`{name}` is missing; `{method}` counts slices",
        f"write `{name}: {example}`",
    )


def slice_window_number(at: Span, value: str) -> Problem:
    """A bare number of minutes as `timeSliceWindow` is in the specification; the reference SDK refuses it.

    Breaks: `timeSliceWindow: 5`
    Keeps: `timeSliceWindow: 5m`
    """
    return Problem(
        at,
        "slice-window-number",
        f"a slice of `{value}` is read as minutes, which the reference SDK refuses",
        f"write `{value}m`",
        "warning",
    )


def weight_range(at: Span, value: str) -> Problem:
    """`compositeWeight` is above 0.

    Breaks: `compositeWeight: 0`
    Keeps: `compositeWeight: 2`, or none, which means 1
    """
    return Problem(at, "weight-range", f"compositeWeight {value} is not above 0", "leave it out, or write 1")


def threshold_objective(at: Span, name: str) -> Problem:
    """An objective of a `thresholdMetric` says when a value is good: `op` and `value`.

    Breaks: `objectives: [{target: 0.99}]` beside a `thresholdMetric`
    Keeps: `objectives: [{target: 0.99, op: lte, value: 300}]`
    """
    example = "lte" if name == "op" else "300"
    words = f"`{name}` is missing; the indicator is a threshold"
    return Problem(at, "threshold-objective", words, f"write `{name}: {example}`")


def ratio_objective(at: Span, name: str) -> Problem:
    """An objective of a `ratioMetric` has no `op` and no `value`: good is counted already.

    Breaks: `objectives: [{target: 0.99, op: lte, value: 300}]` beside a `ratioMetric`
    Keeps: `objectives: [{target: 0.99}]`
    """
    return Problem(
        at, "ratio-objective", f"`{name}` has no meaning; the indicator is a ratio", f"remove `{name}`"
    )


def calendar_with_rolling(at: Span, rolling: bool) -> Problem:
    """A window is rolling, or aligned with a calendar that says where it begins.

    Breaks: `{duration: 1M, isRolling: false}` without `calendar`
    Keeps: `{duration: 30d, isRolling: true}`
    """
    if rolling:
        return Problem(at, "calendar-with-rolling", "a rolling window has no `calendar`", "remove `calendar`")
    hint = "write `isRolling: true`, or `calendar: {startTime: ..., timeZone: ...}`"
    return Problem(at, "calendar-with-rolling", "a window that does not roll needs `calendar`", hint)


def calendar_start(at: Span, value: str) -> Problem:
    """`startTime` is `YYYY-MM-DD HH:MM:SS`, without a zone, and a time that exists.

    Breaks: `startTime: 2024-01-01T00:00:00Z`
    Keeps: `startTime: 2024-01-01 00:00:00`
    """
    return Problem(
        at, "calendar-start", f"startTime `{value}` is not `YYYY-MM-DD HH:MM:SS`", "write 2024-01-01 00:00:00"
    )


def time_zone(at: Span, value: str) -> Problem:
    """A time zone is a name of the IANA data base.

    Breaks: `timeZone: CEST`, `timeZone: UTC+2`
    Keeps: `timeZone: Europe/Madrid`
    """
    return Problem(at, "time-zone", f"`{value}` is no time zone", "write an IANA name: Europe/Madrid, UTC")


def window_count(at: Span, count: int) -> Problem:
    """An SLO has one time window.

    Breaks: `timeWindow: [{duration: 7d, isRolling: true}, {duration: 30d, isRolling: true}]`
    Keeps: two SLOs, or one window
    """
    return Problem(at, "window-count", f"{count} time windows stand here", "keep exactly one")


def window_missing(at: Span) -> Problem:
    """Without `timeWindow` the budget of 30 rolling days is meant; the reference SDK refuses the document.

    Breaks: an SLO without `timeWindow`
    Keeps: `timeWindow: [{duration: 30d, isRolling: true}]`
    """
    return Problem(
        at,
        "window-missing",
        "no `timeWindow`: 30 rolling days are assumed",
        "write `timeWindow: [{duration: 30d, isRolling: true}]`",
        "warning",
    )


def duration_zero(at: Span, name: str) -> Problem:
    """A duration of 0 passes the reference SDK, but OpenSLO asks for a positive number.

    Nothing can be computed over no time.

    Breaks: `duration: 0d`
    Keeps: `duration: 30d`
    """
    return Problem(at, "duration-zero", f"`{name}` is 0 long", "write a length above 0", "warning")


def objectives_missing(at: Span) -> Problem:
    """An SLO without an objective passes the reference SDK, but promises nothing.

    Breaks: `objectives: []`
    Keeps: `objectives: [{target: 0.999}]`
    """
    return Problem(
        at,
        "objectives-missing",
        "the SLO has no objective",
        "write `objectives: [{target: 0.999}]`",
        "warning",
    )


def condition_count(at: Span, count: int) -> Problem:
    """An alert policy has exactly one condition. Several windows are several policies.

    Breaks: `conditions: []`
    Keeps: `conditions: [{conditionRef: fast-burn}]`
    """
    return Problem(
        at, "condition-count", f"{count} conditions, where one is allowed", "write one policy a condition"
    )


def no_targets(at: Span) -> Problem:
    """An alert policy names at least one notification target.

    Breaks: `notificationTargets: []`
    Keeps: `notificationTargets: [{targetRef: routes}]`, which leaves it to the routing tree
    """
    return Problem(
        at, "no-targets", "the policy notifies nobody", "write `notificationTargets: [{targetRef: routes}]`"
    )


def source_spec_empty(at: Span) -> Problem:
    """A metric source says what to ask for.

    Breaks: `metricSource: {type: Signal, spec: {}}`
    Keeps: `metricSource: {type: Signal, spec: {signal: get-5xx}}`
    """
    return Problem(at, "source-spec-empty", "the metric source asks for nothing", "write its `spec`")


def raw_type(at: Span, value: str | None) -> Problem:
    """A `raw` ratio says what it is the share of: `rawType: success` or `rawType: failure`.

    Breaks: `ratioMetric: {raw: ...}`
    Keeps: `ratioMetric: {rawType: failure, raw: ...}`
    """
    words = "`rawType` is missing" if value is None else f"`rawType` cannot be `{value}`"
    return Problem(at, "raw-type", words, "write `rawType: success` or `rawType: failure`")


def reserved_annotation(at: Span, key: str) -> Problem:
    """OpenSLO keeps annotations under `openslo.com/` for itself.

    Breaks: `annotations: {openslo.com/owner: me}`
    Keeps: `annotations: {sereno.dev/owner: me}`
    """
    return Problem(
        at, "reserved-annotation", f"`{key}` is reserved by OpenSLO", "use a domain of your own", "warning"
    )
