"""`sereno report` and `sereno gate` as a person or a pipeline runs them: files, words, exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sereno.cli import main

PROJECT = """\
project: shop
environments:
  local: {backend: cloudwatch, region: eu-west-1, variables: {}}
"""
SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {sereno.dev/owner: team}}
spec: {description: A shop.}
"""
SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: NAME, displayName: NAME}
spec:
  description: Orders are taken.
  service: shop
  indicator:
    metadata: {name: NAME}
    spec:
      ratioMetric:
        counter: false
        good: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: NAME-good, stat: Sum}}}
        total: {metricSource: {type: CloudWatch, spec: {namespace: Shop, metric: NAME-total, stat: Sum}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""
RUNBOOK = "---\ntitle: NAME\nowner: team\napplies-to: [NAME]\n---\n# NAME\n"
ROUTES = """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: routes}
spec:
  receivers:
    team: {description: The team., cloudwatch: ["arn:aws:sns:eu-west-1:123456789012:team"]}
  route: {receiver: team}
"""
AT = 1_772_323_200


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shop:
    """A project of two SLOs, `orders` and `search`, and a folder of series."""

    root: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def series(self, name: str, *rows: str, form: str = "timestamp,good,total") -> None:
        text = "\n".join((form, *rows)) + "\n"
        (self.root / "series" / f"{name}.csv").write_text(text)

    def run(self, *words: str) -> Ran:
        """Words may repeat an option: the last one counts."""
        self.patch.setattr(
            sys, "argv", ["sereno", words[0], "--series", "series", "--at", str(AT), *words[1:]]
        )
        with pytest.raises(SystemExit) as left:
            main()
        out, err = self.capture.readouterr()
        return Ran(int(left.value.code or 0), out, err)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    files = {"sereno.yaml": PROJECT, "slo/service.yaml": SERVICE, "alerts/routes.yaml": ROUTES}
    for name in ("orders", "search"):
        files[f"slo/{name}.yaml"] = SLO.replace("NAME", name)
        files[f"runbooks/{name}.md"] = RUNBOOK.replace("NAME", name)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "series").mkdir()
    monkeypatch.chdir(tmp_path)
    found = Shop(tmp_path, capsys, monkeypatch)
    found.series("orders", f"{AT - 600},995,1000", "2026-02-28T23:55:00Z,1000,1000")
    found.series("search", f"{AT - 300},0,1000", form="timestamp,bad,total")
    return found


def test_without_a_format_three_files_and_a_table(shop: Shop) -> None:
    ran = shop.run("report")
    names = sorted(p.name for p in (shop.root / "build/report").iterdir())
    assert (ran.code, names) == (0, ["slo-report.html", "slo-report.json", "slo-report.md"])
    assert "orders" in ran.out
    assert "99.75 %" in ran.out
    assert ran.err == ""


def test_json_goes_to_standard_output(shop: Shop) -> None:
    ran = shop.run("report", "--format", "json")
    slos = {s["name"]: s for s in json.loads(ran.out)["slos"]}
    assert (ran.code, ran.err) == (0, "")
    assert tuple(
        slos["orders"][k]
        for k in ("attainment", "budget_total", "budget_spent", "budget_left_ratio", "state")
    ) == ("0.9975", "20", "5", "0.75", "met")


def test_several_formats_go_to_a_folder(shop: Shop) -> None:
    ran = shop.run("report", "--format", "junit", "--format", "github", "--format", "badge", "--out", "out")
    names = sorted(p.name for p in (shop.root / "out").iterdir())
    assert (ran.code, names) == (0, ["slo-report.github.txt", "slo-report.svg", "slo-report.xml"])


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("json", "{"),
        ("markdown", "# SLO report"),
        ("html", "<!doctype html>"),
        ("junit", "<?xml"),
        ("badge", "<svg"),
        ("slack", "{"),
        ("openmetrics", "# TYPE"),
        ("github", ""),
    ],
)
def test_every_format_can_be_written_to_a_file(shop: Shop, name: str, begins: str) -> None:
    ran = shop.run("report", "--format", name, "--out", "out/file")
    assert (ran.code, ran.out) == (0, "")
    assert (shop.root / "out/file").read_text().startswith(begins)


def test_the_gate_closes_on_a_spent_budget(shop: Shop) -> None:
    shop.series("orders", f"{AT - 300},990,1000")
    sentence = "freeze for orders (the budget is spent), says policy default"
    for words in (("gate",), ("report", "--gate", "--format", "json")):
        ran = shop.run(*words)
        assert (1, f"sereno: {sentence}\n") == (ran.code, ran.err)


def test_the_gate_opens_and_says_why(shop: Shop) -> None:
    ran = shop.run("gate")
    assert (ran.code, ran.out, ran.err) == (0, "allow, as no rule of the budget policy holds\n", "")


def test_a_bad_file_is_told_by_its_lines_and_the_rest_is_reported(shop: Shop) -> None:
    shop.series("orders", "600,5,8", "soon,1,1", f"{AT - 300},9,8")
    ran = shop.run("report", "--format", "json")
    assert ran.code == 1
    assert "series/orders.csv:3:1: error: `soon` is no time (report-series)" in ran.err
    assert "series/orders.csv:4:1: error: good is 9, more than the total of 8" in ran.err
    states = {s["name"]: s["state"] for s in json.loads(ran.out)["slos"]}
    assert states == {"orders": "no_data", "search": "met"}


def test_no_data_is_said_and_is_no_failure(shop: Shop) -> None:
    (shop.root / "series/orders.csv").unlink()
    ran = shop.run("report", "--format", "json", "--gate")
    orders = next(s for s in json.loads(ran.out)["slos"] if s["name"] == "orders")
    assert (
        ran.code,
        orders["state"],
        orders["warnings"],
    ) == (0, "no_data", ["there is no file orders.csv", "no data in the window"])


def test_a_series_of_no_slo_is_ignored_with_a_warning(shop: Shop) -> None:
    shop.series("stranger", "600,1,1")
    ran = shop.run("report", "--format", "badge")
    assert (
        ran.code,
        ran.err,
    ) == (0, "warning: no SLO of the project has the name of stranger.csv: ignored\n")


def test_the_arithmetic_of_one_slo(shop: Shop) -> None:
    ran = shop.run("report", "--explain", "orders")
    assert ran.code == 0
    assert "  left        1 - 5 / 20 = 0.75\n" in ran.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("report", "--window", "fortnight"),
            "--window fortnight is no window; write 30d, 12h, week, month, quarter or year",
        ),
        (
            ("report", "--at", "0001-01-01"),
            "--at 0001-01-01 is no time between 1970 and 2100; write 2026-03-01T00:00:00Z or epoch seconds",
        ),
        (("report", "--zone", "Mars"), "--zone Mars is no IANA zone; write Europe/Berlin or UTC"),
        (
            ("report", "--at", "soon"),
            "--at soon is no time between 1970 and 2100; write 2026-03-01T00:00:00Z or epoch seconds",
        ),
        (
            ("report", "--at", "20260309"),
            "--at 20260309 is no time between 1970 and 2100; write 2026-03-01T00:00:00Z or epoch seconds",
        ),
        (
            ("report", "--format", "pdf"),
            "no format is named `pdf`; write one of json, markdown, html, junit, badge, slack, openmetrics, "
            "github",
        ),
        (("report", "--explain", "nothing"), "no SLO is named `nothing`; there are orders, search"),
        (("report", "--series", "nowhere"), "--series nowhere cannot be read: No such file or directory"),
        (("report", "--out", "sereno.yaml"), "sereno.yaml/slo-report.md cannot be written: File exists"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shop: Shop, words: tuple[str, ...], sentence: str) -> None:
    ran = shop.run(*words)
    assert (ran.code, ran.err) == (2, f"sereno: {sentence}\n")


def test_a_file_that_cannot_be_read_is_said_and_the_rest_reported(shop: Shop) -> None:
    (shop.root / "series/orders.csv").unlink()
    (shop.root / "series/orders.csv").mkdir()
    ran = shop.run("report", "--format", "json")
    assert (ran.code, ran.err) == (2, "sereno: 1 SLO could not be asked for, the rest is reported: orders\n")
    assert next(s for s in json.loads(ran.out)["slos"] if s["name"] == "search")["state"] == "met"
    assert shop.run("report", "--format", "json", "--allow-partial").code == 0


def test_alarms_beside_the_series_are_the_history(shop: Shop) -> None:
    alarm = "shop-local-slo-orders-no-data"
    rows = (f"{AT - 900},{alarm},ALARM", f"{AT - 600},{alarm},OK", "600,another,OK", f"{AT},{alarm},ALARM")
    shop.series("_alarms", *rows, form="timestamp,alarm,state")
    ran = shop.run("report", "--format", "json")
    made = json.loads(ran.out)
    assert ran.err == "warning: no alarm of the environment has the name of another: ignored\n"
    assert (ran.code, made["pages"], made["tickets"]) == (0, 0, 1)


def test_a_wrong_history_is_told_by_its_lines_and_the_report_is_made_without(shop: Shop) -> None:
    shop.series("_alarms", "600,orders,FINE", form="timestamp,alarm,state")
    ran = shop.run("report", "--format", "json")
    assert ran.code == 1
    assert "series/_alarms.csv:2:1: error: `FINE` is no state (report-series)\n" in ran.err
    assert "1 problem in the series; the rest is reported\n" in ran.err
    assert json.loads(ran.out)["warnings"] == ["alarm history: _alarms.csv has problems"]


def test_data_of_the_future_are_said_when_the_report_is_of_now(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: float(AT - 300))
    said = "there are data of 2026-03-01 00:05 UTC, which is still to come: is a clock wrong?"
    shop.series("orders", f"{AT - 600},995,1000", f"{AT + 300},995,1000")
    for words, expected in ((("--at", "now"), True), ((), False)):
        made = json.loads(shop.run("report", "--format", "json", *words).out)
        orders = next(s for s in made["slos"] if s["name"] == "orders")
        assert (said in orders["warnings"], orders["total"]) == (expected, "1000")


def test_data_that_are_left_out_are_said_loudly_with_the_command_that_counts_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: float(AT - 300))
    shop.series("orders", f"{AT - 600},995,1000", f"{AT + 300},995,1000")
    loud = (
        "warning: data up to 2026-03-01 00:05 UTC are still to come, and left out; if they are a warped local"
        " stack's, `--at 2026-03-01T00:06:00Z` reports on all of them\n"
    )
    assert shop.run("report", "--at", "now").err == loud
    assert shop.run("report", "--at", "2026-03-01T00:06:00Z").err == ""


@pytest.mark.parametrize(
    ("at", "newest", "said"),
    [
        pytest.param("2099-01-01", AT - 300, True, id="nothing is known up to it"),
        pytest.param("2026-03-01T00:06:00Z", AT + 300, False, id="data of a warped stack are"),
        pytest.param("2026-02-28", AT - 300, False, id="it is past"),
    ],
)
def test_an_end_to_come_is_said_unless_there_are_data_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at: str, newest: int, said: bool
) -> None:
    monkeypatch.setattr("time.time", lambda: float(AT - 60))
    shop.series("orders", f"{newest},1000,1000")
    warned = shop.run("report", "--at", at).err
    assert ("is still to come: nothing is known up to it" in warned) == said


def test_the_gate_says_what_it_could_not_judge(shop: Shop) -> None:
    shop.series("orders", f"{AT - 600},many,1000")
    ran = shop.run("gate")
    rest = "allow, as no rule of the budget policy holds (1 SLO has no data)"
    assert (ran.code, ran.out) == (1, f"no answer: orders could not be judged; of the rest: {rest}\n")


def test_the_arithmetic_goes_to_a_file_too(shop: Shop) -> None:
    ran = shop.run("report", "--explain", "orders", "--out", "out/orders.txt")
    assert (ran.code, ran.out) == (0, "")
    assert "left        1 - 5 / 20" in (shop.root / "out/orders.txt").read_text()


@pytest.mark.parametrize("code", ["report-series", "slo-breached", "slo-at-risk", "slo-without-data"])
def test_what_the_report_finds_is_explained(
    code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["sereno", "explain", code])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code in (0, None)
    assert capsys.readouterr().out.startswith(f"{code}\n\n")


def test_a_broken_project_is_its_problems(shop: Shop) -> None:
    (shop.root / "slo/orders.yaml").write_text(SLO.replace("NAME", "orders").replace("0.99", "99"))
    ran = shop.run("report")
    assert ran.code == 1
    assert "slo/orders.yaml:" in ran.err
    assert ran.err.endswith("nothing was reported\n")
