"""A project of nothing but SLOs, reported from files: each sentence of the interface that others rely on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sereno.cli import main

PROJECT = """\
project: mini
environments:
  local: {backend: cloudwatch, region: eu-west-1, variables: {}}
"""
RATIO = """{ratioMetric: {counter: false,
      good: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: good, stat: Sum}}},
      total: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: total, stat: Sum}}}}}"""
THRESHOLD = """{thresholdMetric: {metricSource: {type: CloudWatch,
      spec: {namespace: Shop, metric: latency, stat: Average}}}}"""
ROLLING = "{duration: 30d, isRolling: true}"
MONTH = """{duration: 1M, isRolling: false,
      calendar: {startTime: "2026-01-01 00:00:00", timeZone: Europe/Berlin}}"""
SLO = """\
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}}}
spec:
  service: shop
  indicator: {{metadata: {{name: {name}}}, spec: {indicator}}}
  timeWindow: [{window}]
  budgetingMethod: {method}
  objectives: [{objective}]
"""
# name -> (indicator, window, budgeting method, objective)
SLOS = {
    "orders": (RATIO, ROLLING, "Occurrences", "{target: 0.99}"),
    "slices": (RATIO, ROLLING, "Timeslices", "{target: 0.5, timeSliceTarget: 0.95, timeSliceWindow: 5m}"),
    "average": (RATIO, ROLLING, "RatioTimeslices", "{target: 0.9, timeSliceWindow: 5m}"),
    "latency": (THRESHOLD, ROLLING, "Occurrences", "{target: 0.4, op: lt, value: 300}"),
    "month": (RATIO, MONTH, "Occurrences", "{target: 0.9}"),
}
AT = "2026-03-10T00:00:00Z"
MIDNIGHT = 1_773_100_800  # the same, in epoch seconds


class Mini:
    """The project in `root`, and what a person sees when a command was run there."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.root, self.capture, self.patch = root, capture, patch
        self.code, self.err = -1, ""

    def write(self, name: str, *lines: str) -> None:
        (self.root / "data" / f"{name}.csv").write_text("\n".join((*lines, "")))

    def run(self, *words: str) -> str:
        self.patch.setattr(sys, "argv", ["sereno", words[0], "--series", "data", *words[1:]])
        with pytest.raises(SystemExit) as left:
            main()
        out, self.err = self.capture.readouterr()
        self.code = int(left.value.code or 0)
        return out

    def slo(self, name: str, *words: str, at: str = AT) -> dict[str, Any]:
        made = json.loads(self.run("report", "--format", "json", "--at", at, *words))
        found: dict[str, Any] = next(s for s in made["slos"] if s["name"] == name)
        return found


@pytest.fixture
def mini(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Mini:
    service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop}\nspec: {}\n"
    documents = [
        SLO.format(name=name, indicator=i, window=w, method=m, objective=o)
        for name, (i, w, m, o) in SLOS.items()
    ]
    for folder in ("slo", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sereno.yaml").write_text(PROJECT)
    (tmp_path / "slo" / "all.yaml").write_text(service + "".join(documents))
    monkeypatch.chdir(tmp_path)
    return Mini(tmp_path, capsys, monkeypatch)


KEYS = ("attainment", "budget_total", "budget_spent", "budget_left_ratio", "state")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ("timestamp,good,total", f"{MIDNIGHT - 600},995,1000", f"{MIDNIGHT - 300},1000,1000"),
            id="good and total at epoch seconds",
        ),
        pytest.param(
            ("timestamp,bad,total", "2026-03-09T23:50:00Z,5,1000", "2026-03-09T23:55:00Z,0,1000"),
            id="bad and total at RFC 3339 in UTC",
        ),
        pytest.param(
            ("timestamp,good,total", "2026-03-10T00:50:00+01:00,995,1000", f"{MIDNIGHT - 300},1000,1000"),
            id="an offset, and both kinds of time in one file",
        ),
    ],
)
def test_counts_are_read_in_every_form(mini: Mini, lines: Sequence[str]) -> None:
    mini.write("orders", *lines)
    found = mini.slo("orders")
    assert (mini.code, [found[k] for k in KEYS]) == (0, ["0.9975", "20", "5", "0.75", "met"])
    assert (found["name"], found["target"]) == ("orders", "0.99")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("orders", ["0.9", "2", "20", "-9", "breached"], id="events: 20 of 200 failed, 2 may"),
        pytest.param(
            "slices", ["0.5", "5", "5", "0", "at_risk"], id="minutes: one slice of two is bad, as may be"
        ),
        pytest.param("average", ["0.9", "1", "1", "0", "at_risk"], id="minutes: the slices' mean is 0.9"),
        pytest.param(
            "latency", ["0.5", "6", "5", "1/6", "at_risk"], id="time: one reading of two was below 300"
        ),
        pytest.param(
            "month", ["0.9", "20", "20", "0", "at_risk"], id="a calendar month: 20 of 200, as may be"
        ),
    ],
)
def test_every_budgeting_method_and_window(mini: Mini, name: str, expected: list[str]) -> None:
    """Two intervals of 5 minutes: all of 100 good, then 80 of 100 good; latency 299, then 300."""
    rows = [(MIDNIGHT - 600, 100, 299), (MIDNIGHT - 300, 80, 300)]
    value = name == "latency"
    lines = (f"{at},{ms}" if value else f"{at},{good},100" for at, good, ms in rows)
    mini.write(name, "timestamp,value" if value else "timestamp,good,total", *lines)
    found = mini.slo(name)
    assert [found["exact"].get(k) or found[k] for k in KEYS] == expected


def test_the_window_is_half_open_and_each_slo_s_own_unless_one_is_given(mini: Mini) -> None:
    """An interval that starts at `at` is out, one that starts W before it is in, an earlier one is out."""
    starts = (MIDNIGHT - 30 * 86_400 - 300, MIDNIGHT - 30 * 86_400, MIDNIGHT - 3_600, MIDNIGHT)
    mini.write("orders", "timestamp,bad,total", *(f"{at},1,{10**n}" for n, at in enumerate(starts, 1)))
    assert mini.slo("orders")["total"] == "1100"
    assert mini.slo("orders", "--window", "1h")["total"] == "1000"
    assert mini.slo("orders", at=str(MIDNIGHT + 1))["total"] == "11000"


def test_a_calendar_month_begins_at_midnight_in_its_zone(mini: Mini) -> None:
    """March of Berlin begins at 23:00 UTC on the last of February."""
    rows = ("2026-02-28T22:55:00Z,0,100", "2026-02-28T23:00:00Z,100,100")
    mini.write("month", "timestamp,good,total", *rows)
    mini.write("orders", "timestamp,good,total", *rows)
    found = mini.slo("month")
    assert (found["window"]["start"], found["total"], found["attainment"]) == (
        "2026-02-28T23:00:00Z",
        "100",
        "1",
    )
    assert mini.slo("orders", "--window", "month", "--zone", "Europe/Berlin")["attainment"] == "1"
    assert mini.slo("orders", "--window", "month")["total"] == "0"
    assert mini.slo("orders")["attainment"] == "0.5"


@pytest.mark.parametrize(
    ("bad", "gate", "code"),
    [
        pytest.param(1, "--gate", 0, id="a tenth of the budget is spent: go"),
        pytest.param(9, "--gate", 0, id="almost all of it: go"),
        pytest.param(10, "--gate", 1, id="exactly all of it: freeze"),
        pytest.param(500, "--gate", 1, id="fifty times the budget: freeze"),
        pytest.param(500, "", 0, id="without --gate a report never stops"),
    ],
)
def test_the_gate_s_exit_code(mini: Mini, bad: int, gate: str, code: int) -> None:
    """1,000 orders at 99 %: 10 may fail."""
    mini.write("orders", "timestamp,bad,total", f"{MIDNIGHT - 300},{bad},1000")
    mini.run("report", "--format", "json", "--at", AT, *filter(None, [gate]))
    assert mini.code == code
    mini.run("gate", "--at", AT)
    assert mini.code == (bad >= 10)


def test_without_any_data_every_slo_says_so_and_nothing_freezes(mini: Mini) -> None:
    made = json.loads(mini.run("report", "--format", "json", "--gate", "--at", AT))
    assert mini.code == 0
    assert {
        s["name"]: (s["state"], s["attainment"], s["budget_left_ratio"]) for s in made["slos"]
    } == dict.fromkeys(SLOS, ("no_data", None, None))
    assert made["summary"]["no_data"] == len(SLOS)
    loud = "warning: 5 SLOs have no data, so that the gate knows nothing of "
    assert mini.err.startswith(loud)
    said = mini.run("gate", "--at", AT)
    assert said == "allow, as no rule of the budget policy holds (5 SLOs have no data)\n"
    assert (mini.code, mini.err.startswith(loud)) == (0, True)


def test_a_policy_may_freeze_on_no_data(mini: Mini) -> None:
    policy = "apiVersion: sereno/v1\nkind: BudgetPolicy\nmetadata: {name: strict}\nspec: {noData: freeze}\n"
    (mini.root / "slo" / "policy.yaml").write_text(policy)
    mini.run("report", "--format", "json", "--gate", "--at", AT)
    assert mini.code == 1


def test_an_unknown_series_is_ignored_with_a_warning(mini: Mini) -> None:
    mini.write("stranger", "timestamp,good,total", f"{MIDNIGHT - 300},1,1")
    made = json.loads(mini.run("report", "--format", "json", "--at", AT))
    assert "no SLO of the project has the name of stranger.csv: ignored" in made["warnings"]
    assert (mini.code, len(made["slos"])) == (0, len(SLOS))


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        pytest.param(
            ("--zone", "Europe/Berlin", "--window", "quarter"),
            "2025-12-31T23:00:00Z",
            "2026-03-31T22:00:00Z",
            id="a quarter of Berlin's ends at Berlin's midnight",
        ),
        pytest.param(
            ("--zone", "America/New_York", "--window", "month"),
            "2026-03-01T05:00:00Z",
            "2026-04-01T04:00:00Z",
            id="west of Greenwich too",
        ),
        pytest.param(
            ("--window", "quarter"), "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", id="else it is UTC's"
        ),
    ],
)
def test_a_date_is_read_in_the_zone_of_the_window(
    mini: Mini, words: tuple[str, ...], start: str, end: str
) -> None:
    window = mini.slo("orders", *words, at="2026-04-01")["window"]
    assert (window["start"], window["end"]) == (start, end)


def test_a_zone_that_is_written_counts(mini: Mini) -> None:
    window = mini.slo(
        "orders", "--window", "quarter", "--zone", "Asia/Tokyo", at="2026-04-01T00:00:00+02:00"
    )["window"]
    assert (window["start"], window["end"]) == ("2026-03-31T15:00:00Z", "2026-03-31T22:00:00Z")
