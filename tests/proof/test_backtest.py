"""Backtests: the grid of minutes, the rules, the workbook's four measures, labels, suggestions, pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.burn import Pair
from sereno.proof import backtest_html, backtest_text, rules
from sereno.proof.backtest import Backtest, backtest, span
from sereno.proof.defaults import google
from sereno.proof.history import Budget, History, HistoryFault, of_counts, of_values
from sereno.proof.labels import parse as parse_labels
from sereno.proof.rules import BurnRule, RuleFault, StaticRule, candidates, firing, parse, words
from sereno.proof.scoring import Incident, firings, median, rank, score

_ = float("nan")
START = 1_767_225_600  # 2026-01-01
DAY = 86_400


def counts(times: Sequence[int], seconds: int, bad: Sequence[float], total: Sequence[float]) -> History:
    arrays = np.array(times) + START, np.full(len(times), seconds)
    return of_counts(*arrays, np.array(bad), np.array(total))


@pytest.mark.parametrize(
    ("times", "seconds", "bad"),
    [
        pytest.param([0, 60, 120], 60, [1, 2, 3], id="minutes are minutes"),
        pytest.param([0, 20, 40, 60, 120], 20, [3, 2, 3], id="shorter intervals add up"),
        pytest.param([0, 180], 180, [0, 0, 1, 0, 0, 2], id="a longer one counts in its last minute"),
        pytest.param([30, 90], 60, [0, 1, 2], id="one across two minutes counts in the second"),
    ],
)
def test_intervals_become_minutes(times: list[int], seconds: int, bad: list[int]) -> None:
    given_ = {3: [1, 2, 3], 5: [1, 1, 1, 2, 3], 2: [1, 2]}[len(times)]

    assert counts(times, seconds, given_, [9] * len(times)).bad.tolist() == bad


@pytest.mark.parametrize(
    ("bad", "total", "text"),
    [
        pytest.param([3], [2], "more bad events than events", id="more bad than there are"),
        pytest.param([0.5], [2], "not whole", id="half an event"),
        pytest.param([_], [2], "not whole", id="no number"),
        pytest.param([], [], "is empty", id="nothing"),
    ],
)
def test_a_history_that_cannot_be_judged(bad: list[float], total: list[float], text: str) -> None:
    with pytest.raises(HistoryFault, match=text):
        counts([60 * i for i in range(len(bad))], 60, bad, total)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("14.4x 1h/5m", ((60, 5, "14.4"),), id="a pair"),
        pytest.param("6x 6h", ((360, 30, "6"),), id="its short window is a twelfth"),
        pytest.param("14.4x 1h/5m + 3x 1d", ((60, 5, "14.4"), (1_440, 120, "3")), id="any of several"),
    ],
)
def test_burn_rates_as_written(text: str, expected: tuple[tuple[int, int, str], ...]) -> None:
    rule = parse(text)
    assert isinstance(rule, BurnRule)

    assert tuple((p.long_window, p.short_window, str(p.threshold)) for p in rule.pairs) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "14.4x", "x 1h", "14.4x 90s", ">1% 3of2 5m", "14.4x 1h/5m + nothing", ">1 5m"),
        *("0x 1h/5m", "14.4x 5m/1h", "14.4x 0m", ">1% 2of9999999 1m"),
    ],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(RuleFault):
        parse(text)


@pytest.mark.parametrize(
    ("text", "history", "expected"),
    [
        pytest.param(
            ">1% 2of3 1m",
            {"bad": [0, 2, 0, 2, 0], "total": [100] * 5},
            "00010",
            id="2 % in two of three minutes",
        ),
        pytest.param(
            ">1% 1of1 2m",
            {"bad": [0, 1, 2, 0, 0], "total": [100] * 5},
            "00100",
            id="1 % is not more than 1 %",
        ),
        pytest.param(
            ">1% 1of1 1m", {"bad": [0, 2, 0], "total": [0, 0, 100]}, "000", id="no events, no share"
        ),
        pytest.param(">300 3of5 1m", {"values": [0, 301, 300, 301, 301, 0]}, "000011", id="a value"),
        pytest.param(">300 1of1 1m", {"values": [_, 301, _, _]}, "0100", id="a value that is missing"),
        pytest.param("<=5 2of2 1m", {"values": [6, 5, 4, 6]}, "0010", id="at most"),
    ],
)
def test_static_rules(text: str, history: dict[str, list[float]], expected: str) -> None:
    made = History(START, **{name: np.array(values) for name, values in history.items()})

    assert "".join(str(int(f)) for f in firing(parse(text), made, Fraction(99, 100))) == expected


def test_a_burn_rate_of_values_is_refused() -> None:
    with pytest.raises(RuleFault, match="has values, not counts"):
        firing(parse("3x 1h"), of_values(np.array([START]), np.array([60]), np.array([1.0])), Fraction(9, 10))


def outage(minutes: int, *faults: tuple[int, int, int]) -> History:
    """1,000 events a minute; each fault is its first minute, its length and how many fail."""
    bad = np.zeros(minutes, dtype=np.int64)
    for first, length, failing in faults:
        bad[first : first + length] = failing
    return History(START, bad=bad, total=np.full(minutes, 1_000))


BUDGET = Budget(Fraction(999, 1_000), 30 * 1_440)


def labelled(history: History, *spans: tuple[int, int]) -> tuple[Incident, ...]:
    return tuple(Incident(f"{a}", a, b, BUDGET.spent(history, a, b)) for a, b in spans)


def fires(minutes: int, *spans: tuple[int, int]) -> np.ndarray:
    found = np.zeros(minutes, dtype=np.bool_)
    for first, last in spans:
        found[first:last] = True
    return found


MONTH = 30 * 1_440
BIG = outage(MONTH, (1_000, 60, 500), (9_000, 60, 500), (20_000, 2, 500))  # two of 69 %, one of 2.3 %


@pytest.mark.parametrize(
    ("on", "precision", "recall", "detection", "reset"),
    [
        pytest.param(
            [(1_004, 1_063)], 1, (1, 2), [5], [4], id="found in the fifth minute, reset in the fourth"
        ),
        pytest.param([(990, 1_100)], 0, 0, [], [41], id="already firing at the onset detects nothing"),
        pytest.param([(1_004, 1_010), (1_030, 1_063)], 1, (1, 2), [5], [4], id="twice in one incident"),
        pytest.param([(1_000, 1_001), (5_000, 5_001)], (1, 2), (1, 2), [1], [], id="once for nothing"),
        pytest.param([(1_059, 1_065), (9_010, 9_020)], 1, 1, [11, 60], [6], id="both"),
        pytest.param([(1_060, 1_065)], 0, 0, [], [], id="after it was over"),
        pytest.param([(20_001, 20_005)], 0, 0, [], [], id="in what was not significant"),
        pytest.param([], None, 0, [], [], id="never"),
    ],
)
def test_the_workbooks_measures(
    on: list[tuple[int, int]], precision: object, recall: object, detection: list[int], reset: list[int]
) -> None:
    incidents = labelled(BIG, (1_000, 1_060), (9_000, 9_060), (20_000, 20_002))
    found = score(fires(MONTH, *on), BIG, incidents, BUDGET, Fraction(10, 100))

    assert (found.precision, found.recall) == (_exact(precision), _exact(recall))
    assert (list(found.detection), list(found.reset)) == (detection, reset)
    assert found.significant == 2


def _exact(value: object) -> Fraction | None:
    if value is None:
        return None
    return Fraction(*value) if isinstance(value, tuple) else Fraction(value)


ONSETS = {
    "on when it began": ([(990, 1_100)], 1),
    "on when it began, and again in it": ([(990, 1_010), (1_030, 1_050)], 0),
    "on in its first minute": ([(1_000, 1_010)], 0),
    "over in the minute before": ([(990, 1_000)], 0),
    "once on from before the one to after the other": ([(990, 9_100)], 2),
}


@pytest.mark.parametrize(("on", "expected"), ONSETS.values(), ids=ONSETS)
def test_what_was_firing_at_the_onset_is_counted(on: list[tuple[int, int]], expected: int) -> None:
    incidents = labelled(BIG, (1_000, 1_060), (9_000, 9_060))

    assert score(fires(MONTH, *on), BIG, incidents, BUDGET, Fraction(10, 100)).already == expected


def test_a_label_that_begins_too_late_is_hinted_at() -> None:
    late = labelled(BIG, (1_010, 1_060))
    found = backtest("gets", BIG, google(30 * DAY), budget=BUDGET, incidents=late)
    said = "1 of 1 already firing at the onset, so not counted as detected; does the label begin too late?"

    assert f"  google page: {said}\n" in backtest_text.render(found)
    assert json.loads(backtest_text.as_json(found))["rules"][0]["alreadyFiring"] == 1


def test_the_budget_spent_when_found_and_what_was_never_seen() -> None:
    """500 a minute against a budget of 43,200: 5 minutes are 2,500; then the rest of the month's 61,000."""
    incidents = labelled(BIG, (1_000, 1_060))
    found = score(fires(MONTH, (1_004, 1_063)), BIG, incidents, BUDGET, Fraction(0), lookback=5)

    assert found.spent == (Fraction(2_500, 43_200),)
    assert found.unseen == Fraction(30_000 + 1_000, 43_200)
    assert found.pages_a_week == Fraction(7, 30)
    assert found.alarmed == Fraction(59, MONTH)


def test_without_labels_nothing_is_said_of_them() -> None:
    found = score(fires(MONTH, (1_004, 1_063)), BIG, (), BUDGET, Fraction(0))

    assert (found.precision, found.recall, found.detection) == (None, None, ())


@given(st.lists(st.booleans(), max_size=40))
def test_firings_cover_exactly_what_fires(on: list[bool]) -> None:
    found = firings(np.array(on, dtype=np.bool_))

    assert [any(f.first <= i < f.last for f in found) for i in range(len(on))] == on
    assert all(a.last < b.first for a, b in pairwise(found))


def test_medians_and_ranks() -> None:
    assert (median([1, 4, 9]), median([1, 4, 9, 20]), median([])) == (4, Fraction(13, 2), None)
    assert (rank([1, 4, 9, 20], 90), rank([1, 4, 9, 20], 50), rank([], 90)) == (20, 4, None)


@pytest.mark.parametrize(
    ("text", "codes", "names"),
    [
        pytest.param("start,end,name\n2026-01-01T01:00:00Z,2026-01-01T02:00:00Z,a\n", [], ["a"], id="one"),
        pytest.param("start,end\n1767229200,1767232800\n", [], ["line 2"], id="epoch seconds, no name"),
        pytest.param(
            "start,end\n2026-01-01T03:00:00+02:00,2026-01-01T02:00:00Z\n", [], ["line 2"], id="two zones"
        ),
        pytest.param("start,end\nyesterday,2026-01-01T02:00:00Z\n", ["error"], [], id="no time"),
        pytest.param(
            "start,end\n2026-01-01T02:00:00Z,2026-01-01T01:00:00Z\n", ["error"], [], id="end before start"
        ),
        pytest.param("start,end\n2025-01-01,2025-01-02\n", ["warning"], [], id="outside the history"),
        pytest.param(
            "start,end\n1767229200,1767232800\n1767230000,1767233000\n",
            ["warning"],
            ["line 2", "line 3"],
            id="overlapping",
        ),
        pytest.param("from,to\n1,2\n", ["error"], [], id="another header"),
        pytest.param("", ["error"], [], id="an empty file"),
    ],
)
def test_labels(text: str, codes: list[str], names: list[str]) -> None:
    incidents, problems = parse_labels("labels.csv", text, BIG, BUDGET)

    assert [problem.severity for problem in problems] == codes
    assert [incident.name for incident in incidents] == names


def test_an_incident_knows_its_minutes_and_its_cost() -> None:
    (incident,), _ = parse_labels("l.csv", f"start,end\n{START + 60_000},{START + 63_600}\n", BIG, BUDGET)

    assert (incident.first, incident.last, incident.spent) == (1_000, 1_060, Fraction(30_000, 43_200))


def made(wanted: str = "") -> Backtest:
    rules = (*google(30 * DAY), parse(">1% 2of3 5m"))
    incidents = labelled(BIG, (1_000, 1_060), (9_000, 9_060), (20_000, 20_002))
    return backtest("gets", BIG, rules, budget=BUDGET, incidents=incidents, wanted=wanted)


def test_rules_side_by_side() -> None:
    found = {line.rule.name: line.score for line in made().lines}

    assert [found["google page"].precision, found["google page"].recall] == [1, 1]
    assert list(found["google page"].detection) == [2, 2, 2]
    assert list(found[">1% 2of3 5m"].detection) == [6, 6]


def test_what_is_suggested_meets_the_wish() -> None:
    suggested = made("precision >= 90%, detection <= 5m, pages <= 1").suggested

    assert len(suggested) == 5
    assert all(line.score.recall == 1 and max(line.score.detection) <= 5 for line in suggested)
    assert made("detection <= 0m").suggested == ()


def test_a_search_in_vain_says_so() -> None:
    unlabelled = backtest("it", BIG, [parse("3x 1h")], budget=BUDGET, wanted="precision >= 0.9")

    assert backtest_text.render(made("detection <= 0m")).endswith(
        "no pair of windows meets `detection <= 0m`\n"
    )
    assert backtest_text.render(unlabelled).endswith("without labelled incidents only `pages` is known\n")


def test_a_long_static_rule_is_judged_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = parse(">1% 3of40 1m")
    whole = firing(rule, BIG, Fraction(0))
    monkeypatch.setattr(rules, "CELLS", 1_000)

    assert np.array_equal(whole, firing(rule, BIG, Fraction(0)))
    assert whole.sum() == 2 * (60 - 2 + 40 - 3)  # from the third bad minute until two are left


@pytest.mark.parametrize("wish", ["precision", "precision > 0.9", "beauty >= 1", "detection <= soon"])
def test_what_is_no_wish(wish: str) -> None:
    with pytest.raises(RuleFault):
        made(wish)


def test_every_candidate_has_its_words() -> None:
    assert [words(rule.pairs[0]) for rule in candidates()] == [rule.name for rule in candidates()]
    assert parse("14.4x 1h/5m").pairs == (Pair(60, 5, parse("14.4x 1h/5m").pairs[0].threshold),)


def test_as_text_json_and_a_picture() -> None:
    test = made("precision >= 0.5")
    page = backtest_html.render(test)
    picture = ElementTree.fromstring(backtest_html.svg(test))
    figures = json.loads(backtest_text.as_json(test))

    assert "3 labelled incidents" in backtest_text.render(test)
    assert page.count("<svg") == 1
    assert "<script" not in page
    assert len(picture.findall(".//{*}rect[@class='incident']")) == 3
    assert figures["rules"][0]["recall"] == 1
    assert figures["rules"][0]["firings"][0]["start"] == START + 60 * 1_002


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param(
            History(0, bad=np.array([0, 4, 400]), total=np.array([400] * 3)),
            ([180.0, 164.0, 20.0], ["0 % bad", "1 %", "10 %", "100 %"]),
            id="1 % of errors is seen beside an outage",
        ),
        pytest.param(
            History(0, bad=np.array([0, 0]), total=np.array([400, 0])), ([180.0], ["0 % bad"]), id="no errors"
        ),
        pytest.param(
            History(0, values=np.array([-30.0, np.nan, 10.0])),
            ([180.0, 20.0], ["-30", "0", "10"]),
            id="values below zero stay inside",
        ),
    ],
)
def test_the_curve(history: History, expected: tuple[list[float], list[str]]) -> None:
    picture = ElementTree.fromstring(backtest_html.svg(Backtest("it", history, (), None, {}, ())))
    (curve,) = picture.findall(".//{*}path[@class='curve']")
    heights = [float(point.split()[1]) for point in re.split("[ML]", curve.attrib["d"]) if point]
    axis = [text.text for text in picture.findall(".//{*}text") if text.get("text-anchor") == "end"]

    assert (heights, axis[: len(expected[1])]) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(5, "5m", id="minutes"),
        pytest.param(60, "1h", id="an hour"),
        pytest.param(150, "2h30m", id="both"),
    ],
)
def test_spans(minutes: int, expected: str) -> None:
    assert span(minutes) == expected


def test_a_static_rule_is_one() -> None:
    assert isinstance(parse(">300 3of5 1m"), StaticRule)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(2, 3), "0.66"),
        (Fraction(899, 1000), "0.89"),
        (Fraction(1), "1.00"),
        (Fraction(999, 1000), "0.99"),
        (Fraction(1, 1000), "0.01"),
        (Fraction(0), "0.00"),
        (None, "-"),
    ],
)
def test_a_share_that_is_good_is_rounded_down_and_only_none_is_none(value: Fraction, shown: str) -> None:
    assert backtest_text.share(value) == shown
