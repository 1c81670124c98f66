"""Burn rates in exact integers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine import burn_firing
from sereno.engine.burn import Pair, pairs_firing

HEALTHY = 4_400  # minutes before the errors, more than the longest window
REQUESTS = 100_000  # a minute

FAST, SLOW, TICKET, LONG = (60, 5, "14.4"), (360, 30, "6"), (1_440, 120, "3"), (4_320, 360, "1")
NEVER = None

# SRE workbook, chapter 5, at 99.9 % over 30 days: error rate, minutes it lasts, then for each pair the
# minute it fires in, and the minutes after the end in which it resets.
WORKBOOK = [
    ("1", 10, (1, 5), (3, 30), (5, 120), (5, 360)),
    ("0.15", 10, (6, 5), NEVER, NEVER, NEVER),
    ("0.15", 3, NEVER, NEVER, NEVER, NEVER),
    ("0.1", 60, (9, 5), (22, 29), (44, 117), (44, 357)),
    ("0.05", 60, (18, 4), (44, 27), NEVER, NEVER),
    ("0.02", 120, (44, 2), (109, 21), NEVER, NEVER),
    ("0.015", 120, (58, 1), NEVER, NEVER, NEVER),
    ("0.0144", 240, NEVER, (151, 18), NEVER, NEVER),
    ("0.01", 600, NEVER, (217, 12), (433, 84), (433, 324)),
    ("0.007", 600, NEVER, (309, 5), NEVER, NEVER),
    ("0.006", 600, NEVER, NEVER, NEVER, NEVER),
    ("0.005", 1_200, NEVER, NEVER, (865, 48), (865, 288)),
    ("0.003", 2_880, NEVER, NEVER, NEVER, (1_441, 240)),
    ("0.0015", 4_500, NEVER, NEVER, NEVER, (2_881, 120)),
]
CASES = [
    pytest.param(
        rate, minutes, pair, expected, id=f"{rate} for {minutes} min at {pair[2]}x over {pair[0]} min"
    )
    for rate, minutes, *found in WORKBOOK
    for pair, expected in zip((FAST, SLOW, TICKET, LONG), found, strict=True)
]


@pytest.mark.parametrize(("rate", "minutes", "pair", "expected"), CASES)
def test_workbook(
    rate: str, minutes: int, pair: tuple[int, int, str], expected: tuple[int, int] | None
) -> None:
    total = np.full(HEALTHY + minutes + 400, REQUESTS)
    bad = np.zeros_like(total)
    bad[HEALTHY : HEALTHY + minutes] = int(Decimal(rate) * REQUESTS)

    long, short, threshold = pair
    firing = burn_firing(
        bad, total, target="0.999", long_window=long, short_window=short, threshold=threshold
    )

    assert expected == _fired(firing, minutes)


def _fired(firing: np.ndarray, minutes: int) -> tuple[int, int] | None:
    """The minute of the error in which it fires, and the minute after its end in which it resets."""
    at = np.flatnonzero(firing)
    if not len(at):
        return None
    return int(at[0]) + 1 - HEALTHY, int(at[-1]) + 2 - HEALTHY - minutes


COUNTS = st.lists(
    st.integers(0, 40).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))), max_size=60
)
TARGETS = st.sampled_from(["0.9", "0.99", "0.999", "0", "0.97"])
THRESHOLDS = st.sampled_from(["1", "2.5", "14.4", "0.3", "10"])


def slow(
    counts: list[tuple[int, int]],
    target: str,
    long: int,
    short: int,
    burn: str,
    *,
    inclusive: bool,
    least: int = 0,
) -> list[bool]:
    """The definition, in fractions, window by window."""
    limit = Fraction(burn) * (1 - Fraction(target))

    def burns(end: int, window: int) -> bool:
        part = counts[max(0, end - window) : end]
        bad, total = sum(b for b, _ in part), sum(t for _, t in part)
        return (
            total > 0
            and bad >= least
            and (Fraction(bad, total) > limit or (inclusive and Fraction(bad, total) == limit))
        )

    return [burns(end, long) and burns(end, short) for end in range(1, len(counts) + 1)]


@given(COUNTS, TARGETS, st.integers(1, 30), st.integers(1, 30), THRESHOLDS, st.booleans())
def test_agrees_with_the_definition(
    counts: list[tuple[int, int]], target: str, long: int, short: int, burn: str, inclusive: bool
) -> None:
    bad, total = [b for b, _ in counts], [t for _, t in counts]

    firing = burn_firing(
        bad, total, target=target, long_window=long, short_window=short, threshold=burn, inclusive=inclusive
    )

    assert slow(counts, target, long, short, burn, inclusive=inclusive) == firing.tolist()


@given(COUNTS, TARGETS, st.integers(1, 30), st.integers(1, 30), THRESHOLDS, st.integers(0, 9))
def test_a_window_with_few_bad_events_never_burns(
    counts: list[tuple[int, int]], target: str, long: int, short: int, burn: str, least: int
) -> None:
    bad, total = [b for b, _ in counts], [t for _, t in counts]
    pair = Pair(long, short, burn, minimum_bad=least)
    big = [np.array(values, dtype=object) * 10**18 for values in (bad, total)]

    firing = pairs_firing(bad, total, target=target, pairs=[pair])[0]
    same = pairs_firing(*big, target=target, pairs=[Pair(long, short, burn, minimum_bad=least * 10**18)])[0]

    assert firing.tolist() == slow(counts, target, long, short, burn, inclusive=False, least=least)
    assert same.tolist() == firing.tolist()


def test_counts_beyond_64_bits_are_exact_too() -> None:
    total = np.array([10**18] * 40, dtype=object)
    bad = np.array([144 * 10**14] * 39 + [144 * 10**14 + 1], dtype=object)  # 1.44 %, then one more

    firing = burn_firing(bad, total, target="0.999", long_window=30, short_window=5, threshold="14.4")

    assert firing.tolist() == [False] * 39 + [True]


@pytest.mark.parametrize("listed", [list, tuple])
def test_a_list_may_hold_integers_beyond_64_bits_among_small_ones(listed: type) -> None:
    total = listed([3, 2**63, 2**70, 0])
    bad = listed([0, 2**63 // 500, 2**70 // 20, 0])

    firing = burn_firing(bad, total, target="0.999", long_window=3, short_window=2, threshold="14.4")

    assert firing.tolist() == [False, False, True, True]


def test_a_target_of_many_digits_is_exact_for_healthy_minutes_too() -> None:
    firing = burn_firing(
        [0, 0], [3, 0], target="0.1234567890123456789", long_window=2, short_window=1, threshold="14.4"
    )

    assert firing.tolist() == [False, False]


def test_many_slos_and_pairs_at_once_are_each_on_their_own() -> None:
    rng = np.random.default_rng(7)
    total = rng.integers(0, 90, size=(3, 500), dtype=np.int32)
    bad = rng.binomial(total, 0.03).astype(np.int32)
    pairs = [Pair(60, 5, "2.9"), Pair(120, 10, Decimal("2.1"), inclusive=True)]

    together = pairs_firing(bad, total, target=Decimal("0.99"), pairs=pairs)

    for k, pair in enumerate(pairs):
        for row in range(3):
            alone = pairs_firing(bad[row], total[row], target="0.99", pairs=[pair])[0]
            assert alone.tolist() == together[k, row].tolist()


@pytest.mark.parametrize(
    ("bad", "total", "given", "words"),
    [
        pytest.param([1, -1], [2, 2], {}, "negative", id="a negative count"),
        pytest.param([1.5], [2], {}, "must be integers", id="half an event"),
        pytest.param([1, None], [2, 2], {}, "must be integers", id="a gap in the counts"),
        pytest.param([2**64, 1.5], [2, 2], {}, "must be integers", id="half an event beside a huge count"),
        pytest.param([True], [True], {}, "must be integers", id="a yes in place of a count"),
        pytest.param([1], [2, 3], {}, "different shapes", id="minutes missing from one side"),
        pytest.param([1], [2], {"target": "1"}, "not a share", id="a target of all"),
        pytest.param([1], [2], {"target": "99.9%"}, "not a number", id="a target that is no number"),
        pytest.param([1], [2], {"threshold": "0"}, "above 0", id="a threshold of 0"),
        pytest.param([1], [2], {"short_window": 0}, "at least one", id="a window of nothing"),
        pytest.param([1], [2], {"long_window": 2.5}, "a whole number of minutes", id="half a minute"),
        pytest.param([1], [2], {"long_window": "1h"}, "a whole number of minutes", id="a window in words"),
    ],
)
def test_refused(bad: list[float], total: list[int], given: dict[str, object], words: str) -> None:
    asked = {"target": "0.999", "long_window": 60, "short_window": 5, "threshold": "14.4", **given}

    with pytest.raises(ValueError, match=words):
        burn_firing(bad, total, **asked)


def test_no_minutes_are_no_answers() -> None:
    assert burn_firing([], [], target="0.9", long_window=9, short_window=3, threshold="2").tolist() == []
