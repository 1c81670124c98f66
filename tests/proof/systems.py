"""A small System whose alert and receivers are known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sereno.language.model import (
    Alert,
    AlertTest,
    CloudWatchMetric,
    Environment,
    ExpectedState,
    InputSeries,
    Receiver,
    Route,
    Signal,
    System,
)

LATENCY = (("ApiId", "a1"),)


def signal(name: str, metric: str, stat: str) -> Signal:
    source = CloudWatchMetric(namespace="Shop", metric=metric, dimensions=LATENCY, stat=stat)
    return Signal(name=name, unit="Count", description=name, emitted_by="aws", cloudwatch=source)


SIGNALS = {
    each.name: each
    for each in (
        signal("waiting", "Depth", "Maximum"),
        signal("answered", "Latency", "SampleCount"),
        signal("fast", "Latency", "TC(:270)"),
        signal("slow-share", "Latency", "PR(270:)"),
    )
}
FULL = Alert(
    name="queue-full",
    service="shop",
    description="Nobody takes the orders out of the queue.",
    signal="waiting",
    op="gt",
    threshold=Decimal(40),
    period=60,
    datapoints=2,
    evaluation_periods=3,
    missing="notBreaching",
    severity="page",
    owner="team-shop",
    runbook="queue-full",
)
SHOP = System(
    project="shop",
    environment=Environment(name="local", backend="cloudwatch", region="eu-west-1", variables={}),
    alerts=(FULL,),
    signals=SIGNALS,
    receivers={
        "on-call": Receiver(name="on-call", description="", cloudwatch=("arn:aws:sns:eu-west-1:1:on-call",)),
        "team": Receiver(name="team", description="", cloudwatch=("arn:aws:sns:eu-west-1:1:team",)),
    },
    routes=Route(receiver="team", routes=(Route(receiver="on-call", match={"severity": "page"}),)),
)


def alert_test(
    values: str, *expected: ExpectedState, interval: int = 60, signal: str = "waiting"
) -> AlertTest:
    return AlertTest(
        name="queue",
        description="",
        interval=interval,
        series=(InputSeries(values=values, signal=signal),),
        expected=tuple(expected),
    )


def at(
    minute: int, state: str, receivers: Sequence[str] | None = None, description: str | None = None
) -> ExpectedState:
    told = None if receivers is None else tuple(receivers)
    return ExpectedState(
        at=minute * 60, alert="alert/queue-full", state=state, receivers=told, description=description
    )
