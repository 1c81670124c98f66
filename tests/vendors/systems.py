"""Systems made by hand: small, each number distinct, so that a swapped field cannot pass."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sereno.language.expr import Binary, Name, Number
from sereno.language.model import (
    Alert,
    BurnPair,
    CloudWatchMetric,
    Dashboard,
    Environment,
    Objective,
    Panel,
    Ratio,
    Receiver,
    Route,
    Runbook,
    Signal,
    Slo,
    System,
    Window,
)
from sereno.language.problem import Span

ON_CALL = "arn:aws:sns:eu-west-1:123456789012:shop-on-call"
TICKETS = "arn:aws:sns:eu-west-1:123456789012:shop-tickets"
API = (("ApiId", "a1b2c3"), ("Stage", "live"))


def signal(name: str, metric: CloudWatchMetric, *, always: bool = False) -> Signal:
    return Signal(
        name=name, unit="Count", description=name, emitted_by="aws", always=always, cloudwatch=metric
    )


def gateway(metric: str, stat: str = "Sum") -> CloudWatchMetric:
    return CloudWatchMetric(namespace="AWS/ApiGateway", metric=metric, dimensions=API, stat=stat)


def computed(name: str, expr: Binary) -> Signal:
    return Signal(name=name, unit="Percent", description=name, emitted_by="aws", expr=expr)


SIGNALS = {
    s.name: s
    for s in (
        signal("orders", gateway("Count"), always=True),
        signal("orders-failed", gateway("5xx")),
        signal("orders-fast", gateway("Latency", "TC(:270)"), always=True),
        signal("orders-answered", gateway("Latency", "SampleCount"), always=True),
        signal("latency", gateway("Latency", "p97")),
        signal(
            "waiting",
            CloudWatchMetric(
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions=(("QueueName", "shop-dlq"),),
                stat="Maximum",
            ),
        ),
        computed(
            "failed-percent",
            Binary("*", Number(Decimal(100)), Binary("/", Name("orders-failed"), Name("orders"))),
        ),
    )
}

PAGE_FAST = BurnPair(name="page-fast", severity="page", burn=Decimal("13.1"), long=3_600, short=300)
PAGE_SLOW = BurnPair(name="page-slow", severity="page", burn=Decimal("5.3"), long=21_600, short=1_800)
TICKET = BurnPair(name="ticket", severity="ticket", burn=Decimal("2.9"), long=86_400, short=7_200)

AVAILABILITY = Slo(
    name="orders-availability",
    display_name="Orders availability",
    service="shop",
    description="Orders are answered without a server error.",
    owner="team-shop",
    runbook="orders-availability",
    budgeting="Occurrences",
    window=Window(seconds=30 * 86_400, text="30d"),
    objectives=(
        Objective(name="", target=Decimal("0.997"), indicator=Ratio(total="orders", bad="orders-failed")),
    ),
    policies=(PAGE_FAST, PAGE_SLOW, TICKET),
    labels={"team": "shop"},
    where=Span("slo/orders.yaml", 3, 1, 5),
)

LATENCY = replace(
    AVAILABILITY,
    name="orders-latency",
    display_name="Orders latency",
    description="Orders are answered within 270 ms.",
    runbook="orders-latency",
    objectives=(
        Objective(
            name="",
            target=Decimal("0.96"),
            indicator=Ratio(total="orders-answered", good="orders-fast"),
        ),
    ),
    policies=(PAGE_FAST, TICKET),
    where=Span("slo/orders.yaml", 40, 1, 5),
)

DLQ = Alert(
    name="dlq-not-empty",
    service="shop",
    description="A message nobody could process waits in the dead-letter queue.",
    signal="waiting",
    op="gt",
    threshold=Decimal(0),
    period=60,
    datapoints=1,
    evaluation_periods=1,
    missing="notBreaching",
    severity="page",
    owner="team-shop",
    runbook="dlq-not-empty",
    where=Span("alerts/shop.yaml", 7, 1, 5),
)

FAILED = replace(
    DLQ,
    name="orders-failing",
    description="More than 4.5 % of orders fail.",
    signal="failed-percent",
    threshold=Decimal("4.5"),
    period=120,
    datapoints=3,
    evaluation_periods=5,
    missing="ignore",
    severity="ticket",
    guard=("orders", Decimal(23)),
    when_resolved=True,
    where=Span("alerts/shop.yaml", 21, 1, 5),
)

SLOW = replace(
    DLQ,
    name="orders-slow",
    description="The slowest orders take long.",
    signal="latency",
    op="gte",
    threshold=Decimal(850),
    period=300,
    datapoints=2,
    evaluation_periods=4,
    missing="missing",
    inhibited_by=("dlq-not-empty", "orders-availability"),
    where=Span("alerts/shop.yaml", 33, 1, 5),
)

DASHBOARD = Dashboard(
    name="shop",
    title="Shop",
    rows=(
        (Panel(kind="text", title="", width=24, height=2, text="# Shop\n[What to do](https://run.example)"),),
        (
            Panel(
                kind="slo",
                title="Budget left",
                width=7,
                height=5,
                slos=("orders-availability", "orders-latency"),
            ),
            Panel(kind="burn", title="Burn rate", width=9, height=6, slos=("orders-availability",)),
            Panel(
                kind="alerts",
                title="Alarms",
                width=8,
                height=4,
                slos=("orders-latency",),
                alerts=("dlq-not-empty",),
            ),
        ),
        (
            Panel(
                kind="timeseries",
                title="Orders",
                width=16,
                height=6,
                signals=("orders", "failed-percent"),
                unit="orders",
                period=300,
            ),
            Panel(kind="number", title="Waiting", width=8, height=3, signals=("waiting",)),
        ),
    ),
    where=Span("dashboards/shop.yaml", 1, 1, 5),
)


def runbook(name: str) -> Runbook:
    url = f"https://run.example/{name}"
    return Runbook(name=name, path=f"runbooks/{name}.md", title=name, text=f"# {name}\n", url=url)


def receiver(name: str, arn: str) -> Receiver:
    return Receiver(name=name, description=name, cloudwatch=(arn,), where=Span("alerts/routes.yaml", 2, 1, 5))


SHOP = System(
    project="shop",
    environment=Environment(name="test", backend="cloudwatch", region="eu-west-1", variables={}),
    slos=(AVAILABILITY, LATENCY),
    alerts=(DLQ, FAILED, SLOW),
    signals=SIGNALS,
    receivers={r.name: r for r in (receiver("on-call", ON_CALL), receiver("tickets", TICKETS))},
    routes=Route(
        receiver="tickets", routes=(Route(receiver="on-call", match={"severity": "page"}),), match={}
    ),
    runbooks={name: runbook(name) for name in ("orders-availability", "orders-latency", "dlq-not-empty")},
    dashboards=(DASHBOARD,),
    services={"shop": "Takes orders."},
)
