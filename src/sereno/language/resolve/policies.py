"""Alert policies to burn-rate pairs: one OpenSLO AlertPolicy, with its one AlertCondition, is one pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from sereno.language import durations
from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import BurnPair, Severity
from sereno.language.problem import Span
from sereno.language.resolve.context import MINIMUM_BAD, SHORT_WINDOW, Context
from sereno.language.spec import openslo, ours
from sereno.language.spec.base import Metadata
from sereno.language.text import Path

ROUTES = "routes"  # the reserved target: the routing tree alone
TWELFTH = 12  # short window = long / 12: SRE workbook, chapter 5, approach 6


def resolve(
    context: Context,
    document: Document,
    slo: openslo.SloSpec,
    change: ours.SloChange | None,
    reads: Iterable[str],
) -> Iterator[BurnPair]:
    """The pairs of an SLO, in the order written; what cannot be kept is reported and left out."""
    silent = [s for s in reads if not context.signals[s].always]
    for written in _written(context, document, slo, change):
        written.heard(document.name, silent)
        if written.pair is not None:
            yield written.pair


def _written(
    context: Context, document: Document, slo: openslo.SloSpec, change: ours.SloChange | None
) -> Iterator[_Policy]:
    if change is not None and change.alert_policies is not None:
        for name in change.alert_policies:
            found = context.find("AlertPolicy", name, document.span("spec", "alertPolicies", key=True))
            if found is not None and found.spec is not None:
                yield _shared(context, found)
        return
    for i, policy in enumerate(slo.alert_policies or []):
        path: Path = ("spec", "alertPolicies", i)
        if policy.alert_policy_ref:
            found = context.find(
                "AlertPolicy", policy.alert_policy_ref, document.span(*path, "alertPolicyRef")
            )
            if found is not None and found.spec is not None:
                yield _shared(context, found)
        elif policy.metadata and policy.spec:
            yield _Policy(context, document, path, policy.metadata, policy.spec)


def _shared(context: Context, document: Document) -> _Policy:
    """The policy of a document, which says the same for every SLO that refers to it."""
    found: _Policy | None = context.policies.get(document.name)
    if found is None:
        found = _Policy(context, document, (), document.spec.metadata, document.spec.spec)
        context.policies[document.name] = found
    return found


class _Policy:
    """A policy, and where it is written."""

    def __init__(
        self,
        context: Context,
        document: Document,
        path: Path,
        metadata: Metadata,
        spec: openslo.PolicySpec,
    ) -> None:
        self.context, self.document, self.path = context, document, path
        self.metadata, self.spec = metadata, spec

    def at(self, *path: str | int) -> Span:
        return self.document.span(*self.path, *path)

    def heard(self, slo: str, silent: list[str]) -> None:
        """A problem if the policy should tell of silence, and cannot for this SLO."""
        breaches = self.condition is not None and self.spec.alert_when_breaching is not False
        if breaches and self.spec.alert_when_no_data and silent:
            at = self.at("spec", "alertWhenNoData")
            self.context.report(fault.no_data_unheard(at, slo, silent, lenient=self.context.lenient))

    @cached_property
    def pair(self) -> BurnPair | None:
        """The pair, or None if the condition cannot be kept."""
        if self.condition is None:
            return None
        spec, where, path = self.condition
        if self.spec.alert_when_breaching is False:
            self.context.report(fault.policy_never_alerts(self.at("spec", "alertWhenBreaching")))
            return None
        burn = _Condition(self.context, where, path, spec.condition)
        severity = self.severity(spec, where.span(*path, "severity"))
        windows = self.windows(spec.condition, burn.at("lookbackWindow"))
        sound = [burn.operator(), burn.threshold(), burn.after()]
        receivers = self.receivers()
        if severity is None or windows is None or not all(sound):
            return None
        return BurnPair(
            name=self.metadata.name,
            severity=severity,
            burn=spec.condition.threshold,
            long=windows[0],
            short=windows[1],
            inclusive=spec.condition.op == "gte",
            receivers=tuple(receivers),
            when_resolved=bool(self.spec.alert_when_resolved),
            minimum_bad=self.minimum_bad(),
            where=self.at("metadata", "name"),
        )

    @cached_property
    def condition(self) -> tuple[openslo.ConditionSpec, Document, Path] | None:
        condition = (self.spec.conditions or [None])[0]  # type: ignore[list-item]
        if condition is None:
            return None
        path: Path = (*self.path, "spec", "conditions", 0)
        if condition.spec:
            return condition.spec, self.document, (*path, "spec")
        at = self.document.span(*path, "conditionRef")
        found = self.context.find("AlertCondition", condition.condition_ref or "", at)
        if found is None or found.spec is None:
            return None
        return found.spec.spec, found, ("spec",)

    def severity(self, spec: openslo.ConditionSpec, at: Span) -> Severity | None:
        if spec.severity in ("page", "ticket"):
            return "page" if spec.severity == "page" else "ticket"
        self.context.report(fault.burn_severity(at, spec.severity, lenient=self.context.lenient))
        return None

    def windows(self, condition: openslo.ConditionType, at: Span) -> tuple[int, int] | None:
        """Long and short, in seconds."""
        long = durations.shorthand(condition.lookback_window) or 0
        short = self.short_window(long)
        if short is None:
            return None
        words = _window_fault(long, short)
        if words:
            self.context.report(fault.burn_window(at, words, lenient=self.context.lenient))
            return None
        return long, int(short)

    def short_window(self, long: int) -> float | None:
        text = (self.metadata.annotations or {}).get(SHORT_WINDOW)
        if text is None:
            return long / TWELFTH
        length = durations.shorthand(text)
        if length is None:
            at = self.at("metadata", "annotations", SHORT_WINDOW)
            self.context.report(fault.bad_annotation_value(at, SHORT_WINDOW, text, "a duration such as 5m"))
        return length

    def minimum_bad(self) -> int:
        text = (self.metadata.annotations or {}).get(MINIMUM_BAD, "2")
        if text.isascii() and text.isdigit() and 0 < int(text[:10]) < 1_000_000:
            return int(text)
        at = self.at("metadata", "annotations", MINIMUM_BAD)
        self.context.report(
            fault.bad_annotation_value(at, MINIMUM_BAD, text, "a whole number above 0, quoted")
        )
        return 2

    def receivers(self) -> list[str]:
        """The receivers that the targets name. They add to the routing tree, which is always asked."""
        found = []
        for i, target in enumerate(self.spec.notification_targets or []):
            name = self.target(target, (*self.path, "spec", "notificationTargets", i))
            found += [name] if name and name != ROUTES else []
        return list(dict.fromkeys(found))

    def target(self, target: openslo.Target, path: Path) -> str:
        """What a target names; empty if it cannot be found."""
        if target.spec:
            return self.known(target.spec.target, self.document.span(*path, "spec", "target"))
        ref = target.target_ref or ""
        if ref == ROUTES:
            return ROUTES
        found = self.context.find("AlertNotificationTarget", ref, self.document.span(*path, "targetRef"))
        if found is None or found.spec is None:
            return ""
        return self.known(found.spec.spec.target, found.span("spec", "target"))

    def known(self, name: str, at: Span) -> str:
        receivers = self.context.receivers
        if name == ROUTES or name in receivers:
            return name
        self.context.report(fault.unknown_receiver(at, name, receivers, lenient=self.context.lenient))
        return ""


def _window_fault(long: int, short: float) -> str:
    if short % 60 or long % 60 or not short:
        return f"a pair of {long // 60} minutes and {short:g} seconds is not in whole minutes"
    if short >= long:
        return "the short window is not shorter than the long one"
    return ""


class _Condition:
    """A burn-rate condition, and where it is written."""

    def __init__(self, context: Context, document: Document, path: Path, spec: openslo.ConditionType) -> None:
        self.context, self.document, self.path, self.spec = context, document, path, spec

    def at(self, name: str) -> Span:
        return self.document.span(*self.path, "condition", name)

    def operator(self) -> bool:
        if self.spec.op in ("gt", "gte"):
            return True
        problem = fault.burn_operator(self.at("op"), self.spec.op, lenient=self.context.lenient)
        self.context.report(problem)
        return False

    def threshold(self) -> bool:
        if self.spec.threshold > 0:
            return True
        shown = f"{self.spec.threshold:f}"
        self.context.report(fault.burn_threshold(self.at("threshold"), shown, lenient=self.context.lenient))
        return False

    def after(self) -> bool:
        text = self.spec.alert_after
        if not text or not durations.shorthand(text):
            return True
        self.context.report(fault.alert_after(self.at("alertAfter"), text, lenient=self.context.lenient))
        return False
