"""The GitHub action's script, run with a `gh` that notes what it is asked and a `sereno` of one's own."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ACTION = Path(__file__).parents[2] / ".github/actions/slo-report"

SERENO = """\
#!/usr/bin/env bash
echo "$@" > "$NOTES/asked"
[ "$SERENO_CODE" = 2 ] && exit 2
out=""; while [ $# -gt 0 ]; do [ "$1" = --out ] && out=$2; shift; done
mkdir -p "$out"
for i in $(seq "$LINES_OF_REPORT"); do echo "| line $i of the report |"; done > "$out/slo-report.md"
echo "::warning title=slo-at-risk::checkout" > "$out/slo-report.github.txt"
exit "$SERENO_CODE"
"""
GH = """\
#!/usr/bin/env bash
echo "$@" >> "$NOTES/gh"
[ "$GH_CODE" = 0 ] || exit "$GH_CODE"
case "$*" in *--paginate*) printf '%s' "$GH_KNOWN" ;; esac
"""


@dataclass(frozen=True)
class Job:
    """A job of a pull request, in a folder of its own."""

    home: Path

    def run(self, **changes: str) -> tuple[int, str]:
        environment = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "NOTES": str(self.home),
            "REPORT_ENV": "prod",
            "REPORT_WINDOW": "30d",
            "REPORT_ZONE": "",
            "REPORT_AT": "",
            "REPORT_GATE": "true",
            "REPORT_COMMENT": "true",
            "REPORT_SERIES": "",
            "REPORT_OUT": str(self.home / "out"),
            "REPORT_CACHE": "",
            "SERENO": "sereno",
            "SERENO_CODE": "0",
            "LINES_OF_REPORT": "3",
            "GH_CODE": "0",
            "GH_KNOWN": "",
            "PULL_REQUEST": "17",
            "GITHUB_REPOSITORY": "shop/shop",
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "GITHUB_OUTPUT": str(self.home / "output"),
            **changes,
        }
        done = subprocess.run(
            ["bash", ACTION / "report.sh"], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    def note(self, name: str) -> str:
        path = self.home / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "bin").mkdir()
    for name, text in (("sereno", SERENO), ("gh", GH)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return Job(tmp_path)


def test_the_first_run_writes_a_comment_summary_and_annotations(job: Job) -> None:
    code, out = job.run()
    assert (code, out) == (0, "::warning title=slo-at-risk::checkout\n")
    assert job.note("summary") == "".join(f"| line {n} of the report |\n" for n in (1, 2, 3))
    assert job.note("out/comment.md").startswith("<!-- sereno slo-report prod -->\n| line 1")
    assert "--method POST repos/shop/shop/issues/17/comments" in job.note("gh")
    assert job.note("asked").split()[:6] == [
        "report",
        "--env",
        "prod",
        "--out",
        str(job.home / "out"),
        "--format",
    ]
    assert job.note("asked").endswith("--window 30d --gate\n")
    assert job.note("output") == f"folder={job.home / 'out'}\n"


def test_the_next_run_keeps_its_comment_up_to_date(job: Job) -> None:
    job.run(GH_KNOWN="4711\n")
    assert "--method PATCH repos/shop/shop/issues/comments/4711" in job.note("gh")
    assert "POST" not in job.note("gh")


@pytest.mark.parametrize("code", ["1", "2"])
def test_it_ends_with_the_report_s_exit_code(job: Job, code: str) -> None:
    assert job.run(SERENO_CODE=code)[0] == int(code)


def test_without_a_report_the_job_says_so(job: Job) -> None:
    code, out = job.run(SERENO_CODE="2")
    assert (code, out) == (2, "::error title=slo-report::the report could not be made; see the log above\n")


def test_a_token_that_may_only_read_is_a_warning(job: Job) -> None:
    code, out = job.run(GH_CODE="1")
    assert code == 0
    assert "the comment could not be written" in out


@pytest.mark.parametrize("changes", [{"PULL_REQUEST": ""}, {"REPORT_COMMENT": "false"}])
def test_without_a_pull_request_or_when_not_wanted_there_is_no_comment(
    job: Job, changes: dict[str, str]
) -> None:
    job.run(**changes)
    assert job.note("gh") == ""


def test_a_long_report_is_cut_at_a_line(job: Job) -> None:
    job.run(LINES_OF_REPORT="5000")
    comment = job.note("out/comment.md")
    assert len(comment) < 65_536
    assert comment.splitlines()[-1] == "… cut; the whole report is in the artefact."
    assert comment.splitlines()[-3].endswith("of the report |")


def test_the_report_of_an_earlier_run_is_not_taken_for_this_one_s(job: Job) -> None:
    job.run()
    code, out = job.run(SERENO_CODE="2")
    assert (code, out) == (2, "::error title=slo-report::the report could not be made; see the log above\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "", id="none is asked for"),
        pytest.param({"REPORT_CACHE": "kept"}, "--cache kept", id="days that are over are kept"),
        pytest.param(
            {"REPORT_CACHE": "kept", "REPORT_ENV": "local"}, "", id="a local stack's days end with it"
        ),
        pytest.param({"REPORT_CACHE": "kept", "REPORT_SERIES": "data"}, "--series data", id="so do files"),
        pytest.param(
            {"REPORT_ZONE": "Asia/Tokyo", "REPORT_AT": "2026-04-01"},
            "--zone Asia/Tokyo --at 2026-04-01",
            id="a month in a zone, at its end",
        ),
    ],
)
def test_what_the_command_is_asked(job: Job, changes: dict[str, str], words: str) -> None:
    job.run(REPORT_GATE="false", **changes)
    asked = job.note("asked").split("--window 30d")[1].strip()
    assert asked == words


@pytest.mark.parametrize("word", ["yes", "True", "TRUE", "1", "", "false\ntrue"])
@pytest.mark.parametrize("field", ["gate", "comment"])
def test_a_gate_or_comment_that_is_neither_true_nor_false_is_refused(job: Job, field: str, word: str) -> None:
    code, out = job.run(**{f"REPORT_{field.upper()}": word})
    sentence = "::error title=slo-report::`gate` and `comment` are true or false, and nothing else\n"
    assert (code, out, job.note("asked")) == (2, sentence, "")


@pytest.mark.parametrize("out", ["o\nevil=1", "o\revil", ""])
def test_a_folder_s_name_is_one_line(job: Job, out: str) -> None:
    code, said = job.run(REPORT_OUT=out)
    assert (code, job.note("output"), job.note("asked")) == (2, "", "")
    assert said == "::error title=slo-report::`out` is the name of a folder, in one line\n"


def test_a_folder_whose_name_begins_with_a_dash_is_a_folder(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.home)
    assert (job.run(REPORT_OUT="-x")[0], job.note("output")) == (0, "folder=./-x\n")
    assert job.note("-x/slo-report.md").startswith("| line 1")


def test_the_cache_is_kept_from_run_to_run_unless_there_is_nothing_to_keep() -> None:
    """A key is written once, so that every run needs one of its own and a prefix to begin from."""
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    step = action["runs"]["steps"][0]
    assert re.fullmatch(r"actions/cache@[0-9a-f]{40}", step["uses"])
    assert step["with"]["path"] == "${{ inputs.cache }}"
    assert step["with"]["key"].startswith(step["with"]["restore-keys"])
    assert "github.run_id" in step["with"]["key"]
    assert step["if"] == "inputs.cache != '' && inputs.series == '' && inputs.env != 'local'"
    assert action["inputs"]["cache"]["default"] == "build/slo-report-cache"


def test_every_input_reaches_the_script() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    step = action["runs"]["steps"][1]
    assert {name for name in action["inputs"] if f"inputs.{name} }}" not in str(step["env"])} == set()
    script = (ACTION / "report.sh").read_text()
    assert {name for name in step["env"] if name != "GH_TOKEN" and name not in script} == set()
