"""What CloudWatch would refuse, found first: rules on the payload, whoever wrote it.

`check` judges what we compiled, `check_resources` a file of others. What a file does not hold
(a child alarm, a topic) is taken to exist. Errors are what the API or its documentation refuses;
what is legal and does not mean what it seems to is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sereno.language.problem import Problem, Span
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import faults
from sereno.vendors.cloudwatch.limits import (
    alarms,
    cloudformation,
    composites,
    dashboards,
    data,
    detectors,
    maths,
    mutes,
    queries,
    requests,
    slos,
    tables,
)
from sereno.vendors.cloudwatch.limits.beside import code, name_twice, together, twice
from sereno.vendors.cloudwatch.limits.files import LISTS, Found, found, no_lists
from sereno.vendors.cloudwatch.limits.likeness import likeness
from sereno.vendors.cloudwatch.limits.places import Path, Places, field
from sereno.vendors.cloudwatch.limits.shape import SHAPE_RULES, Fault, Record, sound, wrong_type
from sereno.vendors.cloudwatch.limits.shape import faults as shape_faults

Body = Mapping[str, Any]
SHAPES: Mapping[str, Record] = {
    "metric-alarm": tables.METRIC_ALARM,
    "composite-alarm": tables.COMPOSITE_ALARM,
    "dashboard": tables.DASHBOARD,
    "mute-rule": tables.MUTE_RULE,
    "log-alarm": tables.LOG_ALARM,
    "anomaly-detector": tables.DETECTOR,
    "metric-data": tables.METRIC_DATA,
    "embedded-metrics": tables.EMBEDDED,
    "slo": slos.SLO,
    "metric-request": requests.REQUEST,
}
RULES: Mapping[str, Sequence[Callable[[Body], Iterator[Fault]]]] = {
    "metric-alarm": alarms.RULES,
    "composite-alarm": composites.RULES,
    "dashboard": (),
    "mute-rule": mutes.RULES,
    "log-alarm": detectors.LOG_RULES,
    "anomaly-detector": detectors.DETECTOR_RULES,
    "metric-data": data.DATA_RULES,
    "embedded-metrics": data.EMF_RULES,
    "slo": slos.RULES,
    "metric-request": requests.RULES,
}


def check(resources: Iterable[Resource]) -> tuple[Problem, ...]:
    """Every broken rule of what we compiled, each at the YAML that caused it."""
    every = list(resources)
    where = {resource.address: resource.where for resource in every}
    items = [Found(resource.kind, resource.address, resource.body) for resource in every]
    told = (*_alike(items), *together(items, _ours), *twice(items))
    return tuple(_problem(where[name], name, fault) for name, fault in told)


def _alike(items: Sequence[Found]) -> Iterator[tuple[str, Fault]]:
    """Each by itself, but for those that are like one in which nothing is wrong."""
    sound_ones: set[str] = set()
    for item in items:
        like = likeness(item)
        if like and like in sound_ones:
            continue
        found = list(_one(item, ours=True))
        if not found:
            sound_ones.add(like)
        yield from ((item.name, fault) for fault in found)


def check_resources(
    document: Any, file: str, text: str = "", at: Mapping[Path, tuple[int, int]] | None = None
) -> tuple[Problem, ...]:
    """Every broken rule of a file in one of the shapes of `files`, each where it stands in the text.

    `at` says where values stand in a text that is no JSON.
    """
    items, misshapen = found(document), list(no_lists(document))
    if not items and not misshapen and not _empty(document):
        return (no_resources(file),)
    places = Places(text, file, at)
    wrong = [(key, wrong_type(key, "a list", value)) for key, value in misshapen]
    of_the_file = [
        Problem(places.span((key,)), fault.code, fault.message, fault.help) for key, fault in wrong
    ]
    of_name = {item.name: item for item in items}
    told = [(item, fault) for item in items for fault in _surely(item)]
    told += [(of_name[name], fault) for name, fault in (*together(items, _sound), *twice(items))]
    of_items = (_problem(places.span(_path(item, fault)), item.name, fault) for item, fault in told)
    return (*of_the_file, *of_items)


def _surely(item: Found) -> list[Fault]:
    """What is wrong with it; with what is not wholly known, in both of its readings."""
    told = list(_one(item))
    if item.besides is None or not told:
        return told
    besides = {_without_counts(fault) for fault in _one(replace(item, body=item.besides))}
    return [fault for fault in told if _without_counts(fault) in besides]


def _without_counts(fault: Fault) -> tuple[str, str]:
    """What a fault says, but for lengths and places in a text of which not all is known."""
    return fault.code, re.sub(r"character \d+|[\d,]+ characters", "", fault.message)


def _path(item: Found, fault: Fault) -> Path:
    """Where what is wrong stands in the file."""
    first, *rest = (*field(fault, item.body), "")
    known = item.names.get(str(first), first)
    return (*item.at, *([known] if known != "" else []), *rest[:-1])


def no_resources(file: str) -> Problem:
    """A file for `sereno check --resources` has one of the shapes that are read, as JSON or as YAML.

    The output of `aws cloudwatch describe-alarms` or `get-dashboard`; `Dashboards: [{DashboardName,
    DashboardBody}]`; a dashboard's body; what `sereno build` writes; `terraform show -json` of a plan or a
    state; a template of CloudFormation; the arguments of one call. One of them that is empty is well.

    Breaks: a `terraform.tfstate`
    Keeps: what `terraform show -json` makes of it, `{"MetricAlarms": [...], "CompositeAlarms": [...]}`
    """
    message = "this file holds no alarms and no dashboards in a shape that is known"
    way_out = (
        "give it the JSON of describe-alarms or get-dashboard, `Dashboards: [...]`, a dashboard's body, a"
        " `sereno build`, terraform show -json, or a template of CloudFormation"
    )
    return Problem(Span(file), "cw-no-resources", message, way_out)


_PLANNED = ("format_version", "planned_values", "values", "resource_changes")


def _empty(document: Any) -> bool:
    """A file of a known shape that holds nothing: no alarm, or none of CloudWatch's resources."""
    if not isinstance(document, Mapping):
        return False
    if cloudformation.holds(document):
        return True
    known = [document[key] for key in _PLANNED if key in document]
    listed = [document[key] for key in (*(name for name, _, _ in LISTS), "resources") if key in document]
    return any(isinstance(said, list | Mapping | str) for said in known) or (
        any(isinstance(said, list) for said in listed) and not any(listed)
    )


def nothing_judged(document: Any, file: str) -> tuple[Problem, ...]:
    """A file of a known shape in which there is nothing that is judged.

    Of Terraform's resources, metric and composite alarms, dashboards and mute rules are; of CloudFormation's,
    those, log alarms and anomaly detectors.

    Breaks: a plan of a topic alone; a describe-alarms of another Region
    Keeps: a plan with an alarm
    """
    if found(document):
        return ()
    message = "nothing in this file was judged: it holds no alarm and no dashboard that is read here"
    help_ = "of Terraform, metric and composite alarms, dashboards and mute rules are read"
    return (Problem(Span(file), "cw-nothing-judged", message, help_, "warning"),)


def key_twice(key: str, file: str) -> Problem:
    """A key stands twice in one object of the file: of the two, the last alone is read, and sent.

    Breaks: `{"MetricAlarms": [], "MetricAlarms": []}`
    Keeps: one list with the entries of both
    """
    message = f"the key `{key}` stands twice in one object, and all but the last is lost"
    return Problem(Span(file), "cw-key-twice", message, "keep one")


def _problem(where: Span, name: str, fault: Fault) -> Problem:
    return Problem(where, fault.code, f"{name}: {fault.message}", fault.help, fault.severity)


def _one(item: Found, ours: bool = False) -> Iterator[Fault]:
    """What is wrong with it by itself; `ours` has no nulls."""
    shape = SHAPES.get(item.kind)
    if shape is None:
        yield replace(unknown_kind(item.kind), code="cw-unknown-kind")
        return
    misshapen = list(shape_faults(item.body, shape))
    for fault in misshapen:
        if not (item.described and _only_described(fault)):
            yield replace(fault, severity="warning") if _unknown_field_of(item, fault) else fault
    clean = _said(item.body) if ours and not misshapen else _sound(item)
    if clean is None:
        return
    for rule in RULES[item.kind]:
        yield from (replace(fault, code=code(rule)) for fault in rule(clean))
    if item.kind == "metric-alarm":
        of_maths = queries.maths_of(clean)
        for about in maths.RULES:
            yield from (replace(fault, code=code(about)) for fault in about(of_maths))
    if item.kind == "dashboard":
        yield from dashboards.check(clean)


def unknown_kind(kind: str) -> Fault:
    """A resource of a kind that is not CloudWatch's.

    Breaks: `"kind": "monitor"`
    Keeps: `"kind": "metric-alarm"`
    """
    return Fault(f"`{kind}` is no kind of CloudWatch's", f"write one of {', '.join(SHAPES)}")


def _only_described(fault: Fault) -> bool:
    return fault.code == "cw-unknown-field" and any(f"`{name}`" in fault.message for name in tables.DESCRIBED)


def _unknown_field_of(item: Found, fault: Fault) -> bool:
    """CloudWatch may describe what it did not describe yesterday, but hardly under a name that is a slip."""
    named = re.search(r"`([^`]*)`$", fault.message)
    slip = named is not None and get_close_matches(named[1].lower(), _FIELDS[item.kind], 1, 0.93)
    return item.described and fault.code == "cw-unknown-field" and not slip


_FIELDS = {kind: [name.lower() for name in shape.fields] for kind, shape in SHAPES.items()}


def _sound(item: Found) -> dict[str, Any] | None:
    shape = SHAPES.get(item.kind)
    clean = sound(item.body, shape) if shape else None
    return _said(clean) if isinstance(clean, dict) else None


def _ours(item: Found) -> dict[str, Any]:
    """What we compiled has the types it should; its values may still be wrong."""
    return _said(item.body)


SAYING = ("DashboardBody", "EvaluationWindow")  # which must not be empty


def _said(body: Body) -> dict[str, Any]:
    """Without what is empty: it says nothing, and DescribeAlarms is full of it."""
    return {k: v for k, v in body.items() if k in SAYING or v not in (None, "", [], {})}


def explanations() -> Mapping[str, str]:
    """Code -> what `sereno explain` shows, for every rule on a payload."""
    rules: list[Callable[..., Any]] = [
        *SHAPE_RULES,
        *(rule for kind in RULES.values() for rule in kind),
        *maths.RULES,
        *dashboards.RULES,
        *composites.TOGETHER,
        mutes.mute_target,
        no_resources,
        nothing_judged,
        key_twice,
        unknown_kind,
        name_twice,
        *faults.RULES,
    ]
    return {code(rule): rule.__doc__ or "" for rule in rules}
