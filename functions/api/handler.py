"""The Lambda behind the HTTP API. What decides is beside it; this file does the talking."""

from __future__ import annotations

import functools
import os
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from api import cached, pages, problems, publish, routing, users, validation
from api.cached import Read
from api.problems import Answer, Problem
from api.routing import Match, Request
from common import ids, settings, synthetic
from common.database import Database
from common.faults import Unavailable
from telemetry import context as trace
from telemetry import signals
from telemetry.invocation import Event, Invocation, LambdaContext, Telemetry

TELEMETRY: Final = Telemetry(signals.API)


@functools.cache
def database() -> Database:
    return Database.of(os.environ)


@functools.cache
def publisher() -> publish.Publish:
    return publish.publisher(os.environ)


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Answers one request. Only a fault of ours is raised, which the gateway makes a 500 of."""
    started = time.perf_counter()
    request = routing.request(event)
    match = routing.match(request)
    name = match.route if isinstance(match, Match) else request.method
    parent = trace.parse(request.headers.get("traceparent"), request.headers.get("tracestate"))
    with TELEMETRY.invocation(
        context, name, "SERVER", parent=parent, attributes=_facts(request, match)
    ) as run:
        answer = _answer(request, match, run, started)
        run.span.set({"http.response.status_code": answer.status})
        if answer.status >= 500:
            run.span.fail(str(answer.status))
    return problems.gateway(answer)


def _facts(request: Request, match: Match | Problem) -> dict[str, str]:
    """The span's attributes: the route's template, never the path, which is as many as users."""
    facts = {"http.request.method": request.method}
    if isinstance(match, Match):
        facts["http.route"] = match.route.split(" ")[1]
    root = trace.xray_root(request.headers.get("x-amzn-trace-id"))
    return facts | ({"aws.xray.trace_id": root} if root else {})


def _answer(request: Request, match: Match | Problem, run: Invocation, started: float) -> Answer | Problem:
    if isinstance(match, Problem):
        return match
    if match.route == routing.POST:
        return _post(request, run, started)
    return _counted_get(request, match, run, started)


def _counted_get(request: Request, match: Match, run: Invocation, started: float) -> Answer | Problem:
    """A GET and its counts, which are emitted whatever happens: a failure is a 0, not a gap."""
    threshold, status = settings.number(os.environ, "GET_LATENCY_THRESHOLD_MS"), 500
    try:
        answer = _get(request, match, run)
        status = answer.status
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        answered = status < 500
        fast = answered and milliseconds <= threshold
        run.metrics.add(signals.GET_ANSWERED, int(answered))
        run.metrics.add(signals.GET_FAST, int(fast))
        run.metrics.add(signals.GET_LATENCY, milliseconds)
    return answer


def _get(request: Request, match: Match, run: Invocation) -> Answer | Problem:
    asked = pages.asked(request.query) if match.route == routing.LIST else match.id
    if isinstance(asked, Problem):
        return asked
    if isinstance(asked, str) and not ids.ID.fullmatch(asked):
        return problems.no_user()
    try:
        return cached.through(asked, run, lambda: _read(asked, run))
    except Unavailable as error:
        run.metrics.add(signals.DATABASE_UNAVAILABLE, 1)
        run.log.error("The database did not answer", reason=error.reason, detail=error.detail)
        return problems.unavailable("Users cannot be read now.")


def _read(asked: pages.Asked | str, run: Invocation) -> Read:
    with run.child("SELECT users", "CLIENT", {"db.system.name": "postgresql"}):
        found = _ask_database(asked)
    run.metrics.add(signals.DATABASE_UNAVAILABLE, 0)
    return found


def _ask_database(asked: pages.Asked | str) -> Read:
    if isinstance(asked, pages.Asked):
        return Read(Answer(200, users.page(database(), asked)), keep=True)
    user = users.one(database(), asked)
    return Read(Answer(200, user.content), keep=not user.synthetic) if user else Read(problems.no_user())


def _post(request: Request, run: Invocation, started: float) -> Answer | Problem:
    most = int(settings.number(os.environ, "MAX_BODY_BYTES"))
    user = validation.user(request.headers, request.body, encoded=request.base64, most=most)
    if isinstance(user, Problem):
        return user
    message_id = str(uuid.uuid4())
    try:
        _publish(user, message_id, request.headers.get(synthetic.HEADER) == synthetic.CANARY, run)
    except publish.NotPublished as error:
        run.log.error("The topic did not take a message", reason=error.reason, message_id=message_id)
        return problems.unavailable("The user was not accepted.")
    run.metrics.add(signals.PUBLISH_LATENCY, (time.perf_counter() - started) * 1000)
    run.log.info("Accepted", message_id=message_id)
    return Answer(202, {"message_id": message_id})


def _publish(user: validation.User, message_id: str, marked: bool, run: Invocation) -> None:
    """The message carries the context of its own span: the row's span will be that one's child."""
    facts = {
        "messaging.system": "aws.sns",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.message.id": message_id,
    }
    text = publish.message(user, message_id, datetime.now(UTC), synthetic=marked)
    with run.child("publish users", "PRODUCER", facts) as span:
        publisher()(text, publish.attributes(span.context, synthetic=marked))
