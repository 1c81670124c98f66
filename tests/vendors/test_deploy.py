"""The commands, as a person runs them: against an emulator, interrupted, and without anyone to ask."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import typer
import yaml
from typer.testing import CliRunner

from sereno.cli import adopt, deploy, pager
from sereno.errors import SerenoError
from sereno.language import load_system
from sereno.language.problem import render_text

PROJECT = """\
project: shop
runbookUrl: https://run.example
environments:
  test: {{backend: cloudwatch, region: eu-west-1, variables: {{name: {name}}}}}
"""
SIGNALS = """\
apiVersion: sereno/v1
kind: Signals
metadata: {name: shop}
spec:
  failed:
    unit: Count
    description: Orders that failed.
    emittedBy: aws
    cloudwatch: {namespace: Shop, metric: Failed, dimensions: {}, stat: Sum}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {sereno.dev/owner: team-shop}}
spec: {description: Takes orders.}
"""
ROUTES = """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: shop}
spec:
  receivers:
    on-call: {description: Wakes somebody., cloudwatch: ["arn:aws:sns:eu-west-1:123456789012:on-call"]}
  route: {receiver: on-call}
"""
ALERT = """\
---
apiVersion: sereno/v1
kind: Alert
metadata: {{name: failing-{n}}}
spec:
  description: Orders fail.
  service: shop
  signal: failed
  op: gt
  threshold: {threshold}
  period: 1m
  datapoints: 1 of 1
  missing: notBreaching
  severity: page
"""
RUNBOOK = """\
---
title: Orders fail
owner: team-shop
applies-to: [{names}]
---
# Orders fail
## First look
Look at the orders.
"""
WARNED = (
    "1 warning: `sereno check --env test` tells more\n"  # no alert test, which is not what is tested here
)


def write(root: Path, count: int, threshold: int = 5, name: str = "x") -> Path:
    """A project of `count` alerts."""
    for folder in ("slo", "alerts", "runbooks"):
        (root / folder).mkdir(exist_ok=True)
    (root / "sereno.yaml").write_text(PROJECT.format(name=name))
    (root / "slo" / "signals.yaml").write_text(SIGNALS)
    (root / "alerts" / "routes.yaml").write_text(ROUTES)
    alerts = "".join(ALERT.format(n=n, threshold=threshold) for n in range(count))
    (root / "alerts" / "shop.yaml").write_text(alerts)
    for n in range(count):
        (root / "runbooks" / f"failing-{n}.md").write_text(RUNBOOK.format(names=f"failing-{n}"))
    return root


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
APP = typer.Typer()
for group in (adopt, deploy, pager):
    group.add(APP)


def run(root: Path, *words: str) -> Done:
    """The command in this process; what `main` would print of an error is part of stderr."""
    result = CliRunner().invoke(APP, [*words, "--env", "test", "--project", str(root)])
    error = result.exception
    if isinstance(error, SerenoError):
        problems = render_text(getattr(error, "problems", ()))
        return Done(error.exit_code, result.stdout, f"{result.stderr}{problems}sereno: {error}\n")
    assert error is None or isinstance(error, SystemExit), error
    return Done(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def at(moto: str, tmp_path: Path) -> Run:
    """Runs a command against an emulator's empty account, in this test's project."""
    with urlopen(Request(f"{moto}/moto-api/reset", method="POST"), timeout=10):
        pass

    def go(*words: str) -> Done:
        return run(tmp_path, *words, "--endpoint-url", moto)

    return go


def test_build_writes_one_readable_file(tmp_path: Path) -> None:
    done = run(write(tmp_path, 2), "build", "--out", str(tmp_path / "out"))
    document = json.loads((tmp_path / "out" / "cloudwatch.json").read_text())

    assert (done.returncode, done.stderr) == (0, "2 warnings: `sereno check --env test` tells more\n")
    assert done.stdout.endswith("cloudwatch.json: 2 metric-alarms\n")
    assert [r["address"] for r in document["resources"]] == ["alert/failing-0", "alert/failing-1"]


def test_plan_apply_change_and_destroy(at: Run, tmp_path: Path) -> None:
    write(tmp_path, 2)
    first = at("plan", "--detailed-exitcode")
    assert first.stdout == (
        "+ metric-alarm alert/failing-0\n+ metric-alarm alert/failing-1\n"
        "2 to create, 0 to change, 0 to delete\n"
        "cost a month: $0.00 now (nothing)\n"
        "              $0.20 after this, +0.20 (2 alarm metrics 0.20)\n"
        "beside it: 1 custom metric that the signals read, $0.30\n"
        "(list prices of us-east-1, 2026-06, for 30 days; the free tier is not taken off: 10 alarm metrics,"
        " 3 dashboards, 10 custom metrics, 100 Synthetics runs, and of Lambda a million requests and 400,000"
        " GB-seconds)\n"
    )
    assert first.returncode == 2
    assert at("apply").stdout.endswith("done: 2 created, 0 changed, 0 deleted\n")
    assert at("plan", "--detailed-exitcode").returncode == 0

    write(tmp_path, 1, threshold=7)
    changed = at("plan")
    assert "~ metric-alarm alert/failing-0\n" in changed.stdout
    assert "    Threshold: 5.0 -> 7.0\n" in changed.stdout
    assert "- metric-alarm alert/failing-1\n" in changed.stdout
    assert at("apply", "--target", "alert/failing-0").returncode == 0
    assert "0 to create, 0 to change, 1 to delete\n" in at("plan").stdout

    refused = at("destroy")
    assert refused.returncode == 2
    assert refused.stderr.endswith("sereno: nobody is here to ask: say --yes\n")
    assert at("destroy", "--yes").returncode == 0
    assert "1 to create, 0 to change, 0 to delete\n" in at("plan").stdout


def test_a_plan_in_a_file_is_applied_as_it_is_or_not_at_all(at: Run, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    write(tmp_path, 1)
    at("plan", "--out", str(file))
    write(tmp_path, 3)

    assert at("apply", str(file)).stdout == (
        "create metric-alarm alert/failing-0\ndone: 1 created, 0 changed, 0 deleted\n"
    )
    stale = at("apply", str(file))
    assert stale.returncode == 1
    assert "what is live has changed since this plan was made" in stale.stderr


def test_a_name_that_somebody_holds_is_not_taken(at: Run, moto: str, tmp_path: Path) -> None:
    import boto3

    write(tmp_path, 1)
    theirs = boto3.client(
        "cloudwatch", "eu-west-1", endpoint_url=moto, aws_access_key_id="local", aws_secret_access_key="local"
    )
    theirs.put_metric_alarm(
        AlarmName="shop-test-alert-failing-0",
        MetricName="M",
        Namespace="N",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    done = at("apply")

    assert done.returncode == 1
    assert "`alarm:shop-test-alert-failing-0` exists, and its tags do not say that it is ours" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_apply_that_is_stopped_is_finished_by_the_next(
    at: Run, moto: str, tmp_path: Path, how: signal.Signals
) -> None:
    write(tmp_path, 60)
    sereno = [sys.executable, "-c", "from sereno.cli import run; run()"]
    words = [*sereno, "apply", "--endpoint-url", moto, "--env", "test", "--project", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        child.send_signal(how)
        _, said = child.communicate(timeout=60)

    assert first == "create metric-alarm alert/failing-0\n"
    if how is signal.SIGINT:
        assert child.returncode == 130
        left = r"sereno: interrupted: \d+ of 60 changes are made, and the next `sereno plan` shows the rest\n"
        assert re.search(left + r"\Z", said)
    assert at("apply").returncode == 0
    assert at("plan", "--detailed-exitcode").returncode == 0


def test_no_one_to_ask_is_a_sentence(tmp_path: Path) -> None:
    root = write(tmp_path, 1)
    done = run(root, "plan", "--endpoint-url", "http://127.0.0.1:9")
    detailed = run(root, "plan", "--detailed-exitcode", "--endpoint-url", "http://127.0.0.1:9")

    assert done.returncode == 2
    assert done.stderr.startswith(f"{WARNED}sereno: AWS cannot be asked: Could not connect")
    assert detailed.returncode == 1


SERENO = [sys.executable, "-c", "from sereno.cli import main; main()"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bogus"], "No such option: --bogus"),
        (["--target"], "Option '--target' requires an argument"),
        (["--env", "nosuch"], "no environment `nosuch`"),
        (["--out", "/dev/full"], "/dev/full cannot be written"),
    ],
    ids=["no such option", "an option without its value", "no such environment", "a full disk"],
)
def test_whatever_fails_a_plan_with_a_detailed_exit_code_is_a_one(
    moto: str, tmp_path: Path, words: list[str], said: str
) -> None:
    """A two would say that there are changes."""
    root = write(tmp_path, 1)
    asked = ["plan", "--detailed-exitcode", "--endpoint-url", moto, "--project", str(root), "--env", "test"]
    done = subprocess.run([*SERENO, *asked, *words], capture_output=True, text=True, check=False)

    assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_a_plan_that_nobody_can_read_is_no_plan_without_changes(moto: str, tmp_path: Path) -> None:
    root = write(tmp_path, 1)
    asked = ["plan", "--detailed-exitcode", "--endpoint-url", moto, "--project", str(root), "--env", "test"]
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([*SERENO, *asked], stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.endswith("sereno: standard output cannot be written: No space left on device\n")


def test_an_apply_whose_reader_goes_says_how_far_it_came(at: Run, moto: str, tmp_path: Path) -> None:
    root = write(tmp_path, 30)
    asked = ["apply", "--endpoint-url", moto, "--project", str(root), "--env", "test"]
    with subprocess.Popen(
        [*SERENO, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read()

    assert child.returncode == 2
    assert re.search(r"^sereno: stopped: \d+ of 30 changes are made, and the next", said, re.MULTILINE), said
    assert at("apply").returncode == 0


def test_no_credentials_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run(write(tmp_path, 1), "plan")

    said = "there are no AWS credentials: sign in, or name a profile in AWS_PROFILE"
    assert done == Done(2, "", f"{WARNED}sereno: {said}\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["plan", "--out", "/dev/full"], "/dev/full cannot be written: No space left on device"),
        (["apply", "missing.json", "--target", "a"], "a plan is applied as it is: leave --target out"),
        (["plan", "--target", "alert/failing"], "nothing at or below `alert/failing`; did you mean"),
        (["apply", "missing.json"], "missing.json cannot be read: No such file or directory"),
        (["mute", "failing-0", "--for", "2h"], "say --reason: whoever wonders at the silence reads it"),
        (["mute", "failing-0", "--for", "16d", "--reason", "x"], "say --for with 1m to 15d"),
        (["mute"], "say which alert, or --list"),
        (["mute", "failing-O", "--for", "1h", "--reason", "x"], "`failing-O`; did you mean `failing-0`?"),
        (["page", "on-cal"], "no receiver is named `on-cal`; did you mean `on-call`?"),
    ],
    ids=[
        "a full disk",
        "a target of a plan",
        "no such target",
        "no such plan",
        "no reason",
        "too long",
        "no alert",
        "no such alert",
        "no such receiver",
    ],
)
def test_what_a_person_can_mend(at: Run, tmp_path: Path, words: list[str], expected: str) -> None:
    write(tmp_path, 1)
    done = at(*words)

    assert done.returncode == 2
    assert expected in done.stderr


def theirs(moto: str) -> Any:
    """Somebody else's client."""
    import boto3

    key = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client("cloudwatch", "eu-west-1", endpoint_url=moto, **key)


def test_an_import_that_finds_nothing_says_so(at: Run, tmp_path: Path) -> None:
    (tmp_path / "sereno.yaml").write_text(PROJECT.format(name="x"))
    done = at("import", "cloudwatch", "--prefix", "Nobody", "--out", str(tmp_path / "imported"))

    said = "nothing live is named `Nobody...`, so nothing was written\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert not (tmp_path / "imported").exists()


def test_what_others_made_is_imported_built_and_planned_without_a_change(
    at: Run, moto: str, tmp_path: Path
) -> None:
    """An alarm on a metric, and one on metric math."""
    fetched = {"Metric": {"Namespace": "Shop", "MetricName": "Failed"}, "Period": 300, "Stat": "Sum"}
    shared = {"EvaluationPeriods": 3, "Threshold": 4.5, "ComparisonOperator": "GreaterThanThreshold"}
    client = theirs(moto)
    client.put_metric_alarm(
        AlarmName="Shop: failing", **shared, **fetched["Metric"], Period=60, Statistic="Sum", Unit="Count"
    )
    rate = {"Id": "e1", "Expression": "RATE(m1)", "ReturnData": True}
    fetched_as_m1 = {"Id": "m1", "MetricStat": fetched, "ReturnData": False}
    client.put_metric_alarm(AlarmName="Shop: rate", **shared, Metrics=[rate, fetched_as_m1])
    (tmp_path / "sereno.yaml").write_text(PROJECT.format(name="x"))

    done = at("import", "cloudwatch", "--prefix", "Shop", "--out", str(tmp_path))
    assert done.stderr == ""
    planned = at("plan", "--detailed-exitcode")
    assert planned.returncode == 0
    assert planned.stdout.startswith(
        "= metric-alarm alert/failing is adopted as it is\n= metric-alarm alert/rate is adopted as it is\n"
        "0 to create, 0 to change, 0 to delete; 2 to adopt: only tags are added\n"
    )
    assert at("apply").returncode == 0
    assert at("plan").stdout.startswith("0 to create, 0 to change, 0 to delete\n")

    (tmp_path / "alerts" / "imported.yaml").unlink()
    (tmp_path / "slo" / "imported-service.yaml").unlink()
    assert at("plan").stdout.startswith("- metric-alarm alert/rate\n- metric-alarm alert/failing\n")


def test_what_the_project_declares_already_is_left_out_of_an_import(
    at: Run, moto: str, tmp_path: Path
) -> None:
    """Its own alert, and one that it has adopted; what others made gets names that are free here."""
    write(tmp_path, 1)
    shared = {"EvaluationPeriods": 3, "Threshold": 4.5, "ComparisonOperator": "GreaterThanThreshold"}
    shared |= {"Namespace": "Shop", "Period": 60, "Statistic": "Sum"}
    theirs(moto).put_metric_alarm(AlarmName="shop: adopted", **shared, MetricName="Late")
    assert at("import", "cloudwatch", "--prefix", "shop: a", "--out", str(tmp_path)).returncode == 0
    assert at("apply").returncode == 0
    for name in ("shop: failing 0", "shop: failed"):
        theirs(moto).put_metric_alarm(AlarmName=name, **shared, MetricName=f"Of {name}")

    done = at("import", "cloudwatch", "--prefix", "shop", "--out", str(tmp_path / "alerts" / "more"))

    adopted, own = "alerts/imported.yaml:4", "alerts/shop.yaml:4"
    assert [line for line in done.stderr.splitlines() if line.startswith("left out")] == [
        f"left out: shop: adopted: this project declares it ({adopted})",
        f"left out: shop-test-alert-failing-0: this project declares it ({own})",
    ]
    (written,) = (tmp_path / "alerts" / "more").glob("alerts/*.yaml")
    alerts = list(yaml.safe_load_all(written.read_text()))
    assert sorted(a["metadata"]["name"] for a in alerts) == ["failed", "failing-0-2"]
    assert "two-of-a-name" not in [p.code for p in load_system(tmp_path, "test")[1]]
