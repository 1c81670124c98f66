"""How each budgeting method counts, with the answers worked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import DAY, HOUR, Budgeting, Objective, RawRatio, Slo, Threshold, Window
from sereno.report import json as as_json
from sereno.report.figures import report_series
from sereno.report.model import SloReport
from sereno.report.series import Counts, Series, Values
from tests.report.world import AT, counts, sliced, slo, system

FORTNIGHT = Window(seconds=14 * DAY, text="2w")


def judged(one: Slo, *series: Series) -> SloReport:
    keys = [(one.name, o.name) for o in one.objectives]
    made = report_series(system(one), dict(zip(keys, series, strict=True)), (), at=AT)
    return made.slos[0]


def values(*numbers: float, step: int = 60) -> Values:
    times = AT - step * len(numbers) + step * np.arange(len(numbers))
    return Values(times, np.full(len(times), step), np.array(numbers))


def under_attack(minutes: int) -> Counts:
    """A hundred requests a minute for two weeks, 1 % failing; in the attack 99 % fail."""
    return counts(100, lambda t: 99 if t >= AT - minutes * 60 else 1, start=AT - 14 * DAY, step=60)


# OpenSLO's examples/budgeting-method: two weeks, 24,000 requests a day of which 99 % succeed, a target
# of 95 %, slices of a minute, and an attack that leaves 1 % of the requests working.


def test_occurrences_in_the_openslo_example_are_spent_by_the_attack_and_the_usual_failures() -> None:
    """336,000 requests, so 16,800 may fail. The example's attack fails 16,632 (99 % of 16,800); alone
    they leave 168, a hundredth; with the usual 1 % of the other 319,200 (3,192) the budget is gone."""
    start = AT - 14 * DAY
    lull = lambda t: 24_000 if (t - start) % DAY == 0 else 0  # noqa: E731 - a day's requests at once
    alone = judged(
        slo(target="0.95", window=FORTNIGHT),
        counts(lull, lambda t: 16_632 if t == start else 0, start=start, step=60),
    )
    assert (Fraction(16_800), Fraction(16_632), Fraction(1, 100)) == (
        alone.budget_total,
        alone.budget_spent,
        alone.budget_left_ratio,
    )
    with_usual = judged(
        slo(target="0.95", window=FORTNIGHT),
        counts(lull, lambda t: 16_632 + 3_192 if t == start else 0, start=start, step=60),
    )
    assert with_usual.state == "breached"


@pytest.mark.parametrize(
    ("minutes", "left", "state"),
    [
        pytest.param(16 * 60 + 47, Fraction(1, 1008), "at_risk", id="16 h 47 min leave a minute"),
        pytest.param(16 * 60 + 48, Fraction(0), "at_risk", id="16 h 48 min spend it exactly"),
        pytest.param(16 * 60 + 49, Fraction(-1, 1008), "breached", id="a minute more breaches"),
    ],
)
def test_timeslices_in_the_openslo_example_last_16_hours_and_48_minutes(
    minutes: int, left: Fraction, state: str
) -> None:
    """20,160 minutes, of which 5 %, 1,008 min = 16 h 48 min, may be bad."""
    one = slo(objectives=[sliced("0.95", 60, "0.9")], budgeting="Timeslices", window=FORTNIGHT, policies=())
    line = judged(one, under_attack(minutes))
    assert (Fraction(1008), left, state) == (line.budget_total, line.budget_left_ratio, line.state)


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        pytest.param(13 * 60 + 42, "at_risk", id="13 h 42 min leave a little"),
        pytest.param(13 * 60 + 45, "breached", id="the documented 13 h 45 min breach"),
    ],
)
def test_ratio_timeslices_in_the_openslo_example_last_about_13_hours_and_45_minutes(
    minutes: int, state: str
) -> None:
    """1,008 slices' worth: 0.01 x (20,160 - m) + 0.99 x m = 1,008, so m = 822.9 min, 13 h 43 min."""
    one = slo(objectives=[sliced("0.95", 60)], budgeting="RatioTimeslices", window=FORTNIGHT, policies=())
    line = judged(one, under_attack(minutes))
    assert (Fraction(20_160 - minutes, 100) + Fraction(99 * minutes, 100), state) == (
        line.budget_spent,
        line.state,
    )


@pytest.mark.parametrize(("bad", "state"), [(5, "at_risk"), (6, "breached")])
def test_openslos_low_traffic_example_bears_five_bad_minutes_a_week(bad: int, state: str) -> None:
    """10,080 minutes at 99.95 %: 5.04 min. A minute is bad when 5 of fewer than 100 requests fail."""
    one = slo(
        objectives=[sliced("0.9995", 60, "0.95")],
        budgeting="Timeslices",
        window=Window(seconds=7 * DAY, text="1w"),
        policies=(),
    )
    line = judged(one, counts(99, lambda t: 5 if t >= AT - bad * 60 else 0, start=AT - 7 * DAY, step=60))
    assert (Fraction("5.04"), Fraction(bad), state) == (line.budget_total, line.budget_spent, line.state)


def test_a_slice_exactly_at_its_target_is_good() -> None:
    one = slo(objectives=[sliced("0.9", 60, "0.95")], budgeting="Timeslices", policies=())
    line = judged(one, counts(100, lambda _: 5, start=AT - HOUR, step=60))
    assert Fraction(1) == line.attainment


def test_a_slice_that_reports_no_traffic_is_good_and_one_without_data_is_not_counted() -> None:
    one = slo(objectives=[sliced("0.9", 60, "0.95")], budgeting="Timeslices", policies=())
    line = judged(
        one,
        counts(lambda t: 0 if t < AT - 120 else 10, lambda t: 10 * (t >= AT - 60), start=AT - 600, step=60),
    )
    assert (Fraction(1), Fraction(10)) == (line.tally.bad, line.tally.total)


def test_minutes_are_gathered_into_slices_and_hours_stand_for_several() -> None:
    """Five minutes of 10 with 3 bad in all: 94 % of 50, below 95 %: one bad slice of 5 min. The old hour
    (12 slices) had 6 of 100 bad, so 94 % too: 60 bad minutes."""
    fine = counts(10, lambda t: 3 if t == AT - 300 else 0, start=AT - 600, step=60)
    old = counts(100, lambda _: 6, start=AT - 2 * HOUR, end=AT - HOUR, step=HOUR)
    both = Counts(
        *(np.concatenate([getattr(old, f), getattr(fine, f)]) for f in ("times", "seconds", "bad", "total"))
    )
    one = slo(objectives=[sliced("0.9", 300, "0.95")], budgeting="Timeslices", policies=())
    line = judged(one, both)
    assert (Fraction(65), Fraction(70), Fraction(3600 + 600, 30 * DAY)) == (
        line.tally.bad,
        line.tally.total,
        line.coverage,
    )


@pytest.mark.parametrize(
    ("success", "numbers", "bad"),
    [
        pytest.param(True, (0.9995, 1, 0.75), Fraction("0.2505"), id="a share of good"),
        pytest.param(False, (0.1, 0.2, 0.3), Fraction("0.6"), id="a share of bad"),
        pytest.param(False, (1 / 3, 0, 0), Fraction(1 / 3), id="a share of no short decimal"),
    ],
)
def test_a_raw_share_weighs_by_time_and_adds_up_exactly(
    success: bool, numbers: tuple[float, ...], bad: Fraction
) -> None:
    one = slo(indicator=RawRatio(raw="share", success=success), policies=())
    line = judged(one, values(*numbers))
    assert (bad, Fraction(3), "minutes") == (line.tally.bad, line.tally.total, line.unit)


@pytest.mark.parametrize(
    ("op", "limit", "bad"),
    [("lte", "0.3", 2), ("lt", "0.3", 3), ("gt", "0.3", 3), ("gte", "0.3", 2)],
)
def test_a_threshold_is_compared_as_decimals(op: str, limit: str, bad: int) -> None:
    one = slo(indicator=Threshold(signal="latency", op=op, value=Decimal(limit)), policies=())  # type: ignore[arg-type]
    assert Fraction(bad) == judged(one, values(0.1, 0.2, 0.3, 0.4, 0.5)).tally.bad


def composite(budgeting: Budgeting, first: Objective, second: Objective) -> Slo:
    return slo(objectives=[first, second], budgeting=budgeting, composite=True, policies=())


def test_a_composite_of_timeslices_is_bad_when_any_objective_is() -> None:
    """Ten minutes; reads fail in minutes 0 to 2, writes in 2 to 4: five bad minutes, not six."""
    start = AT - 600
    reads = counts(10, lambda t: 10 * (t < start + 180), start=start, step=60)
    writes = counts(7, lambda t: 7 * (start + 120 <= t < start + 300), start=start, step=60)
    one = composite("Timeslices", sliced("0.5", 60, "0.9", "reads"), sliced("0.5", 60, "0.9", "writes"))
    assert (Fraction(5), Fraction(10)) == ((line := judged(one, reads, writes)).tally.bad, line.tally.total)


def test_a_composite_of_ratio_timeslices_adds_the_shortfalls() -> None:
    """OpenSLO: two objectives at 95 % make 90 %."""
    half = counts(20, lambda _: 1, start=AT - 600, step=60)
    one = composite("RatioTimeslices", sliced("0.9", 60, name="reads"), sliced("0.9", 60, name="writes"))
    assert Fraction("0.9") == judged(one, half, half).attainment


def test_a_composite_of_ratio_timeslices_is_never_worse_than_all_bad() -> None:
    down = counts(20, lambda _: 20, start=AT - 600, step=60)
    one = composite("RatioTimeslices", sliced("0.9", 60, name="reads"), sliced("0.9", 60, name="writes"))
    assert Fraction(0) == judged(one, down, down).attainment


def test_a_composite_of_occurrences_averages_the_burn_rates_by_weight() -> None:
    """Reads: 30 of 10,000 bad at 99 % is a burn of 0.3; writes: 4 of 1,000 at 99.5 % is 0.8. Weights 3 and 1:
    (3 x 0.3 + 0.8) / 4 = 0.425 of the budget spent."""
    reads = counts(1_000, lambda _: 3, start=AT - 600, step=60)
    writes = counts(100, lambda t: 4 * (t == AT - 60), start=AT - 600, step=60)
    first = Objective(
        name="reads", target=Decimal("0.99"), indicator=slo().objectives[0].indicator, weight=Decimal(3)
    )
    second = Objective(name="writes", target=Decimal("0.995"), indicator=slo().objectives[0].indicator)
    line = judged(composite("Occurrences", first, second), reads, writes)
    assert (Fraction("0.575"), "share", "met") == (line.budget_left_ratio, line.unit, line.state)
    assert Fraction("0.425") == sum(d.spent_share for d in line.days)


def test_the_days_of_a_composite_are_decimals_in_json() -> None:
    """Reads: 1 of 700 bad at 90 % burns 1/70; writes: none. Their mean, 1/140, is 1/1400 of bad at 90 %."""
    reads = counts(70, lambda t: int(t == AT - 60), start=AT - 600, step=60)
    first, second = (
        Objective(name=name, target=Decimal("0.9"), indicator=slo().objectives[0].indicator)
        for name in ("reads", "writes")
    )
    one = composite("Occurrences", first, second)
    known = {(one.name, "reads"): reads, (one.name, "writes"): counts(9, start=AT - 600, step=60)}
    made = as_json.document(report_series(system(one), known, (), at=AT))
    assert made["slos"][0]["days"][-1] == {
        "start": "2026-02-28T00:00:00Z",
        "bad": "0.0007142857142857142857142857142857142857143",
        "total": "1",
    }


@pytest.mark.parametrize(
    ("budgeting", "bad"),
    [
        pytest.param("Timeslices", 20, id="bad where either is"),
        pytest.param("RatioTimeslices", 15, id="by the sum of the shortfalls, at most the whole"),
    ],
)
def test_slices_of_several_lengths_are_cut_so_that_each_minute_counts_once(
    budgeting: Budgeting, bad: int
) -> None:
    """An hour: reads, in slices of 5 min, fail in the first 5; writes, in slices of 10, in the first 10 and
    from 0:45 to 0:50, half of a slice."""
    start = AT - HOUR
    down = lambda t: t < start + 600 or start + 2700 <= t < start + 3000  # noqa: E731 - of writes
    reads = counts(10, lambda t: 10 * (t < start + 300), start=start, step=60)
    writes = counts(10, lambda t: 10 * down(t), start=start, step=60)
    target = "0.9" if budgeting == "Timeslices" else None
    both = sliced("0.5", 300, target, "reads"), sliced("0.5", 600, target, "writes")
    line = judged(composite(budgeting, *both), reads, writes)
    assert (Fraction(bad), Fraction(60)) == (line.tally.bad, line.tally.total)


def weighted(first: str, second: str, weight: int) -> Slo:
    indicator = slo().objectives[0].indicator
    a = Objective(name="a", target=Decimal(first), indicator=indicator)
    b = Objective(name="b", target=Decimal(second), indicator=indicator, weight=Decimal(weight))
    return composite("Occurrences", a, b)


NOTHING = counts(0, start=AT, step=60)


@pytest.mark.parametrize(
    ("bad", "state", "left"),
    [
        pytest.param(0, "no_data", None, id="the other being fine says nothing of the whole"),
        pytest.param(50, "no_data", None, id="with just the budget of all spent by the other alone"),
        pytest.param(51, "breached", Fraction(-1, 50), id="more than that is breached, whatever is dark"),
    ],
)
def test_a_composite_with_a_dark_objective_knows_only_what_the_others_have_spent(
    bad: int, state: str, left: Fraction | None
) -> None:
    """Of a's 1,000 at 90 %, 100 may fail: 200 are a burn of 2, and its weight of a half makes that 1."""
    a = counts(1_000, lambda _: 4 * bad, start=AT - 60, step=60)
    line = judged(weighted("0.9", "0.9", 1), a, NOTHING)
    assert (state, left, Fraction(0)) == (line.state, line.budget_left_ratio, line.coverage)
    assert "no data of b, which this composite needs: it may have spent more" in line.warnings


def test_a_composite_of_slices_with_a_dark_objective_has_no_data() -> None:
    reads = counts(10, start=AT - 600, step=60)
    one = composite("Timeslices", sliced("0.9", 60, "0.9", "reads"), sliced("0.9", 60, "0.9", "writes"))
    line = judged(one, reads, NOTHING)
    assert ("no_data", Fraction(0)) == (line.state, line.coverage)


@pytest.mark.parametrize(
    ("bad", "state"),
    [
        pytest.param(1_007, "no_data", id="a spent day is not the week's budget"),
        pytest.param(1_009, "breached", id="more than the week's budget is breached"),
    ],
)
def test_a_dark_objective_in_a_calendar_window_is_judged_by_the_whole_windows_budget(
    bad: int, state: str
) -> None:
    """A week of 10,080 min at 90 %: 1,008 may be bad. AT, a Sunday's midnight, is six days in."""
    reads = counts(10, lambda t: 10 * (t >= AT - bad * 60), start=AT - 6 * DAY, step=60)
    week = Window(seconds=7 * DAY, text="1w", rolling=False, start="2024-01-01 00:00:00", zone="UTC")
    both = [sliced("0.9", 60, "0.9", "reads"), sliced("0.9", 60, "0.9", "writes")]
    one = slo(objectives=both, budgeting="Timeslices", composite=True, policies=(), window=week)
    assert state == judged(one, reads, NOTHING).state


def test_the_attainment_of_a_composite_is_a_share_whatever_it_has_spent() -> None:
    """Half of b's, at 99 %, burn at 50: 3/4 of that is 37.5 times the budget, 1 - 37.5 x 0.0325 below 0."""
    a = counts(10, start=AT - 600, step=60)
    b = counts(10, lambda _: 5, start=AT - 600, step=60)
    line = judged(weighted("0.9", "0.99", 3), a, b)
    assert (Fraction(0), Fraction("-36.5"), "breached") == (
        line.attainment,
        line.budget_left_ratio,
        line.state,
    )


def test_a_composite_of_slices_says_that_it_is_judged_by_the_strictest_target() -> None:
    one = composite("Timeslices", sliced("0.5", 60, "0.9", "reads"), sliced("0.99", 60, "0.9", "writes"))
    line = judged(one, *[counts(10, start=AT - 600, step=60)] * 2)
    assert line.target == Fraction("0.99")
    assert "its objectives have several targets: judged by the strictest, 99 %" in line.warnings


def test_a_slice_in_which_only_failures_were_counted_is_bad() -> None:
    """One slice has five failures of nothing, one three of ten: 1.3 minutes of three are bad."""
    one = slo(objectives=[sliced("0.5", 60)], budgeting="RatioTimeslices", policies=())
    times, seconds = np.array([AT - 180, AT - 120, AT - 60]), np.full(3, 60)
    line = judged(one, Counts(times, seconds, np.array([5, 3, 0]), np.array([0, 10, 0])))
    assert (line.tally.bad, line.tally.total) == (Fraction("1.3"), 3)


PRIMES = [n for n in range(10_007, 13_500, 2) if all(n % d for d in range(3, 116, 2))]


@pytest.mark.parametrize(
    ("more", "state"),
    [pytest.param(0, "at_risk", id="the budget exactly spent"), pytest.param(1, "breached", id="one more")],
)
def test_ties_of_slices_with_prime_totals_are_exact(more: int, state: str) -> None:
    """Two slices for each prime p, of which k and p - k are bad: each pair spends one minute of two."""
    pairs = [(p, b) for p in PRIMES for b in (p // 3, p - p // 3)]
    total, bad = np.array([p for p, _ in pairs]), np.array([b for _, b in pairs])
    bad[7] += more
    times = AT - 60 * len(pairs) + 60 * np.arange(len(pairs))
    one = slo(objectives=[sliced("0.5", 60)], budgeting="RatioTimeslices", policies=())
    line = judged(one, Counts(times, np.full(len(pairs), 60), bad, total))
    assert (state, more == 0) == (line.state, line.budget_left_ratio == 0)


@pytest.mark.parametrize(
    ("more", "state"),
    [pytest.param(0, "at_risk", id="the budget exactly spent"), pytest.param(1, "breached", id="one more")],
)
def test_ties_of_a_composite_of_slices_with_prime_totals_are_exact(more: int, state: str) -> None:
    """Of 2p requests each objective fails k or p - k: together half of every slice, and never the whole."""
    total, first = np.array([2 * p for p in PRIMES]), np.array([p // 3 for p in PRIMES])
    second = np.array(PRIMES) - first
    second[7] += more
    times, seconds = AT - 60 * len(total) + 60 * np.arange(len(total)), np.full(len(total), 60)
    one = composite("RatioTimeslices", sliced("0.5", 60, name="reads"), sliced("0.5", 60, name="writes"))
    line = judged(one, *(Counts(times, seconds, bad, total) for bad in (first, second)))
    assert (state, more == 0) == (line.state, line.budget_left_ratio == 0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40))
def test_attainment_meets_the_target_exactly_when_budget_is_left(rows: list[tuple[int, int]]) -> None:
    bad = np.array([min(b, t) for b, t in rows])
    total = np.array([t for _, t in rows])
    times = AT - 60 * len(rows) + 60 * np.arange(len(rows))
    line = judged(slo(target="0.9"), Counts(times, np.full(len(rows), 60), bad, total))
    if line.attainment is None:
        assert (total.sum(), line.state) == (0, "no_data")
    else:
        assert line.budget_left_ratio is not None
        assert (line.attainment >= line.target) == (line.budget_left_ratio >= 0)
        assert line.attainment == 1 - Fraction(int(bad.sum()), int(total.sum()))


@pytest.mark.parametrize(("budgeting", "bad"), [("RatioTimeslices", "1.5"), ("Timeslices", "5")])
def test_data_coarser_than_a_slice_stand_for_all_of_its_slices(budgeting: Budgeting, bad: str) -> None:
    """Slices of a minute: five minutes told at once, 70 % good, then one minute, all good."""
    target = "0.9" if budgeting == "Timeslices" else None
    one = slo(objectives=[sliced("0.5", 60, target)], budgeting=budgeting, policies=())
    times, seconds = np.array([AT - 360, AT - 60]), np.array([300, 60])
    line = judged(one, Counts(times, seconds, np.array([30, 0]), np.array([100, 20])))
    assert (line.tally.bad, line.tally.total) == (Fraction(bad), 6)


def test_a_slice_that_the_window_ends_is_covered_by_what_its_data_cover_before_that() -> None:
    """Slices of five minutes; a window of ten ends in the third of a slice's minutes: 330 of its 600 s."""
    window = Window(seconds=600, text="10m")
    one = slo(objectives=[sliced("0.5", 300)], budgeting="RatioTimeslices", policies=(), window=window)
    times = AT - 300 + 60 * np.array([0, 1, 2, 3, 4, 7])
    series = Counts(times, np.full(6, 60), np.zeros(6, dtype=np.int64), np.ones(6, dtype=np.int64))
    made = report_series(system(one), {(one.name, ""): series}, (), at=AT + 150)
    assert made.slos[0].coverage == Fraction(330, 600)


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=60))
def test_ratio_timeslices_average_exactly_whatever_the_totals(totals: list[int]) -> None:
    total = np.array(totals)
    bad = total // 3
    times = AT - 60 * len(totals) + 60 * np.arange(len(totals))
    one = slo(objectives=[sliced("0.5", 60)], budgeting="RatioTimeslices", policies=())
    line = judged(one, Counts(times, np.full(len(totals), 60), bad, total))
    shares = [Fraction(int(b), int(t)) if t else Fraction(0) for b, t in zip(bad, total, strict=True)]
    assert line.attainment is not None
    assert abs(line.attainment - (1 - sum(shares, Fraction(0)) / len(shares))) < Fraction(1, 10**58)
