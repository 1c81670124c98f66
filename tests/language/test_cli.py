"""The command line as a person meets it: the real program, its words, forms and exit codes."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from sereno.cli import main
from tests.language import problem_cases
from tests.language.openslo_documents import SLO

BASE = problem_cases.PROBLEMS / "base"
SERENO = Path(sys.executable).parent / "sereno"


def sereno(*words: str | Path, cwd: Path) -> tuple[int, str, str]:
    """Exit code, output and errors of the program, run in this process, which is ten times as fast."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["sereno", *map(str, words)]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    gc.enable()  # `check` switches it off for its short life
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


def test_the_installed_program_says_the_same(sound: Path) -> None:
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [SERENO, "check"], cwd=sound, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "no problems in 6 files\n", "")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    shutil.copytree(BASE, tmp_path / "sound")
    return tmp_path / "sound"


@pytest.fixture
def broken(sound: Path) -> Path:
    alerts = sound / "alerts" / "base.yaml"
    alerts.write_text(alerts.read_text().replace("severity: ticket", "severity: tickets"))
    return sound


def test_check_of_a_sound_project_says_so_and_exits_0(sound: Path) -> None:
    assert sereno("check", cwd=sound) == (0, "no problems in 6 files\n", "")


def test_the_project_is_found_upwards(sound: Path) -> None:
    assert sereno("check", cwd=sound / "alerts")[:2] == (0, "no problems in 6 files\n")


def test_check_of_a_broken_project_shows_the_place_and_exits_1(broken: Path) -> None:
    code, out, err = sereno("check", cwd=broken)
    assert (code, err) == (1, "1 error in 6 files\n")
    assert out.startswith("alerts/base.yaml:4:95: error: `severity` cannot be `tickets` (not-allowed)\n")
    assert out.endswith("    did you mean `ticket`?\n")


def test_files_are_named_from_where_one_stands(broken: Path) -> None:
    code, out, _ = sereno("check", "--project", broken, cwd=broken.parent)
    assert (code, out.partition(":")[0]) == (1, "sound/alerts/base.yaml")


def test_json_is_a_list_of_problems_with_seven_fields(broken: Path) -> None:
    code, out, err = sereno("check", "--format", "json", cwd=broken)
    assert (code, err) == (1, "")
    assert json.loads(out) == [
        {
            "code": "not-allowed",
            "severity": "error",
            "file": "alerts/base.yaml",
            "line": 4,
            "column": 95,
            "message": "`severity` cannot be `tickets`",
            "help": "did you mean `ticket`?",
        }
    ]


def test_github_gets_annotations(broken: Path) -> None:
    _, out, _ = sereno("check", "-f", "github", cwd=broken)
    assert out == (
        "::error file=alerts/base.yaml,line=4,col=95,endColumn=102,title=not-allowed::"
        "`severity` cannot be `tickets`%0Adid you mean `ticket`?\n"
    )


def test_sarif_names_the_rule_and_the_place(broken: Path) -> None:
    _, out, _ = sereno("check", "-f", "sarif", cwd=broken)
    run = json.loads(out)["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["not-allowed"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "alerts/base.yaml"
    assert place["region"] == {"startLine": 4, "startColumn": 95, "endColumn": 102}


def test_sarif_names_a_file_by_a_uri(tmp_path: Path) -> None:
    (tmp_path / "a %:b.yaml").write_text("a: b\n")
    run = json.loads(sereno("check", tmp_path, "-f", "sarif", cwd=tmp_path)[1])["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20%25%3Ab.yaml"


def test_only_the_paths_that_are_asked_for_are_shown(broken: Path) -> None:
    assert sereno("check", "slo", cwd=broken)[0] == 0
    assert sereno("check", "alerts/base.yaml", cwd=broken)[0] == 1


def test_a_folder_of_openslo_outside_any_project_is_checked(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(json.dumps(_alone(SLO)))
    code, out, _ = sereno("check", tmp_path, cwd=Path("/"))
    assert (code, [line.rpartition("(")[2] for line in out.splitlines() if ": warning:" in line]) == (
        0,
        ["unknown-service)", "unknown-source-type)", "unknown-source-type)"],
    )


def _alone(tree: dict[str, Any]) -> dict[str, Any]:
    """Without references, which nothing here would answer."""
    text = json.dumps(tree).replace('"metricSourceRef": "store", ', "").replace("Datadog", "Prometheus")
    return {**json.loads(text), "spec": {**json.loads(text)["spec"], "alertPolicies": []}}


UNABLE = {
    "no project": (["check"], "no sereno.yaml here or above"),
    "no such path": (["check", "nowhere"], "there is no nowhere"),
    "a path nobody may have": (["check", "a" * 5_000], "cannot be looked at: File name too long"),
    "no such format": (["check", "--format", "xml"], "no format is named `xml`"),
    "no such code": (["explain", "unknown-fild"], "did you mean `unknown-field`?"),
    "no such schema": (["schema", "slo"], "there is no schema of `slo`"),
    "no such export": (["export", "nobl9"], "there is no export to `nobl9`"),
}


@pytest.mark.parametrize(("words", "said"), UNABLE.values(), ids=UNABLE)
def test_what_cannot_be_done_is_one_sentence_and_exits_2(words: list[str], said: str, tmp_path: Path) -> None:
    code, out, err = sereno(*words, cwd=tmp_path)
    assert (code, out, said in err, err.count("\n")) == (2, "", True, 1)


def test_an_unknown_environment_is_a_problem(sound: Path) -> None:
    code, out, _ = sereno("check", "--env", "locale", cwd=sound)
    assert (code, "did you mean `local`?" in out) == (1, True)


def test_explain_shows_the_page(sound: Path) -> None:
    code, out, _ = sereno("explain", "unreachable-burn", cwd=sound)
    assert (code, out.splitlines()[0], "Breaks:" in out, "Keeps:" in out) == (
        0,
        "unreachable-burn",
        True,
        True,
    )


def test_route_says_who_and_by_which_rule(sound: Path) -> None:
    code, out, _ = sereno("route", "severity=page", cwd=sound)
    said = "on-call: arn:aws:sns:us-east-1:000000000000:on-call (by the root, alerts/base.yaml:11)\n"
    assert (code, out) == (0, said)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("severity=pgae", "note: nothing here has severity=pgae; did you mean `page`?\n"),
        ("alert=backlog-hgih", "note: nothing here has alert=backlog-hgih; did you mean `backlog-high`?\n"),
        ("severity=ticket", ""),
        ("team=web", ""),
    ],
    ids=["no severity", "no alert", "one that is", "a label of one's own"],
)
def test_a_label_that_nothing_here_has_is_noted_and_routed_all_the_same(
    sound: Path, label: str, said: str
) -> None:
    code, out, err = sereno("route", label, cwd=sound)
    assert (code, out.partition(":")[0], err) == (0, "on-call", said)


def test_route_takes_labels_only(sound: Path) -> None:
    assert sereno("route", "page", cwd=sound)[0] == 2


def test_init_writes_a_project_that_check_passes_and_never_overwrites(tmp_path: Path) -> None:
    code, out, _ = sereno("init", "orders", "--owner", "orders-team", cwd=tmp_path)
    assert (code, out) == (0, "wrote 11 files; try: sereno check --project orders\n")
    assert sereno("check", "--project", "orders", cwd=tmp_path)[:2] == (0, "no problems in 10 files\n")
    code, _, err = sereno("init", "orders", cwd=tmp_path)
    assert (code, "is there already; nothing was written" in err) == (2, True)


@pytest.mark.parametrize("name", ["no", "null", "08", "1e3", "true"])
def test_init_writes_names_that_some_reader_takes_for_something_else(name: str, tmp_path: Path) -> None:
    assert sereno("init", "x", "--service", name, "--owner", name, cwd=tmp_path)[0] == 0
    assert sereno("check", "--project", "x", cwd=tmp_path)[:2] == (0, "no problems in 10 files\n")


def test_init_in_a_folder_with_a_name_that_no_service_may_have_writes_another(tmp_path: Path) -> None:
    assert sereno("init", "x" * 41, cwd=tmp_path)[0] == 0
    assert "project: service\n" in (tmp_path / ("x" * 41) / "sereno.yaml").read_text()


def test_init_refuses_a_name_that_is_none(tmp_path: Path) -> None:
    code, _, err = sereno("init", "x", "--service", "My Service", cwd=tmp_path)
    assert (code, "`My Service` is no service's name" in err, list(tmp_path.iterdir())) == (2, True, [])


def test_resources_of_others_are_judged_by_the_limits(tmp_path: Path) -> None:
    alarm = {"AlarmName": "x", "MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 45}
    (tmp_path / "alarms.json").write_text(json.dumps({"MetricAlarms": [alarm]}))
    code, out, _ = sereno("check", "--resources", "alarms.json", cwd=tmp_path)
    assert (code, "(cw-periods)" in out or "Period" in out) == (1, True)


@pytest.mark.parametrize("command", ["check", "explain", "route", "schema", "export", "init"])
def test_the_help_of_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    code, out, _ = sereno(command, "-h", cwd=tmp_path)
    assert (code, "Example: sereno" in out) == (0, True)
