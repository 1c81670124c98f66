"""Receivers and the routing tree."""

from __future__ import annotations

from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import Mute, Receiver, Route
from sereno.language.resolve.context import Context
from sereno.language.spec import ours
from sereno.language.text import Path

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def receivers(context: Context) -> None:
    """Every receiver, before anything refers to one."""
    for document, spec in context.of("Routes"):
        for name, receiver in spec.spec.receivers.items():
            context.receivers[name] = Receiver(
                name=name,
                description=receiver.description,
                cloudwatch=tuple(receiver.cloudwatch),
                datadog=tuple(receiver.datadog),
                where=document.span("spec", "receivers", name, key=True),
            )


def resolve(context: Context) -> Route | None:
    """The one tree of the project."""
    found: Route | None = None
    first: Document | None = None
    for document, spec in context.of("Routes"):
        if first is not None:
            at = document.span("metadata", "name")
            where = first.span("metadata", "name")
            context.report(fault.two_of_a_name(at, "routing tree", document.name, where))
            continue
        first = document
        mutes = {name: _mute(name, mute) for name, mute in spec.spec.mutes.items()}
        found = _route(context, document, spec.spec.route, ("spec", "route"), "", mutes)
    return found


def _mute(name: str, mute: ours.Mute) -> Mute:
    days = tuple(sorted({DAYS.index(day) for day in mute.days}))
    return Mute(name=name, days=days, start=mute.start, end=mute.end, zone=mute.zone)


def _route(
    context: Context,
    document: Document,
    route: ours.Route,
    path: Path,
    inherited: str,
    mutes: dict[str, Mute],
) -> Route:
    receiver = route.receiver or inherited
    if route.receiver and route.receiver not in context.receivers:
        at = document.span(*path, "receiver")
        context.report(fault.unknown_receiver(at, route.receiver, context.receivers))
    for i, name in enumerate(route.mutes):
        if name not in mutes:
            context.report(fault.unknown_mute(document.span(*path, "mutes", i), name, mutes))
    return Route(
        receiver=receiver,
        match=dict(route.match),
        proceed=route.proceed,
        mutes=tuple(mutes[name] for name in route.mutes if name in mutes),
        routes=tuple(
            _route(context, document, child, (*path, "routes", i), receiver, mutes)
            for i, child in enumerate(route.routes)
        ),
        where=document.span(*path),
    )
