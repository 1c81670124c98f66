"""What Datadog would refuse, found first: rules on each payload, whoever wrote it.

Sources: https://docs.datadoghq.com/api/latest/ (monitors, service-level-objectives, dashboards,
downtimes) and the pages named at each rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from inspect import cleandoc
from typing import Any

from sereno.language.problem import Problem
from sereno.vendors.backend import Body, Resource
from sereno.vendors.datadog import conditions, limits_options, query
from sereno.vendors.datadog.limits_dashboards import texts, variables_declared, widgets_in_place
from sereno.vendors.datadog.limits_fault import Fault, Rule
from sereno.vendors.datadog.limits_options import evaluation_delay
from sereno.vendors.datadog.limits_synthetics import no_secret, synthetic_form
from sereno.vendors.datadog.parts import REFERENCE
from sereno.vendors.datadog.query_words import odd

WINDOW = (60, 31 * 86_400)
CHILDREN = 10
TAG = 200
DECIMALS = 3
PRIORITIES = range(1, 6)
TIMEFRAMES = ("7d", "30d", "90d")
_SLO_WINDOWS = tuple(int(days[:-1]) * 86_400 for days in TIMEFRAMES)


def check(resources: Iterable[Resource]) -> Iterator[Problem]:
    """Every broken rule, each at the YAML that caused it."""
    every = list(resources)
    for resource in every:
        for rule in RULES.get(resource.kind, ()):
            for fault in rule(resource.body):
                yield _problem(resource, rule, fault)
    yield from _unknown(every)


def _problem(resource: Resource, rule: Callable[..., Any], fault: Fault) -> Problem:
    return Problem(resource.where, code(rule), f"{resource.address}: {fault.message}", fault.help)


def code(rule: Callable[..., Any]) -> str:
    """A rule's code, from its name."""
    return "dd-" + rule.__name__.replace("_", "-")


def query_grammar(body: Body) -> Iterator[Fault]:
    """A monitor's query is in Datadog's grammar, and asks for what its type watches: metrics, or an SLO.

    Breaks: `sum(last_5m):sum:a.b{c:d} by > 3`
    Keeps: `sum(last_5m):sum:a.b{c:d}.as_count() > 3`
    """
    try:
        asked = _parsed(str(body["query"]))
    except query.QueryFault as fault:
        yield Fault(f"its query is none of Datadog's: {fault}", "see the query of its signal")
        return
    of_slo = isinstance(asked, query.BurnQuery | query.BudgetQuery)
    if of_slo != (body.get("type") == "slo alert"):
        yield Fault(
            f"its type is {body.get('type')}, which its query is none of", "use the type of its query"
        )
    for metric in query.metrics(_tree(asked)):
        yield from (Fault(f"its query is none of Datadog's: {said}", "see it") for said in odd(metric))


def threshold_in_query(body: Body) -> Iterator[Fault]:
    """The critical threshold of the options is the number at the end of the query, or the call is refused.

    A warning, and where it recovers, is on the quiet side of it. Datadog compares doubles.
    https://github.com/DataDog/terraform-provider-datadog/issues/66

    Breaks: `... > 3` with `thresholds: {critical: 4}`, or with `{critical: 3, warning: 5}`
    Keeps: `... > 3` with `thresholds: {critical: 3, warning: 2}`
    """
    asked = _query(body)
    if asked is not None:
        yield from limits_options.thresholds(body["options"], asked)


def on_missing_data(body: Body) -> Iterator[Fault]:
    """What silence means is said once, by `on_missing_data`, and of metrics that can be silent.

    https://docs.datadoghq.com/monitors/guide/on_missing_data/

    Breaks: `on_missing_data: resolve` with `notify_no_data: true`, with `default_zero()`, or of an SLO
    Keeps: `on_missing_data: resolve` alone
    """
    yield from limits_options.silence(body["options"], _query(body))


def window_of_query(body: Body) -> Iterator[Fault]:
    """A metric monitor looks back 1 minute to a month.

    Breaks: `sum(last_30s):...`
    Keeps: `sum(last_1w):...`
    """
    asked = _query(body)
    if isinstance(asked, query.ChangeQuery):
        asked = asked.asked
    if isinstance(asked, query.MetricQuery) and not WINDOW[0] <= asked.window <= WINDOW[1]:
        yield Fault(f"it looks back {asked.window} s", "look back 1 minute to a month")


def burn_windows(body: Body) -> Iterator[Fault]:
    """A burn rate is above a number, and looks back 1 to 48 hours of an SLO of 7, 30 or 90 days.

    https://docs.datadoghq.com/service_management/service_level_objectives/burn_rate/

    Breaks: `.long_window("72h").short_window("6h")`
    Keeps: `.long_window("24h").short_window("2h")`
    """
    asked = _query(body)
    if not isinstance(asked, query.BurnQuery):
        return
    if not 3_600 <= asked.long <= 172_800:
        yield Fault(f"its long window is {asked.long} s", "use 1 to 48 hours")
    if asked.over not in _SLO_WINDOWS:
        yield Fault(f"its SLO's window is {asked.over} s", f"one of {', '.join(TIMEFRAMES)}")
    if asked.threshold <= 0 or asked.op not in (">", ">="):
        yield Fault(f"it asks for a burn rate {asked.op} {asked.threshold}", "ask for > and more than 0")
    if not 0 < asked.short < asked.long:
        yield Fault("its short window is not shorter than its long one", "make it a twelfth of the long one")


def budget_spent(body: Body) -> Iterator[Fault]:
    """An error-budget monitor asks for a share of the budget that is spent: above 0 %.

    https://docs.datadoghq.com/service_management/service_level_objectives/error_budget/

    Breaks: `{budgetLeft: 1, notify: ticket}`, which always holds
    Keeps: `{budgetLeft: 0.25, notify: ticket}`
    """
    asked = _query(body)
    if isinstance(asked, query.BudgetQuery) and (asked.threshold <= 0 or asked.op not in (">", ">=")):
        yield Fault(f"it asks for {asked.op} {asked.threshold} % spent", "tell of a budget below 1")


def counts_are_summed(body: Body) -> Iterator[Fault]:
    """Arithmetic of `.as_count()` adds each count up over the window first, so it is asked for their sum.

    https://docs.datadoghq.com/monitors/guide/as-count-in-monitor-evaluations/

    Breaks: `min(last_5m):sum:a{b:c}.as_count() / sum:d{b:c}.as_count() > 0.1`
    Keeps: `min(last_5m):sum:a{b:c}.rollup(sum, 60) / sum:d{b:c}.rollup(sum, 60) > 0.1`
    """
    asked = _query(body)
    if not isinstance(asked, query.MetricQuery) or not isinstance(asked.tree, query.Binary):
        return
    counted = any("as_count" in dict(metric.functions) for metric in query.metrics(asked.tree))
    if counted and asked.time_aggregator != "sum":
        yield Fault(
            f"it asks for the {asked.time_aggregator} of computed counts",
            "roll each up by rollup(sum, SECONDS) instead of as_count()",
        )


def composite_of_monitors(body: Body) -> Iterator[Fault]:
    """A composite joins 2 to 10 monitors by `&&`, `||` and `!`, none of them a composite.

    https://docs.datadoghq.com/monitors/types/composite/

    Breaks: an alert inhibited by eleven others
    Keeps: an alert inhibited by the one cause of them
    """
    text = str(body["query"])
    try:
        found = len(conditions.children(text))
    except query.QueryFault as fault:
        yield Fault(f"`{text}` is no composite's query: {fault}", "join monitors by && || ! and brackets")
        return
    if not 2 <= found <= CHILDREN:
        yield Fault(f"it joins {found} monitor{'s' * (found > 1)}", f"join 2 to {CHILDREN}: inhibit by fewer")


def monitor_form(body: Body) -> Iterator[Fault]:
    """A monitor has a name and a message, and a priority of 1 to 5 if any.

    Breaks: `priority: 0`
    Keeps: `priority: 2`
    """
    if not body["name"] or not body["message"]:
        yield Fault("it has no name or no message", "give it both")
    if "priority" in body and body["priority"] not in PRIORITIES:
        yield Fault(f"its priority is {body['priority']}", "1 (highest) to 5")


def tags_form(body: Body) -> Iterator[Fault]:
    """A tag begins with a letter, is at most 200 characters long, and does not end in a colon.

    https://docs.datadoghq.com/getting_started/tagging/

    Breaks: a label `1st: "x"`
    Keeps: a label `first: "x"`
    """
    for tag in body["tags"]:
        if not tag[:1].isalpha() or len(tag) > TAG or tag.endswith(":"):
            way_out = "begin with a letter, end before 200, and not with a colon"
            yield Fault(f"Datadog does not take the tag `{tag}`", way_out)


def slo_target(body: Body) -> Iterator[Fault]:
    """A target is above 0 % and below 100 %, with at most three decimals, over 7, 30 or 90 days.

    Breaks: `target: 0.999999`, which is 99.9999 %
    Keeps: `target: 0.99999`
    """
    for threshold in body["thresholds"]:
        target = Decimal(str(threshold["target"]))
        if not 0 < target < 100 or -int(target.normalize().as_tuple().exponent) > DECIMALS:
            yield Fault(f"its target is {target} %", "choose one between 0 and 100 % with at most 3 decimals")
        if threshold["timeframe"] not in TIMEFRAMES:
            yield Fault(f"its window is {threshold['timeframe']}", f"one of {', '.join(TIMEFRAMES)}")


def _unknown(resources: Sequence[Resource]) -> Iterator[Problem]:
    made = {resource.address for resource in resources}
    for resource in resources:
        for address in sorted(references(resource.body) - made):
            yield _problem(resource, refers_to_nothing, refers_to_nothing(address))


def refers_to_nothing(address: str) -> Fault:
    """What a monitor or a widget refers to must itself be made.

    Breaks: a panel of an SLO that Datadog cannot say
    Keeps: a panel of an SLO that it can
    """
    return Fault(f"it refers to {address}, which is not made", "mend that one first, or leave it out here")


def references(body: Body) -> frozenset[str]:
    """The addresses a body refers to: in a monitor's query, and in the `slo_id`s of a dashboard."""
    asked = texts(body["widgets"], "slo_id") if "widgets" in body else (body.get("query", ""),)
    return frozenset(found for text in asked for found in REFERENCE.findall(text))


def _query(body: Body) -> query.Query | None:
    try:
        return _parsed(str(body["query"]))
    except query.QueryFault:
        return None


def _tree(asked: query.Query) -> query.Node:
    """What it computes; nothing of an SLO."""
    if isinstance(asked, query.ChangeQuery):
        return asked.asked.tree
    return asked.tree if isinstance(asked, query.MetricQuery) else query.Number(Decimal(0))


_parsed = lru_cache(maxsize=64)(query.parse)  # every rule about a query reads it


_MONITOR: tuple[Rule, ...] = (monitor_form, tags_form)
_ASKED: tuple[Rule, ...] = (query_grammar, threshold_in_query, on_missing_data)
RULES: Mapping[str, tuple[Rule, ...]] = {
    "metric-slo": (slo_target, tags_form),
    "time-slice-slo": (slo_target, tags_form),
    "monitor": (*_MONITOR, *_ASKED, window_of_query, evaluation_delay, counts_are_summed),
    "slo-monitor": (*_MONITOR, *_ASKED, burn_windows, budget_spent),
    "composite-monitor": (*_MONITOR, composite_of_monitors),
    "synthetics-test": (monitor_form, tags_form, synthetic_form, no_secret),
    "dashboard": (widgets_in_place, variables_declared),
}


def explanations() -> Mapping[str, str]:
    """Code -> what `sereno explain` shows, for every rule on a payload and every word of compiling."""
    from sereno.vendors.datadog import differences, faults, limits_files

    rules: list[Callable[..., Any]] = [refers_to_nothing, limits_files.form]
    for kind in RULES.values():
        rules += kind
    rules += (*faults.RULES, *differences.RULES)
    return {code(rule): cleandoc(rule.__doc__ or "") for rule in rules}
