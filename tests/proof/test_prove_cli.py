"""`sereno test` and `sereno backtest` as commands: what they print, and their exit codes."""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from sereno import cli
from sereno.cli import histories, pieces

ROOT = Path(__file__).parents[2]
HEALTHY = [f"{1_767_225_600 + 60 * minute},0,1000" for minute in range(3_000)]
FAILING = [f"{1_767_225_600 + 60 * minute},{500 * (2_000 <= minute < 2_030)},1000" for minute in range(3_000)]


def sereno(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    """The exit code, and what was written to stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["sereno", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(ROOT)
    return lambda *words: sereno(monkeypatch, capsys, *words)


@pytest.fixture
def csv(tmp_path: Path):
    def write(name: str, *lines: str) -> str:
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    return write


def test_alert_tests_of_a_file(run, tmp_path: Path) -> None:
    code, out, _ = run("test", "tests/alerts/pipeline.yaml", "--junit", str(tmp_path / "out" / "junit.xml"))

    summary = "94 expectations in 5 alert tests hold (47 on CloudWatch, 47 on Datadog)\n"
    assert (code, out) == (0, summary)
    assert (tmp_path / "out" / "junit.xml").read_text(encoding="utf-8").count("<testcase") == 94


def test_one_vendor_alone(run) -> None:
    code, out, _ = run("test", "tests/alerts/pipeline.yaml", "--backend", "datadog")

    assert (code, out) == (0, "47 expectations in 5 alert tests hold\n")


def test_a_vendor_that_is_none(run) -> None:
    code, _, err = run("test", "tests/alerts/get-availability.yaml", "--backend", "azure")

    assert (code, err) == (2, "sereno: no back end is named `azure`; write cloudwatch or datadog\n")


def test_a_vendor_that_no_test_is_for(run, tmp_path: Path) -> None:
    there = ("--project", str(_of_one_test(tmp_path)))

    assert run("test", *there)[:2] == (0, "1 expectation in 1 alert test holds\n")
    code, _, err = run("test", *there, "--backend", "datadog")
    words = "no alert test is for datadog; `backend: datadog` in its spec makes it one"
    assert (code, err) == (2, f"sereno: {words}\n")


ONE = """\
apiVersion: sereno/v1
kind: AlertTest
metadata: {name: one}
spec:
  input_series: [{signal: dlq-visible, values: "1x9"}]
  alert_rule_test: [{eval_time: 5m, alert: dlq-not-empty, state: ALARM}]
"""


def test_coverage_tells_both_vendors(run) -> None:
    code, out, _ = run("test", "--coverage")
    lines = out.splitlines()

    assert code == 0
    assert lines[0].split() == ["CloudWatch", "Datadog"]
    assert next(line for line in lines if line.startswith("dlq-not-empty")).split() == [
        *("dlq-not-empty", "fires", "resolves", "fires", "resolves")
    ]
    assert lines[-2].startswith("25 of 25 alerts on CloudWatch and 25 of 25 alerts on Datadog")


def test_where_the_vendors_differ_is_shown_with_the_reason_and_is_no_failure(run) -> None:
    code, out, _ = run("test", "tests/alerts/pipeline.yaml", "--compare")

    assert code == 0
    assert (
        "tests/alerts/pipeline.yaml:4:18: dlq-not-empty: dlq-not-empty\n"
        "    CloudWatch  on-call from 11m to 16m; on-call from 21m to 24m\n"
        "    Datadog     on-call from 11m to 16m; on-call from 21m to 22m\n"
        "    because     CloudWatch judges a window without data by older datapoints, Datadog by what is in"
        " the window\n"
    ) in out
    said = (
        "6 of 9 comparisons are alike on both (9 alerts in 5 tests, each alert in every test that names it)"
    )
    assert f"{said}\n" in out


@pytest.mark.parametrize("name", ["get-availability", "get-latency", "pipeline", "row-freshness"])
def test_coverage_of_chosen_files_judges_the_alerts_that_they_name(run, name: str) -> None:
    code, out, err = run("test", f"tests/alerts/{name}.yaml", "--coverage")

    assert (code, err) == (0, "")
    assert "NEVER" not in out
    assert ", of those that the chosen tests name\n" in out


def test_coverage_of_a_chosen_file_says_what_is_named_and_not_shown(run, tmp_path: Path) -> None:
    project = _of_one_test(tmp_path)
    code, out, err = run("test", "--project", str(project), "tests/alerts/one.yaml", "--coverage")

    assert (code, err) == (1, "sereno: not every alert is shown to fire and to resolve\n")
    assert out == (
        "dlq-not-empty  fires        NEVER RESOLVES\n"
        "0 of 1 alerts on CloudWatch are shown to fire and to resolve, of those that the chosen tests name\n"
        "1 expectation in 1 alert test holds\n"
    )


def test_coverage_is_in_the_order_of_names(run) -> None:
    lines = run("test", "--coverage")[1].splitlines()[1:-2]
    names = [line.split()[0] for line in lines]

    assert (len(names), names) == (25, sorted(names))


def test_a_vendor_without_any_expectation_is_warned_of(run, tmp_path: Path) -> None:
    project = _of_one_test(tmp_path)
    text = (project / "sereno.yaml").read_text()
    (project / "sereno.yaml").write_text(text.replace("backend: cloudwatch", "backend: datadog", 1))
    code, out, err = run("test", "--project", str(project))

    assert (code, out) == (0, "1 expectation in 1 alert test holds\n")
    words = "no expectation is for datadog, which the environment local names"
    assert err == f"warning: {words}; `backend: both` in a test's spec makes it one for each\n"


def test_what_one_vendor_cannot_be_asked_for_leaves_a_way_to_judge_the_other(run, tmp_path: Path) -> None:
    assert run("init", str(tmp_path), "--service", "orders")[0] == 0
    with (tmp_path / "slo" / "orders.yaml").open("a") as documents:
        documents.write(AWS_ALONE)
    there = ("--project", str(tmp_path))
    code, _, err = run("test", *there)

    assert code == 1
    assert "signal `latency` does not say how Datadog is asked for it" in err
    words = "the alert tests were not run: `--backend cloudwatch` judges those of cloudwatch alone"
    assert err.endswith(f"sereno: {words}\n")
    assert run("test", *there, "--backend", "cloudwatch")[0] == 0


AWS_ALONE = """\
---
apiVersion: sereno/v1
kind: Signals
metadata: {name: more}
spec:
  latency:
    unit: Milliseconds
    description: How long the gateway takes.
    emittedBy: aws
    cloudwatch: {namespace: AWS/ApiGateway, metric: Latency, dimensions: {ApiId: "${api_id}"}, stat: p99}
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: slow}
spec: {description: It is slow., service: orders, signal: latency, op: gt, threshold: 900, severity: ticket}
"""


def test_a_failing_test_is_shown_and_exits_with_1(run, tmp_path: Path) -> None:
    project = _copy(
        tmp_path, "tests/alerts/pipeline.yaml", "eval_time: 11m, alert: dlq", "eval_time: 10m, alert: dlq"
    )
    code, out, err = run("test", "--project", str(project), "tests/alerts/pipeline.yaml")

    assert code == 1
    assert "dlq-not-empty at 10m on CloudWatch: expected ALARM, was OK" in out
    assert "dlq-visible: 0 0 0 0 0 0 0 0 | 1 1 1 1" in out
    assert "2 of 94 expectations in 5 alert tests do not hold" in err


def test_a_slip_in_a_series_has_its_place(run, tmp_path: Path) -> None:
    project = _copy(tmp_path, "tests/alerts/pipeline.yaml", '"0x9 1x4', '"0x9 1y4')
    code, _, err = run("test", "--project", str(project))

    assert code == 1
    assert "tests/alerts/pipeline.yaml:12:37" in err
    assert "`1y4` is not a value: write 3, 0x5, 1+2x30" in err


def _copy(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """The project with one text changed in one file."""
    for part in ("slo", "alerts", "dashboards", "runbooks", "tests/alerts"):
        if (ROOT / part).exists():
            shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "sereno.yaml", tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


def _of_one_test(tmp_path: Path) -> Path:
    """The project with one test alone, of CloudWatch's minutes."""
    project = _copy(tmp_path, "sereno.yaml", "project: sereno", "project: shop")
    shutil.rmtree(project / "tests")
    (project / "tests" / "alerts").mkdir(parents=True)
    (project / "tests" / "alerts" / "one.yaml").write_text(ONE, encoding="utf-8")
    return project


def test_no_test_there(run) -> None:
    code, _, err = run("test", "runbooks")

    assert (code, err) == (2, "sereno: no alert test is in runbooks\n")


def test_no_test_at_all(run, tmp_path: Path) -> None:
    project = _copy(tmp_path, "sereno.yaml", "project: sereno", "project: shop")
    shutil.rmtree(project / "tests")
    code, _, err = run("test", "--project", str(project))

    assert (code, err) == (
        2,
        "sereno: there is no alert test; write one of `kind: AlertTest` in tests/alerts/\n",
    )


def test_a_backtest_without_a_project(run, csv) -> None:
    history = csv("h.csv", "timestamp,bad,total", *FAILING)
    labels = csv("l.csv", "start,end,name", f"{1_767_225_600 + 120_000},{1_767_225_600 + 121_800},outage")
    code, out, _ = run("backtest", "--target", "0.999", "--history", history, "--incidents", labels)

    assert code == 0
    assert "significant for a page: 1" in out
    assert [line.split()[:4] for line in out.splitlines() if line.startswith("google page")] == [
        ["google", "page", "page", "1"]
    ]


def test_an_incident_counts_from_what_the_most_sensitive_pair_promises_to_see(
    run, csv, tmp_path: Path
) -> None:
    """6x over 6 h of 30 days are 5 % of the budget, 3x over 24 h are 10 %."""
    project = tmp_path / "shop"
    assert run("init", str(project), "--service", "orders")[0] == 0
    slo = project / "slo" / "orders.yaml"
    slo.write_text(slo.read_text().replace("    - alertPolicyRef: page-14-4x-1h\n", ""))
    labels = csv("l.csv", "start,end,name", f"{1_767_225_600 + 120_000},{1_767_225_600 + 121_800},outage")
    history = csv("h.csv", "timestamp,bad,total", *FAILING)
    there = ("--project", str(project), "--history", history, "--incidents", labels)
    code, out, _ = run("backtest", "availability", *there)

    assert code == 0
    shares = [line.rpartition(", with ")[2] for line in out.splitlines() if "significant for a" in line]
    assert shares == ["5.00 % of the budget or more", "10.00 % of the budget or more"]


def test_a_backtest_of_an_slo_with_a_what_if_and_a_picture(run, csv, tmp_path: Path) -> None:
    history = csv("h.csv", "timestamp,good,total", *(line.replace(",0,", ",1000,") for line in HEALTHY))
    page = tmp_path / "page.html"
    arguments = ("--history", history, "--what-if", "10x 1h/5m", "--format", "html", "--out", str(page))
    code, out, _ = run("backtest", "get-availability", *arguments)

    assert (code, out) == (0, f"wrote {page}\n")
    assert "10x 1h/5m" in page.read_text(encoding="utf-8")


def test_a_backtest_of_an_alert(run, csv) -> None:
    values = [f"{1_767_225_600 + 60 * m},{400 if 50 <= m < 60 else 0}" for m in range(100)]
    code, out, _ = run(
        "backtest", "oldest-message-age", "--history", csv("h.csv", "timestamp,value", *values)
    )

    assert code == 0
    assert [line.split()[:3] for line in out.splitlines() if line.startswith("declared")] == [
        ["declared", "page", "1"]
    ]


def test_parquet_is_read_as_csv_is(run, tmp_path: Path) -> None:
    table = pyarrow.table({"timestamp": [1_767_225_600, 1_767_225_660], "bad": [0, 1], "total": [10, 10]})
    parquet.write_table(table, tmp_path / "h.parquet")

    assert histories.from_file(tmp_path / "h.parquet").bad.tolist() == [0, 1]


@pytest.mark.parametrize("name", ["h.csv.gz", "h.csv"])
def test_what_is_compressed_is_read_as_the_report_reads_it(run, tmp_path: Path, name: str) -> None:
    text = b"timestamp,bad,total\n1767225600,0,10\n1767225660,1,10\n"
    (tmp_path / name).write_bytes(gzip.compress(text))

    assert histories.from_file(tmp_path / name).bad.tolist() == [0, 1]


@pytest.mark.parametrize(
    "cut", [slice(0, -9), slice(0, 0), slice(4, None)], ids=["short", "empty", "no gzip"]
)
def test_what_is_no_gzip_file_is_said_to_be_none(run, tmp_path: Path, cut: slice) -> None:
    history = tmp_path / "h.csv.gz"
    history.write_bytes(gzip.compress(b"timestamp,bad,total\n1767225600,0,10\n1767225660,1,10\n")[cut])
    code, _, err = run("backtest", "--target", "0.9", "--history", str(history))

    assert code == 2
    assert f"{history} cannot be read: it is no gzip file, or ends too early" in err
    assert "compress it again, or write the plain `.csv`" in err


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        pytest.param(
            ["timestamp,bad,total", "2026-01-01,5,3"], 1, "more than the total", id="more bad than total"
        ),
        pytest.param(["timestamp,bad,total", "2026-01-01,-5,3"], 1, "-5", id="a negative count"),
        pytest.param(
            ["timestamp,bad,total", "2026-01-01,3,1e30"], 1, "more than is counted", id="a huge count"
        ),
        pytest.param(["timestamp,bad,total", "2026-01-01,nan,3"], 1, "not a number", id="NaN"),
        pytest.param(
            ["timestamp,bad,total", "2026-01-01,1,3", "2026-01-01,1,3"], 1, "again", id="a time twice"
        ),
        pytest.param(["timestamp,bad,total"], 1, "is empty", id="no line"),
        pytest.param([""], 1, "is empty", id="an empty file"),
        pytest.param(["a,b", "1,2"], 1, "no known form", id="other columns"),
        pytest.param(
            ["timestamp,value", "2026-01-01,3"], 2, "has values, not counts", id="values of a ratio"
        ),
    ],
)
def test_a_bad_history(run, csv, lines: list[str], code: int, words: str) -> None:
    found, _, err = run("backtest", "--target", "0.999", "--history", csv("h.csv", *lines))

    assert found == code
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["get-availability", "--history", "nowhere.csv"], "cannot be read", id="no file"),
        pytest.param(["gets", "--history", "x.csv"], "no SLO or alert is named `gets`", id="no such SLO"),
        pytest.param(["dlq-not-empty"], "given with --history", id="an alert without a history"),
        pytest.param(["--target", "1", "--history", "x"], "a share below 1", id="a target of all"),
        pytest.param(["--target", "0.9"], "needs --history", id="a target alone"),
        pytest.param(["get-availability", "--format", "pdf"], "no format is named `pdf`", id="a format"),
    ],
)
def test_a_backtest_that_cannot_be_done(run, arguments: list[str], words: str) -> None:
    code, _, err = run("backtest", *arguments)

    assert code == 2
    assert words in err


@pytest.mark.parametrize("kind", ["csv", "crlf", "gzip", "parquet"])
@pytest.mark.parametrize(
    "columns", [("timestamp", "bad", "total"), ("timestamp", "total", "bad"), ("timestamp", "value")]
)
def test_a_large_file_is_the_same_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, columns: tuple[str, ...]
) -> None:
    """Times 20 s apart, then 5 min, then 20 s early: no interval may depend on where a piece ends."""
    times = [*range(0, 6_000, 20), *range(6_000, 18_000, 300), *range(17_980, 19_000, 20)]
    rows = {"timestamp": sorted(set(times))}
    rows |= {"bad": [t % 7 for t in rows["timestamp"]], "total": [9 + t % 3 for t in rows["timestamp"]]}
    rows |= {"value": [t / 8 for t in rows["timestamp"]]}
    path = tmp_path / "history"
    if kind == "parquet":
        parquet.write_table(pyarrow.table({name: rows[name] for name in columns}), path)
    else:
        lines = [columns, *zip(*(map(str, rows[name]) for name in columns), strict=True)]
        text = (b"\r\n" if kind == "crlf" else b"\n").join(",".join(x).encode() for x in lines)
        path.write_bytes(gzip.compress(text) if kind == "gzip" else text)
    whole = histories.from_file(path)
    monkeypatch.setattr(pieces, "PIECE", 997)
    monkeypatch.setattr(pieces, "ROWS", 31)
    parts = histories.from_file(path)

    assert (parts.start, parts.minutes) == (whole.start, whole.minutes) == (0, 317)
    for name in ("bad", "total", "values"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


@pytest.mark.parametrize(
    ("at", "line", "words"),
    [
        pytest.param(
            2_001, "soon,0,1000", "h.csv:2002:1: error: `soon` is no time", id="a time that is none"
        ),
        pytest.param(2_001, "1767225600,0,1000", "is not sorted by time near line", id="a line out of order"),
        pytest.param(2_001, "1,2,3\xe9", "h.csv:2002:1: error: this line is not UTF-8", id="not UTF-8"),
    ],
)
def test_a_slip_in_a_large_file_has_its_line(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, line: str, words: str
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 4_096)
    lines = ["timestamp,bad,total", *HEALTHY]
    (tmp_path / "h.csv").write_bytes("\n".join([*lines[:at], line, *lines[at + 1 :]]).encode("latin-1"))
    code, _, err = run("backtest", "--target", "0.9", "--history", str(tmp_path / "h.csv"))

    assert code == 1
    assert words in err


def test_a_file_without_lines_is_not_read_to_its_end(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 64)
    monkeypatch.setattr(pieces, "LINE", 64)
    (tmp_path / "h.csv").write_bytes(b"timestamp,bad,total\n" + b"9" * 1_000)
    code, _, err = run("backtest", "--target", "0.9", "--history", str(tmp_path / "h.csv"))

    assert code == 1
    assert "h.csv:2:1: error: `9999" in err
