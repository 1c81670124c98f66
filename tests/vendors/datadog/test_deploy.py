"""The commands against a fake Datadog, on this repository's own YAML, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
import typer
from typer.testing import CliRunner, Result

from sereno.cli import check, deploy, pager, report
from sereno.local import state
from sereno.vendors.datadog.fake_history import Counted
from sereno.vendors.datadog.observer import asked
from tests.vendors.datadog.conftest import Account

ROOT = Path(__file__).parents[3]


def run(*words: str) -> Result:
    app = typer.Typer()
    deploy.add(app)
    pager.add(app)
    check.add(app)
    report.add(app)
    return CliRunner().invoke(app, list(words))


def on_datadog(account: Account, *words: str) -> Result:
    where = ("--project", str(ROOT), "--backend", "datadog", "--endpoint-url", account.url)
    return run(*words, *where)


def test_build_is_offline_and_without_a_problem(tmp_path: Path) -> None:
    found = run("build", "--project", str(ROOT), "--backend", "datadog", "--out", str(tmp_path))
    document = json.loads((tmp_path / "datadog.json").read_text())

    assert found.exit_code == 0
    assert "warnings: `sereno check --backend datadog` tells more" in found.stderr
    assert document["backend"] == "datadog"
    assert len(document["resources"]) == 47


def test_plan_apply_plan_destroy(account: Account) -> None:
    assert "47 to create, 0 to change, 0 to delete" in on_datadog(account, "plan").stdout
    assert on_datadog(account, "apply").exit_code == 0
    again = on_datadog(account, "plan", "--detailed-exitcode")
    assert (again.exit_code, again.stdout.splitlines()[0]) == (0, "0 to create, 0 to change, 0 to delete")
    assert on_datadog(account, "destroy", "--yes").exit_code == 0
    assert account.names() == set()


def test_a_saved_plan_is_stale_once_a_hand_has_been_there(account: Account, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    on_datadog(account, "apply")
    account.fake.monitors.pop(min(account.fake.monitors))
    on_datadog(account, "plan", "--out", str(saved))
    account.fake.monitors.pop(min(account.fake.monitors))

    found = on_datadog(account, "apply", str(saved))
    assert found.exit_code != 0
    assert "what is live has changed" in str(found.exception)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An environment whose one word is `backend: datadog`."""
    for folder in ("slo", "alerts", "dashboards", "runbooks", "tests/alerts"):
        copytree(ROOT / folder, tmp_path / folder)
    text = (ROOT / "sereno.yaml").read_text()
    (tmp_path / "sereno.yaml").write_text(text.replace("backend: cloudwatch", "backend: datadog", 1))
    return tmp_path


def test_plan_says_how_late_the_monitors_look_and_what_is_billed(project: Path, account: Account) -> None:
    file = project / "sereno.yaml"
    file.write_text(file.read_text().replace("datadog_aws_delay: 0", "datadog_aws_delay: 900"))
    said = run("plan", "--project", str(project), "--endpoint-url", account.url).stdout

    assert "monitors of AWS metrics look 900 s back (evaluation_delay)" in said
    assert "custom metrics, at the price of your contract" in said


def test_one_word_in_sereno_yaml_switches_the_vendor(project: Path, account: Account) -> None:
    where = ("--project", str(project), "--endpoint-url", account.url)

    assert run("apply", *where).exit_code == 0
    assert "GET answers: page" in account.names()
    assert "muted until" in run("mute", "get-latency", "--for", "2h", "--reason", "noise", *where).stdout
    assert "get-latency: until" in run("mute", "--list", *where).stdout
    assert "get-latency is heard again" in run("mute", "get-latency", "--lift", *where).stdout
    assert "well  @pagerduty-users: sent" in run("page", "on-call", *where).stdout


def test_of_two_stacks_it_is_said_which_is_muted(project: Path, account: Account) -> None:
    mine = state.prepare(project)
    for pid, started in ((int(mine.stem), 5.0), (1, 3.0)):
        one = state.State(
            pid=pid,
            url="http://127.0.0.1:7",
            endpoint="http://127.0.0.1:8",
            datadog=account.url,
            console=f"http://127.0.0.1:9{pid}"[:22],
            warp=1.0,
            t0=0.0,
            started=started,
        )
        state.write(mine.with_stem(str(pid)), one)
    found = run("mute", "get-latency", "--for", "2h", "--reason", "noise", "--project", str(project))

    assert f"2 local stacks run; this is of the newest that datadog watches: pid {mine.stem}" in found.stderr
    assert "; not of pid 1\n" in found.stderr
    assert "muted until" in found.stdout


def test_a_difference_is_allowed_where_it_stands_and_only_then(project: Path) -> None:
    where = ("--project", str(project))
    before = run("check", *where).output
    slos = project / "slo" / "slos.yaml"
    allowed = "  name: get-availability # sereno: allow dd-few-events because the canary makes the traffic"
    slos.write_text(slos.read_text().replace("  name: get-availability", allowed, 1))
    after = run("check", *where).output

    assert ("(dd-few-events)" in before, "(dd-few-events)" in after) == (True, False)
    assert "(allow-unused)" not in after
    slos.write_text(slos.read_text().replace("allow dd-few-events", "allow dd-guard"))
    assert "`dd-guard` to be allowed" in run("check", *where).output
    assert "(allow-unused)" not in run("check", *where, "--backend", "cloudwatch").output


def test_the_arithmetic_of_an_slo_has_datadogs_own_figure_beside_it(project: Path, account: Account) -> None:
    where = ("--project", str(project), "--endpoint-url", account.url)
    assert run("apply", *where).exit_code == 0
    key = next(k for k, slo in account.fake.slos.items() if slo["name"] == "GET is fast")
    end = 1_772_323_200
    account.fake.counted = {key: Counted((end - 60,), (995,), (1_000,))}
    tags = "{service:users-api,env:local}"
    answered, fast = (f"sum:users.get_{name}{tags}.as_count()" for name in ("answered", "fast"))
    for query, value in ((answered, 1_000.0), (fast, 995.0)):
        account.fake.series[asked(query, 3_600)] = [(end - 3_600, value)]
    said = run("report", "--explain", "get-latency", "--at", str(end), *where).output

    assert "attainment  1 - 5 / 1000 = 0.995" in said
    assert "  Datadog     says 99.5 %, 50 % of its budget left; 995 of 1000 good\n" in said


def test_datadog_may_have_nothing_to_say(project: Path, account: Account) -> None:
    where = ("--project", str(project), "--endpoint-url", account.url)
    said = run("report", "--explain", "get-latency", "--at", "1772323200", *where).output

    assert "  Datadog     does not say: it has no such SLO\n" in said
