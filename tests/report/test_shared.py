"""No hour is said to be without an alarm where nothing is known of the alarm."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sereno.language.model import DAY, HOUR, Objective, Ratio
from sereno.report.figures import report_series
from sereno.report.history import Events, History
from sereno.report.model import SloReport
from sereno.vendors.backend import Event
from tests.report.world import AT, GOOGLE, counts, slo, system

START = AT - 5 * DAY
PAGE = "shop-prod-slo-checkout-page"
UNKNOWN = "without an alarm history it is not known which hours of this composite an alarm saw"


def objective(name: str, target: str) -> Objective:
    return Objective(name=name, target=Decimal(target), indicator=Ratio(total="total", good="good"))


def lines(targets: tuple[str, str], events: Events, *, composite: bool) -> list[SloReport]:
    """Two objectives of the same requests, half of which failed for two hours."""
    both = [objective(name, target) for name, target in zip("ab", targets, strict=True)]
    one = slo(objectives=both, composite=composite, policies=GOOGLE)
    series = counts(100, lambda t: 50 if START <= t < START + 2 * HOUR else 0)
    readings = {("checkout", name): series for name in "ab"}
    return sorted(report_series(system(one), readings, events, at=AT).slos, key=lambda x: x.objective)


def test_an_alarm_of_one_objective_counts_for_the_other_which_it_rings_for_too() -> None:
    """At 90 % half of all failing burns 5 times too fast: its own pairs of 6 and 14.4 never fire."""
    strict, loose = lines(("0.99", "0.9"), None, composite=False)
    assert [i.start for i in loose.incidents] == [i.start for i in strict.incidents] != []
    assert (strict.misses, loose.misses) == ((), ())
    for line in (strict, loose):
        assert line.budget_spent == line.background + sum(i.spent for i in line.incidents)  # type: ignore[operator]


def test_of_a_composite_without_a_history_no_hour_is_said_to_be_without_an_alarm() -> None:
    (line,) = lines(("0.99", "0.99"), None, composite=True)
    assert (line.incidents, line.misses, UNKNOWN in line.warnings) == ((), (), True)


@pytest.mark.parametrize(
    ("events", "hours"),
    [
        pytest.param([], 2, id="the history is known, and nothing fired"),
        pytest.param(History([], START + HOUR), 1, id="it begins in the second hour"),
        pytest.param(History([], START + 3 * HOUR), 0, id="it begins later"),
        pytest.param([Event(PAGE, START + 300, "ALARM")], 0, id="the alarm saw both"),
    ],
)
def test_what_a_history_knows_of_a_composite_is_claimed(events: Events, hours: int) -> None:
    (line,) = lines(("0.99", "0.99"), events, composite=True)
    assert len(line.misses) == hours
