"""OpenSLO to our SLOs: indicators, windows, objectives, and burn-rate pairs from alert policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from pydantic import ValidationError

from sereno.language import durations, names, words
from sereno.language.faults import documents as fault
from sereno.language.faults import openslo as rule
from sereno.language.load import Document
from sereno.language.model import (
    Comparison,
    DatadogMetric,
    Indicator,
    Objective,
    Ratio,
    RawRatio,
    Signal,
    Slo,
    Threshold,
    Window,
)
from sereno.language.problem import Span
from sereno.language.resolve import policies, signals
from sereno.language.resolve.context import NATIVE, OWNER, RUNBOOK, Context
from sereno.language.spec import openslo, ours
from sereno.language.text import Map, Path

DEFAULT_WINDOW = "30d"
PERCENT = re.compile(r"(?<![\d.,])(\d\d\.\d{1,9})\s?%")  # 99.9 %, as targets are written; not 5 %, not 100 %


def resolve(context: Context) -> list[Slo]:
    """Every SLO that has no error of its own."""
    found = []
    for document, spec in context.of("SLO"):
        slo = _slo(context, document, spec)
        found += [slo] if slo else []
        if slo is None or len(slo.policies) != len(spec.spec.alert_policies or ()):
            context.doubtful.add(document.name)
    return found


def _slo(context: Context, document: Document, slo: openslo.Slo) -> Slo | None:
    spec, annotations = slo.spec, slo.metadata.annotations or {}
    change = context.overrides.slos.get(slo.metadata.name)
    context.service(spec.service, document.span("spec", "service"))
    runbook = annotations.get(RUNBOOK, slo.metadata.name)
    written = RUNBOOK in annotations
    path: Path = ("metadata", "annotations", RUNBOOK) if written else ("metadata", "name")
    context.runbook(runbook, document.span(*path), named=written)
    objectives = list(_objectives(context, document, spec, change))
    window = _window(spec)
    if not objectives or len(objectives) != len(spec.objectives or []) or window is None:
        return None
    pairs = policies.resolve(context, document, spec, change, _signals_of(objectives))
    if change is None:
        _check_description(context, document, spec.description or "", objectives)
    return Slo(
        name=slo.metadata.name,
        display_name=slo.metadata.display_name or slo.metadata.name,
        service=spec.service,
        description=spec.description or "",
        owner=(change and change.owner) or annotations.get(OWNER) or context.owner_of(spec.service),
        runbook=runbook,
        budgeting=spec.budgeting_method,
        window=window,
        objectives=tuple(objectives),
        composite=any(o.indicator or o.indicator_ref for o in spec.objectives or []),
        policies=tuple(pairs),
        native=annotations.get(NATIVE) == "true",
        labels=dict(slo.metadata.labels or {}),
        where=document.span("metadata", "name"),
    )


def _check_description(
    context: Context, document: Document, description: str, objectives: list[Objective]
) -> None:
    """A problem if it names percentages, and none of them is a target."""
    said = {Decimal(figure) for figure in PERCENT.findall(description)}
    targets = {o.target * 100: None for o in objectives}
    slices = {o.slice_target * 100 for o in objectives if o.slice_target is not None}
    if said and not said & {*targets, *slices}:
        wanted = [f"{target.normalize():f}" for target in targets]
        at = document.span("spec", "description")
        context.report(rule.other_percentage(at, f"{min(said):f}", wanted))


def _signals_of(objectives: list[Objective]) -> list[str]:
    return list(dict.fromkeys(name for o in objectives for name in read_by(o.indicator)))


def read_by(indicator: Indicator) -> tuple[str, ...]:
    """The signals an indicator reads."""
    match indicator:
        case Ratio(total=total, good=good, bad=bad):
            return (good or bad or "", total)
        case RawRatio(raw=raw):
            return (raw,)
        case Threshold(signal=signal):
            return (signal,)


def _window(spec: openslo.SloSpec) -> Window | None:
    if not spec.time_window:
        return Window(seconds=durations.shorthand(DEFAULT_WINDOW) or 0, text=DEFAULT_WINDOW)
    window = spec.time_window[0]
    length = durations.shorthand(window.duration)
    if not length:
        return None
    calendar = window.calendar
    return Window(
        seconds=length,
        text=window.duration,
        rolling=bool(window.is_rolling),
        start=calendar.start_time if calendar else None,
        zone=calendar.time_zone if calendar else None,
    )


def _objectives(
    context: Context, document: Document, spec: openslo.SloSpec, change: ours.SloChange | None
) -> Iterator[Objective]:
    written = spec.objectives or []
    shared = spec.indicator is not None or spec.indicator_ref is not None
    used: set[str] = set()
    if shared and len(written) > 1 and _is_threshold(context, spec):
        context.report(fault.several_thresholds(document.span("spec", "objectives", key=True)))
    for i, objective in enumerate(written):
        name = _objective_name(objective, i, used)
        indicator = _indicator(context, document, spec, i, name if len(written) > 1 else "")
        if indicator is None:
            continue
        target = _target(objective) if change is None or change.target is None else change.target
        slice_length = durations.shorthand(objective.time_slice_window or "")
        yield Objective(
            name=name,
            target=target,
            indicator=indicator,
            weight=objective.composite_weight or Decimal(1),
            slice_seconds=slice_length if spec.budgeting_method != "Occurrences" else None,
            slice_target=objective.time_slice_target if spec.budgeting_method == "Timeslices" else None,
        )


def _objective_name(objective: openslo.Objective, i: int, used: set[str]) -> str:
    """A name from `displayName`, made one of its kind: it becomes part of addresses."""
    words = re.sub(r"[^a-z0-9]+", "-", (objective.display_name or "").lower()).strip("-")[:40].strip("-")
    name = words or f"objective-{i + 1}"
    name = f"{name}-{i + 1}" if name in used else name
    used.add(name)
    return name


def _target(objective: openslo.Objective) -> Decimal:
    if objective.target is not None:
        return objective.target
    return (objective.target_percent or Decimal(0)).scaleb(-2)


def _is_threshold(context: Context, spec: openslo.SloSpec) -> bool:
    sli = spec.indicator.spec if spec.indicator else None
    if sli is None and spec.indicator_ref:
        document = context.index.get(("SLI", spec.indicator_ref))
        sli = document.spec.spec if document and document.spec else None
    return sli is not None and sli.threshold_metric is not None


def _indicator(
    context: Context, document: Document, spec: openslo.SloSpec, i: int, name: str
) -> Indicator | None:
    """The indicator of an objective: its own, or the SLO's."""
    objective = (spec.objectives or [])[i]
    own: Path = ("spec", "objectives", i)
    if objective.indicator or objective.indicator_ref:
        inline, ref, path = objective.indicator, objective.indicator_ref, own
    else:
        inline, ref, path = spec.indicator, spec.indicator_ref, ("spec",)
    if inline:
        place, sli = (document, (*path, "indicator", "spec")), inline.spec
    elif ref:
        found = context.find("SLI", ref, document.span(*path, "indicatorRef"))
        if found is None or found.spec is None:
            return None
        place, sli = (found, ("spec",)), found.spec.spec
    else:
        context.report_of_compiling(fault.objective_without_indicator(document.span(*own)))
        return None
    build = _Build(context, document, place[0], place[1], name)
    return build.threshold(sli, objective, own) if sli.threshold_metric else build.ratio(sli)


class _Build:
    """One indicator: the SLO it is for, and the document and path where it is written."""

    def __init__(
        self, context: Context, slo: Document, written: Document, path: Path, objective: str
    ) -> None:
        self.context, self.slo, self.written, self.path = context, slo, written, path
        self.objective = objective

    def ratio(self, sli: openslo.SliSpec) -> Indicator | None:
        ratio = sli.ratio_metric
        if ratio is None:
            return None
        if ratio.raw:
            raw = self.source(ratio.raw, "ratioMetric", "raw")
            return RawRatio(raw=raw, success=ratio.raw_type == "success") if raw else None
        role, part = ("good", ratio.good) if ratio.good else ("bad", ratio.bad)
        if part is None or ratio.total is None:
            return None
        counted = self.source(part, "ratioMetric", role)
        total = self.source(ratio.total, "ratioMetric", "total")
        if not counted or not total:
            return None
        return Ratio(total=total, good=counted) if role == "good" else Ratio(total=total, bad=counted)

    def threshold(self, sli: openslo.SliSpec, objective: openslo.Objective, path: Path) -> Indicator | None:
        signal = self.source(sli.threshold_metric, "thresholdMetric") if sli.threshold_metric else ""
        for name, value in (("op", objective.op), ("value", objective.value)):
            if value is None:
                self.context.report_of_compiling(rule.threshold_objective(self.slo.span(*path), name))
        if objective.op is None or objective.value is None or not signal:
            return None
        op = _comparison(self.context, self.slo, objective.op, path)
        return Threshold(signal=signal, op=op, value=objective.value) if op else None

    def source(self, metric: openslo.Metric, *path: str) -> str:
        """The signal that a metric source names or makes; empty and a problem if it is none."""
        source = metric.metric_source
        where = (*self.path, *path, "metricSource")
        kind = source.type or self.source_type(source, where)
        tree = self.tree(where)
        if kind is None:
            return ""
        match kind.lower():
            case "signal":
                return self.named(source, where)
            case "cloudwatch":
                return self.minted(ours.CloudWatchSource, "CloudWatch", tree, where, path[-1])
            case "datadog":
                return self.minted(ours.DatadogSource, "Datadog", tree, where, path[-1])
        at = self.written.span(*where, "type" if source.type else "metricSourceRef")
        self.context.report(fault.unknown_source_type(at, kind, lenient=self.context.lenient))
        return ""

    def source_type(self, source: openslo.MetricSource, where: Path) -> str | None:
        """The type of the data source referred to; None if a problem has been reported."""
        if source.metric_source_ref is None:
            return ""
        at = self.written.span(*where, "metricSourceRef")
        found = self.context.find("DataSource", source.metric_source_ref, at)
        return None if found is None or found.spec is None else str(found.spec.spec.type)

    def tree(self, where: Path) -> Map:
        found = self.written.tree
        for step in (*where, "spec"):
            found = found[step]  # type: ignore[index]
        return found

    def named(self, source: openslo.MetricSource, where: Path) -> str:
        name = source.spec.get("signal")
        if not isinstance(name, str):
            at = self.written.span(*where, "spec", key=True)
            self.context.report_of_compiling(fault.raw_source(at, "Signal", "`signal` is missing"))
            return ""
        self.warn_unknown(source.spec.keys() - {"signal"}, {"signal"}, "Signal", where)
        return name if self.context.signal(name, self.written.span(*where, "spec", "signal")) else ""

    def minted(
        self,
        model: type[ours.CloudWatchSource | ours.DatadogSource],
        kind: str,
        tree: Map,
        where: Path,
        role: str,
    ) -> str:
        """A signal of our own for a raw source."""
        known = set(model.model_fields)
        self.warn_unknown(tree.keys() - known, known, kind, where)
        try:
            source = model.model_validate({k: v for k, v in tree.items() if k in known and v is not None})
        except ValidationError as error:
            for problem in words.problems(error, model, tree, self.written.file):
                missing = problem.code == "missing-field"
                self.context.report_of_compiling(
                    fault.raw_source(problem.where, kind, problem.message) if missing else problem
                )
            return ""
        name = names.source_signal(
            self.slo.name, self.objective, "threshold" if role == "thresholdMetric" else role
        )
        at = self.written.span(*where, "spec", key=True)
        cloudwatch = signals.cloudwatch(source) if isinstance(source, ours.CloudWatchSource) else None
        datadog = DatadogMetric(query=source.query) if isinstance(source, ours.DatadogSource) else None
        self.context.signals[name] = Signal(
            name=name,
            unit="",
            description="",
            emitted_by="",
            cloudwatch=cloudwatch,
            datadog=datadog,
            where=at,
        )
        return name

    def warn_unknown(self, keys: set[str], known: set[str], kind: str, where: Path) -> None:
        for key in sorted(keys):
            at = self.written.span(*where, "spec", key, key=True)
            self.context.report(fault.raw_source_key(at, kind, key, known))


OPERATORS: dict[str, Comparison] = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}


def _comparison(context: Context, document: Document, op: str, path: Path) -> Comparison | None:
    from sereno.language.faults.values import not_allowed

    if op not in OPERATORS:
        at: Span = document.span(*path, "op")
        context.report_of_compiling(not_allowed(at, "op", op, OPERATORS))
    return OPERATORS.get(op)
