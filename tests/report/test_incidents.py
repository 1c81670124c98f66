"""Incidents: from the alarm history or from the data, and the budget that went with each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.burn import burn_firing
from sereno.language.model import DAY, HOUR, Alert, BudgetPolicy, BudgetRule, BurnPair
from sereno.report import show
from sereno.report.figures import report_series
from sereno.report.history import History
from sereno.report.model import Fired, Report, SloReport
from sereno.report.series import Counts, Series
from sereno.vendors.backend import Event, Unavailable
from tests.report.world import AT, counts, slo, system

PAGE, TICKET = "shop-prod-slo-checkout-page", "shop-prod-slo-checkout-ticket"
START = AT - 5 * DAY
FILES = Unavailable("files have none")


def outage(t: int) -> int:
    """Twenty minutes of half the requests failing."""
    return 50 if START <= t < START + 1200 else 0


def reported(series: Series, events: object) -> Report:
    return report_series(system(), {("checkout", ""): series}, events, at=AT)  # type: ignore[arg-type]


def line(series: Series, *events: tuple[str, int, str]) -> SloReport:
    history = [Event(name, at, state) for name, at, state in events]  # type: ignore[arg-type]
    return reported(series, history).slos[0]


def test_budget_counts_from_where_the_burning_rose_not_from_the_alarm() -> None:
    """30 d of 100 requests per 5 min are 864,000, so 864 may fail. 4 intervals x 50 = 200 did: 25/108.
    The alarm rang 10 minutes in, and stopped 40 minutes after."""
    found = line(counts(100, outage), (PAGE, START + 600, "ALARM"), (PAGE, START + 3600, "OK")).incidents
    assert len(found) == 1
    assert (found[0].onset, found[0].start, found[0].end) == (START, START + 600, START + 3600)
    assert (Fraction(200), Fraction(25, 108), "page", "alarm history") == (
        found[0].spent,
        found[0].spent_share,
        found[0].severity,
        found[0].source,
    )


def test_page_and_ticket_of_one_trouble_are_one_incident() -> None:
    found = line(
        counts(100, outage),
        (TICKET, START + 900, "ALARM"),
        (PAGE, START + 600, "ALARM"),
        (PAGE, START + 3600, "OK"),
        (TICKET, START + 7200, "OK"),
    ).incidents
    assert [(i.alarms, i.severity, i.start, i.end) for i in found] == [
        ((PAGE, TICKET), "page", START + 600, START + 7200)
    ]
    assert found[0].fired == (
        Fired("page", START + 600, START + 3600),
        Fired("ticket", START + 900, START + 7200),
    )


def test_a_page_that_ended_is_told_apart_from_its_ticket_that_still_fires() -> None:
    made = line(
        counts(100, outage),
        (PAGE, START + 600, "ALARM"),
        (PAGE, START + 1200, "OK"),
        (TICKET, START + 900, "ALARM"),
        (PAGE, START + 1500, "ALARM"),
        (PAGE, START + 3600, "OK"),
    )
    assert made.incidents[0].fired == (
        Fired("page", START + 600, START + 3600),
        Fired("ticket", START + 900, None),
    )
    assert [show.fired(f) for f in made.incidents[0].fired] == [
        "page: 00:10 to 01:00 (50 min)",
        "ticket: since 00:15 (still firing)",
    ]


@pytest.mark.parametrize(
    ("ticket", "page", "told"),
    [
        pytest.param((0, 4000), (0, 2000), True, id="it goes on after the page and its extension"),
        pytest.param((0, 2100), (0, 2000), False, id="it ends within three minutes of the page"),
        pytest.param((0, None), (0, None), False, id="both still fire"),
        pytest.param((0, 4000), (60, None), False, id="the page comes within two minutes"),
        pytest.param((0, 4000), (180, None), True, id="the page comes later"),
        pytest.param((0, 100), (3000, 3600), False, id="it is over before CloudWatch tells"),
        pytest.param((0, 3000), None, True, id="no page fires"),
    ],
)
def test_who_was_told_of_no_firing_is_not_counted_but_said(
    ticket: tuple[int, int | None], page: tuple[int, int | None] | None, told: bool
) -> None:
    fired = [(PAGE.replace("page", "ticket"), ticket), *([(PAGE, page)] if page else [])]
    events = [
        Event(name, AT - 6000 + at, state)
        for name, times in fired
        for at, state in zip(times, ("ALARM", "OK"), strict=True)
        if at is not None
    ]
    made = reported(counts(100, outage), sorted(events, key=lambda e: e.at))  # type: ignore[arg-type]
    assert (made.tickets, made.pages) == (int(told), int(page is not None))
    assert ("; 1 more was held back" in show.told(made)) == (not told)
    (slow,) = (a for a in made.alarms if a.severity == "ticket")
    assert show.firings(slow) == ("1" if told else "1 (1 held back)")


def test_on_datadog_what_is_held_back_does_not_fire() -> None:
    at = AT - 6000
    events = [Event(name, at, "ALARM") for name in (PAGE, PAGE.replace("page", "ticket"))]
    there = replace(system(), environment=replace(system().environment, backend="datadog"))
    made = report_series(there, {("checkout", ""): counts(100, outage)}, events, at=AT)
    assert (made.pages, made.tickets) == (1, 1)


def test_an_hour_of_data_makes_no_weekly_rate() -> None:
    """Two pages in the only hour that has data: a rate over the 30 days would say 0.5 a week."""
    hour = counts(100, lambda t: 50 * (t < AT - 3000), start=AT - HOUR)
    changes = [(AT - 3400, "ALARM"), (AT - 2400, "OK"), (AT - 1800, "ALARM"), (AT - 900, "OK")]
    made = reported(hour, [Event(PAGE, at, state) for at, state in changes])  # type: ignore[arg-type]
    assert (made.pages, made.tickets, made.watched, made.per_week(made.pages)) == (2, 0, HOUR, None)
    assert show.told(made) == "2 pages and 0 tickets in 1 h of data"
    assert show.told(reported(counts(100, start=AT, end=AT), [])) == "0 pages and 0 tickets, and no data"


def test_an_alarm_that_still_fires_is_an_open_incident() -> None:
    late = counts(100, lambda t: 50 * (t >= AT - 600))
    found = line(late, (PAGE, AT - 300, "ALARM")).incidents
    assert (None, Fraction(100)) == (found[0].end, found[0].spent)


def test_alarms_outside_the_window_and_of_others_are_no_incidents() -> None:
    found = line(
        counts(100, outage),
        (PAGE, AT - 40 * DAY, "ALARM"),
        (PAGE, AT - 39 * DAY, "OK"),
        ("shop-prod-slo-other-page", START, "ALARM"),
    ).incidents
    assert found == ()


def test_without_a_history_the_policies_are_applied_to_the_data() -> None:
    """50 % bad burns 500x; after one interval of 5 min both windows of the fastest page burn (50 of 1,200
    in 1 h is 41.7x, above 14.4x), so it fires at 5 min."""
    found = reported(counts(100, outage), FILES).slos[0].incidents
    assert (START, START + 300, Fraction(200), "computed from the data") == (
        found[0].onset,
        found[0].start,
        found[0].spent,
        found[0].source,
    )


def test_before_a_history_begins_incidents_are_computed() -> None:
    """Two outages; the back end forgot the first."""
    early = AT - 20 * DAY
    series = counts(100, lambda t: outage(t) or outage(t + START - early))
    events = [Event(PAGE, START + 600, "ALARM"), Event(PAGE, START + 3600, "OK")]
    made = reported(series, History(events, AT - 10 * DAY))
    assert [(i.onset, i.spent, i.source) for i in made.slos[0].incidents] == [
        (early, 200, "computed from the data"),
        (START, 200, "alarm history"),
    ]
    assert made.warnings == (
        "the alarm history begins at 2026-02-19 00:00 UTC; incidents before are computed from the data",
    )
    assert (made.pages, made.watched, made.per_week(made.pages)) == (1, 10 * DAY, Fraction(7, 10))


def test_a_miss_is_found_behind_a_long_incident() -> None:
    """Six hours of 1,200 bad each were paged; an hour of 20 of 864 (2.3 %), three days later, was not."""
    long, small = range(START, START + 6 * HOUR), range(START + 3 * DAY, START + 3 * DAY + HOUR)
    made = line(
        counts(100, lambda t: 100 if t in long else 20 * (t == small.start)),
        (PAGE, START + 600, "ALARM"),
        (PAGE, START + 7 * HOUR, "OK"),
    )
    assert [(small.start, 20)] == [(b.start, b.tally.bad) for b in made.misses]
    assert {b.start for b in made.worst_hours} <= set(long)


def test_budget_that_went_without_an_alarm_is_a_miss() -> None:
    """200 of 864 in one hour is 23 % of the budget, and the history has no alarm."""
    made = line(counts(100, outage))
    assert [(START, Fraction(25, 108))] == [(b.start, b.spent_share) for b in made.misses]
    assert line(counts(100, outage), (PAGE, START + 600, "ALARM"), (PAGE, START + 3600, "OK")).misses == ()


def test_an_alarm_without_budget_loss_is_noise() -> None:
    quiet = Alert(
        name="queue-age",
        service="shop",
        description="",
        signal="latency",
        op="gt",
        threshold=1,  # type: ignore[arg-type]
        period=60,
        datapoints=1,
        evaluation_periods=1,
        missing="notBreaching",
        severity="ticket",
        owner="team",
        runbook="checkout",
    )
    events = [
        Event(name, at, state)  # type: ignore[arg-type]
        for name, at, state in (
            (PAGE, START + 600, "ALARM"),
            (PAGE, START + 3600, "OK"),
            ("shop-prod-alert-queue-age", START + 1800, "ALARM"),
            ("shop-prod-alert-queue-age", START + 1900, "OK"),
            ("shop-prod-alert-queue-age", AT - DAY, "ALARM"),
            ("shop-prod-alert-queue-age", AT - DAY + 60, "OK"),
        )
    ]
    made = report_series(system(alerts=(quiet,)), {("checkout", ""): counts(100, outage)}, events, at=AT)
    assert [(a.name, a.fired, a.without_loss) for a in made.alarms] == [
        ("shop-prod-alert-queue-age", 2, 1),
        (PAGE, 1, 0),
    ]
    assert (made.pages, made.tickets, made.watched) == (1, 2, 30 * DAY)
    assert made.per_week(made.tickets) == Fraction(14, 30)


def test_silence_and_a_budget_that_ends_are_told_too_and_silence_is_no_noise() -> None:
    """Nothing was lost in the hour before; only Datadog tells how much of a budget is left."""
    rule = BudgetRule(action="warn", left=Decimal("0.25"), notify="page")
    policy = BudgetPolicy(name="p", description="", rules=(rule,))
    silence, budget = "shop-prod-slo-checkout-no-data", "shop-prod-slo-checkout-budget-25"
    events = [Event(name, AT - DAY, "ALARM") for name in (silence, budget)]
    for backend, expected in (
        ("cloudwatch", [(silence, "ticket", 0)]),
        ("datadog", [(budget, "page", 1), (silence, "ticket", 0)]),
    ):
        world = system(budget_policies=(policy,))
        world = replace(world, environment=replace(world.environment, backend=backend))
        made = report_series(world, {("checkout", ""): counts(100)}, events, at=AT)
        assert [(a.name, a.severity, a.without_loss) for a in made.alarms] == expected


def test_an_unknown_history_gives_no_pages_a_week() -> None:
    made = reported(counts(100), Unavailable("access denied"))
    assert (
        made.pages,
        made.per_week(made.pages),
        made.warnings,
    ) == (None, None, ("alarm history: access denied",))


@given(
    st.lists(st.integers(0, 20), min_size=30, max_size=90),
    st.lists(st.tuples(st.integers(0, 89), st.integers(1, 30), st.booleans()), max_size=6),
)
def test_budget_of_incidents_and_background_is_the_budget_spent(
    bad: list[int], fired: list[tuple[int, int, bool]]
) -> None:
    times = AT - HOUR * len(bad) + HOUR * np.arange(len(bad))
    series = Counts(times, np.full(len(bad), HOUR), np.array(bad), np.full(len(bad), 20))
    events = [
        Event(PAGE if page else TICKET, int(AT - HOUR * 90 + HOUR * (first + more)), state)
        for first, length, page in fired
        for more, state in ((0, "ALARM"), (length, "OK"))
    ]
    made = reported(series, [e for e in events if e.at < AT]).slos[0]
    assert made.background is not None
    assert made.budget_spent == made.background + sum((i.spent for i in made.incidents), Fraction(0))
    assert made.background >= 0


@given(st.lists(st.integers(0, 20), min_size=30, max_size=90))
def test_computed_incidents_and_background_add_up_too(bad: list[int]) -> None:
    times = AT - HOUR * len(bad) + HOUR * np.arange(len(bad))
    series = Counts(times, np.full(len(bad), HOUR), np.array(bad), np.full(len(bad), 20))
    made = reported(series, FILES).slos[0]
    assert made.budget_spent == (made.background or 0) + sum((i.spent for i in made.incidents), Fraction(0))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40)), min_size=1, max_size=60),
    st.sampled_from(["3", "7.5", "10"]),
    st.booleans(),
)
def test_incidents_are_computed_exactly_when_a_pair_fires(
    rows: list[tuple[int, int]], burn: str, inclusive: bool
) -> None:
    """At 90 %, burns of 3 and 7.5 are shares of 0.3 and 0.75, and of 10 all: ties happen."""
    pair = BurnPair(name="p", severity="page", burn=Decimal(burn), long=1500, short=300, inclusive=inclusive)
    bad, total = (np.array([row[i] for row in rows]) for i in (0, 1))
    bad = np.minimum(bad * 10, total)
    times = AT - 300 * len(rows) + 300 * np.arange(len(rows))
    one = slo(target="0.9", policies=(pair,))
    known = {("checkout", ""): Counts(times, np.full(len(rows), 300), bad, total)}
    found = report_series(system(one), known, None, at=AT).slos[0].incidents
    threshold = Decimal(burn)
    fires = burn_firing(
        bad, total, target="0.9", long_window=5, short_window=1, threshold=threshold, inclusive=inclusive
    )
    # What fires at the end of the last interval begins where the report ends.
    assert bool(found) == bool(fires[:-1].any())
