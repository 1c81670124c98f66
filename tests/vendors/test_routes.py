"""The routing tree, by Alertmanager's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sereno.language.model import Receiver, Route
from sereno.language.routes import alert_labels, paths, receivers_for, slo_labels
from tests.vendors.systems import AVAILABILITY, DLQ, SHOP

TREE = Route(
    receiver="default",
    routes=(
        Route(receiver="audit", match={"service": "pay"}, proceed=True),
        Route(
            receiver="pages",
            match={"severity": "page"},
            routes=(
                Route(receiver="shop-pages", match={"service": "~shop|cart"}),
                Route(receiver="night", match={"team": "~night.*"}, proceed=True),
                Route(receiver="day", match={"team": "~.*day"}),
            ),
        ),
        Route(receiver="unlabelled", match={"team": ""}),
        Route(receiver="never", match={}),
    ),
)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({"severity": "page", "service": "x"}, ["pages"], id="a node answers when no child does"),
        pytest.param({"severity": "page", "service": "cart"}, ["shop-pages"], id="the deepest match wins"),
        pytest.param(
            {"severity": "page", "service": "carts"}, ["pages"], id="a regex matches the whole value"
        ),
        pytest.param(
            {"severity": "page", "service": "pay"},
            ["audit", "pages"],
            id="continue asks the next sibling too",
        ),
        pytest.param(
            {"severity": "page", "team": "night-and-day"},
            ["night", "day"],
            id="continue works among nested siblings",
        ),
        pytest.param({"severity": "ticket"}, ["unlabelled"], id="an absent label reads as empty"),
        pytest.param({"severity": "ticket", "team": "a"}, ["never"], id="no matchers match all"),
    ],
)
def test_the_chosen_routes(labels: dict[str, str], expected: list[str]) -> None:
    assert expected == [path[-1].receiver for path in paths(TREE, labels)]


def test_a_root_that_does_not_match_routes_nothing() -> None:
    assert paths(replace(TREE, match={"environment": "prod"}), {"environment": "test"}) == ()


def test_a_receiver_reached_twice_is_told_once() -> None:
    twice = Route(
        receiver="a", routes=(Route(receiver="b", match={}, proceed=True), Route(receiver="b", match={}))
    )
    system = replace(SHOP, routes=twice, receivers={n: Receiver(name=n, description=n) for n in "ab"})

    assert [r.name for r in receivers_for(system, {})] == ["b"]


def test_own_labels_never_hide_the_severity() -> None:
    slo = replace(AVAILABILITY, labels={"severity": "none", "team": "shop"})

    assert slo_labels(SHOP, slo, "ticket") == {
        "project": "shop",
        "environment": "test",
        "service": "shop",
        "severity": "ticket",
        "slo": "orders-availability",
        "team": "shop",
    }


def test_an_alert_is_matched_by_its_name() -> None:
    assert alert_labels(SHOP, DLQ)["alert"] == "dlq-not-empty"


def test_where_nothing_is_routed_nobody_is_told() -> None:
    assert receivers_for(replace(SHOP, routes=None), {"severity": "page"}) == ()
