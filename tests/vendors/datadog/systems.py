"""The systems of the other vendor's tests, as Datadog is asked for them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sereno.language.model import (
    BudgetPolicy,
    BudgetRule,
    DatadogMetric,
    Mute,
    Receiver,
    Route,
    Signal,
    Signing,
    Synthetic,
    System,
    Variable,
)
from sereno.language.problem import Span
from tests.vendors import systems

TAGS = "{service:shop,env:test}"
QUERIES = {
    "orders": f"sum:shop.orders{TAGS}.as_count()",
    "orders-failed": f"sum:shop.orders_failed{TAGS}.as_count()",
    "orders-fast": f"sum:shop.orders_fast{TAGS}.as_count()",
    "orders-answered": f"sum:shop.orders_answered{TAGS}.as_count()",
    "latency": f"p97:shop.latency{TAGS}",
    "waiting": "max:aws.sqs.approximate_number_of_messages_visible{queuename:shop-dlq}",
}
HANDLES = {"on-call": "@pagerduty-shop", "tickets": "@slack-shop-tickets"}


def _signal(signal: Signal) -> Signal:
    if signal.name not in QUERIES:
        return signal
    return replace(signal, datadog=DatadogMetric(query=QUERIES[signal.name]))


def _receiver(receiver: Receiver) -> Receiver:
    return replace(receiver, datadog=(HANDLES[receiver.name],))


NIGHTS = Mute(name="nights", days=(0, 2, 4), start="21:30", end="05:00", zone="Europe/Madrid")


BUDGETS = BudgetPolicy(
    name="releases",
    description="Mends before features.",
    rules=(
        BudgetRule(action="warn", left=Decimal("0.25"), notify="ticket"),
        BudgetRule(action="freeze", left=Decimal(0), notify="ticket"),
    ),
    where=Span("slo/budget.yaml", 4, 1, 5),
)


STAGE = Variable(
    name="order-stage",
    title="Stage",
    values=("test", "live"),
    default="test",
    cloudwatch="Stage",
    datadog="env",
)


GET_ORDERS = Synthetic(
    name="get-orders",
    description="Orders are listed.",
    url="https://api.example.org/orders?limit=1",
    locations=("pl:office-7c1f", "aws:eu-west-1"),
    every=120,
    status=200,
    within=700,
    failing_locations=2,
    severity="page",
    service="shop",
    owner="team-shop",
    runbook="orders-latency",
    sign=Signing(
        access_key="{{ CANARY_KEY }}",
        secret_key="{{ CANARY_SECRET }}",
        region="eu-west-3",
        service="execute-api",
    ),
    where=Span("sereno.yaml", 31, 9, 5),
)


def on_datadog(system: System) -> System:
    """The same system in an environment of Datadog."""
    return replace(
        system,
        environment=replace(system.environment, backend="datadog"),
        signals={name: _signal(signal) for name, signal in system.signals.items()},
        receivers={name: _receiver(receiver) for name, receiver in system.receivers.items()},
    )


SHOP: System = replace(
    on_datadog(systems.SHOP),
    routes=Route(
        receiver="tickets",
        mutes=(NIGHTS,),
        routes=(Route(receiver="on-call", match={"severity": "page"}),),
    ),
)
SIGNALS = SHOP.signals
