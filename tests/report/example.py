"""A year with two incidents, a young SLO, a silent one and a throttled one: what the renderers show.

Worked by hand. `checkout` counts 100 requests every 15 minutes: 92 days of the last quarter of 2025 are
8,832 intervals, 883,200 requests, of which 99.9 % must be good: 883.2 may fail.
* 14 October, 10:00 to 11:00: half of them fail, 4 x 50 = 200; paged from 10:15 to 11:45.
* 2 December, 03:00 to 06:00: 20 % fail, 12 x 20 = 240; paged from 03:15 to 07:00, ticket until 13:00.
* One more failure at each noon: 92, of which one while the ticket of 2 December still fires.
In all 532 of 883.2, so 351.2 are left: 439/1104, 39.7 %. Incidents: 200 and 241; outside them 91.
The quarter before had 92 failures, so the trend is -440 of 883,200.
The year has 35,040 intervals, 3,504,000 requests, of which 3,504 may fail; 200 + 240 + 365 = 805 did.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sereno.language.model import DAY, HOUR, System
from sereno.report.figures import report_series
from sereno.report.model import Report
from sereno.report.periods import parse_window
from sereno.report.series import Series
from sereno.vendors.backend import Event, Unavailable
from tests.report.world import counts, sliced, slo, system

STEP = 900


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


FIRST, LAST = at("2025-01-01"), at("2026-01-01")
OCTOBER, DECEMBER = at("2025-10-14T10:00"), at("2025-12-02T03:00")


def failures(t: int) -> int:
    if OCTOBER <= t < OCTOBER + HOUR:
        return 50
    if DECEMBER <= t < DECEMBER + 3 * HOUR:
        return 20
    return int(t % DAY == 12 * HOUR)


def world() -> System:
    minutes = sliced("0.995", 900, "0.9")
    return system(
        slo("checkout"),
        slo("search", objectives=[minutes], budgeting="Timeslices", description="Search answers."),
        slo("young", target="0.9", description="Began in December."),
        slo("silent", description="Sends nothing."),
        slo("throttled", description="Could not be asked for."),
    )


def readings() -> dict[tuple[str, str], Series | Unavailable]:
    usual = counts(100, failures, start=FIRST, end=LAST, step=STEP)
    nothing = counts(0, start=0, end=0)
    return {
        ("checkout", ""): usual,
        ("search", ""): counts(
            lambda t: 40 * (t < LAST - 6 * HOUR), failures_of_search, start=FIRST, end=LAST, step=STEP
        ),
        ("young", ""): counts(3, lambda t: int(t % DAY == 0), start=at("2025-12-20"), end=LAST, step=STEP),
        ("silent", ""): nothing,
        ("throttled", ""): Unavailable("`total`: CloudWatch throttled five tries"),
    }


def failures_of_search(t: int) -> int:
    """A bad slice of 15 minutes each third day at 08:00, from 1 January and so from 1 October too."""
    return 10 * int((t - FIRST) % (3 * DAY) == 8 * HOUR)


def alarms() -> list[Event]:
    page, ticket = "shop-prod-slo-checkout-page", "shop-prod-slo-checkout-ticket"
    times = (
        (page, OCTOBER + 900, "ALARM"),
        (page, OCTOBER + 6300, "OK"),
        (page, DECEMBER + 900, "ALARM"),
        (ticket, DECEMBER + 1800, "ALARM"),
        (page, DECEMBER + 4 * HOUR, "OK"),
        (ticket, DECEMBER + 10 * HOUR, "OK"),
    )
    return [Event(name, when, state) for name, when, state in times]  # type: ignore[arg-type]


def report(window: str) -> Report:
    return report_series(world(), readings(), alarms(), at=LAST, window=parse_window(window))
