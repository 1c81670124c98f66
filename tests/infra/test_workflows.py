"""The workflows: sound by zizmor and GitHub's schema, pinned; each command that can run here is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.vendors.test_deploy import write

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
IMAGES = dict.fromkeys(
    ("api", "canary"), f"000000000000.dkr.ecr.us-east-1.amazonaws.com/sereno@sha256:{'7' * 64}"
)

# Commands that need what this machine lacks; all others are run below.
ELSEWHERE = {
    "Lint, format, types, import rules, YAML": "the test run itself is within it",
    "Every test, the whole stack and infra/ in an emulated AWS included": "this is one of them",
    "Zips whose bytes depend on nothing but the sources": "tests/infra/test_package.py builds them",
    "Known vulnerabilities in what runs in Lambda, and in what we run": "asks a server for advisories",
    "Infrastructure as code": "tests/infra/test_static.py runs checkov",
    "It imports, and compiles nothing to do so": "docker; tests/infra/test_package.py does it from the zip",
    "Plan": "AWS; tests/infra/test_terraform.py plans in an emulated one",
    "The plan as a comment": "GitHub",
    "Install sereno": "installs what is installed here",
    "Install what going back needs": "the same",
    "Go back to the versions before the newest release": "AWS; tests/infra/test_release.py emulates it",
    "Publish versions that nobody gets yet": "AWS; tests/infra/test_terraform.py applies in an emulated one",
    "Migrate the schema": "AWS; the same",
    "Subscribe whom the secret names": "AWS; the same",
    "Make the versions live": "AWS; the same",
    "The integration suite, against what callers get": "AWS; tests/infra/test_terraform.py runs it",
    "Watch the burn rate for ten minutes": "AWS, and ten minutes; tests/infra/test_static.py asks its rule",
    "What is deployed": "AWS",
    "Infrastructure": "AWS",
}


@dataclass(frozen=True)
class Step:
    """A command of a workflow."""

    name: str
    run: str
    env: dict[str, str]


def steps() -> list[Step]:
    found: list[Step] = []
    for workflow in WORKFLOWS:
        jobs: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
        for job in jobs.values():
            found += [Step(s["name"], s["run"], s.get("env", {})) for s in job["steps"] if "run" in s]
    return found


def here(name: str) -> Step:
    return next(step for step in steps() if step.name == name)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of the project that workflows read, in a folder of their own."""
    for name in ("infra", "slo", "alerts", "dashboards", "runbooks", "tests/alerts"):
        unwanted = shutil.ignore_patterns(".terraform", "__pycache__", "*.tfstate*")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=unwanted)
    shutil.copyfile(PROJECT / "sereno.yaml", tmp_path / "sereno.yaml")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for program in ("sereno", "python"):
        (programs / program).symlink_to(Path(sys.executable).with_name(program))
    return tmp_path


def run(step: Step, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """As GitHub runs it: bash, ended by the first failure."""
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run]
    return subprocess.run(
        shell, cwd=folder, env=os.environ | env, capture_output=True, text=True, check=False, timeout=60
    )


def test_zizmor_finds_nothing() -> None:
    program = Path(sys.executable).with_name("zizmor")
    words = ["--offline", "--no-progress", "--persona=auditor", "--format=json", PROJECT / ".github"]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    found = [(f["ident"], f["locations"][0]["symbolic"]["key"]) for f in json.loads(done.stdout)]
    assert (found, done.returncode) == ([], 0)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        pytest.param("vendor.github-workflows", WORKFLOWS, id="workflows"),
        pytest.param("vendor.dependabot", [PROJECT / ".github" / "dependabot.yml"], id="dependabot"),
    ],
)
def test_githubs_schema_holds(schema: str, files: list[Path]) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [program, "--builtin-schema", schema, *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_action_is_pinned_by_its_commit_and_says_its_version() -> None:
    uses = [line.strip(" -") for w in WORKFLOWS for line in w.read_text().splitlines() if "uses: " in line]
    uses = [use for use in uses if "uses: ./" not in use]  # this repository's own
    assert len(uses) > 20
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


def test_each_action_has_one_version() -> None:
    found = {
        tuple(use.split("@")) for w in WORKFLOWS for use in re.findall(r"uses: ([^.\s]\S+)", w.read_text())
    }
    assert len(found) == len({action for action, _ in found})


def test_nothing_has_a_stored_secret() -> None:
    assert [w.name for w in WORKFLOWS if re.search(r"secrets\.|AWS_SECRET_ACCESS_KEY", w.read_text())] == []


def test_each_command_is_run_here_or_says_why_not() -> None:
    run_here = {
        "Problems in the YAML as annotations",
        "The image by its digest, for Terraform",
        "Remote state",
        "Alarms and dashboards",
        "Plan of alarms and dashboards",
        "Alarms and dashboards as approved",
        "What nobody has approved of alarms and dashboards",
        "The plan before those who approve",
        "Go back",
        "Terraform is formatted and valid",
        "The database's roots, against those AWS publishes",
    }
    assert {step.name for step in steps()} == run_here | ELSEWHERE.keys()


def test_problems_become_annotations(checkout: Path) -> None:
    slos = checkout / "slo" / "slos.yaml"
    slos.write_text(slos.read_text().replace("target: 0.999", "target: 1.999", 1))
    done = run(here("Problems in the YAML as annotations"), checkout)
    assert (done.returncode, done.stdout.startswith("::error file=slo/slos.yaml,")) == (1, True)


def test_a_sound_project_has_no_annotation_of_an_error(checkout: Path) -> None:
    done = run(here("Problems in the YAML as annotations"), checkout)
    assert (done.returncode, "::error" in done.stdout) == (0, False)


def test_images_by_digest_become_one_variable_of_terraform(checkout: Path) -> None:
    for function, image in IMAGES.items():
        assert (
            run(
                here("The image by its digest, for Terraform"), checkout, FUNCTION=function, IMAGE=image
            ).returncode
            == 0
        )
    merge = Step("merge", here("Plan").run.splitlines()[0], {})
    assert "jq --slurp" in merge.run
    assert run(merge, checkout).returncode == 0
    assert json.loads((checkout / "infra" / "images.auto.tfvars.json").read_text()) == {"images": IMAGES}


def test_terraform_is_formatted_and_valid_on_a_clean_checkout(initialised: Path, checkout: Path) -> None:
    """`initialised` says so where the provider cannot be had."""
    done = run(here("Terraform is formatted and valid"), checkout)
    assert (done.returncode, done.stdout.count("The configuration is valid")) == (0, 2), done.stderr
    (checkout / "infra" / "main.tf").write_text("module  x {}")
    assert run(here("Terraform is formatted and valid"), checkout).returncode == 3


def test_the_remote_state_is_the_example_with_the_bucket_put_in(checkout: Path) -> None:
    given = {"STATE_BUCKET": "sereno-state-000000000000", "REGION": "eu-central-1"}
    assert run(here("Remote state"), checkout, **given).returncode == 0
    written = (checkout / "infra" / "backend.tf").read_text()
    assert 'bucket       = "sereno-state-000000000000"' in written
    assert 'region       = "eu-central-1"' in written
    assert [word for word in ("ACCOUNT", "REGION") if word in written] == []


@pytest.mark.parametrize(
    ("lines", "cut"),
    [pytest.param(3, False, id="whole"), pytest.param(9000, True, id="cut, and said to be")],
)
def test_a_plan_is_shown_within_a_comments_limit_and_ends_with_its_count(
    checkout: Path, lines: int, cut: bool
) -> None:
    for of in ("terraform", "sereno"):
        changes = "".join(f"  + {of} {n} ```\n" for n in range(lines))
        (checkout / "infra" / f"plan-{of}.txt").write_text(f"{changes}Plan of {of}: {lines} to add.\n")
    summary = checkout / "summary.md"
    done = run(here("The plan before those who approve"), checkout, GITHUB_STEP_SUMMARY=str(summary))
    shown = summary.read_text()
    assert (done.returncode, done.stderr, shown) == (0, "", (checkout / "plan.md").read_text())
    assert shown.startswith("<!-- sereno deploy plan -->\n")
    assert [f"Plan of {of}: {lines} to add." in shown for of in ("terraform", "sereno")] == [True, True]
    assert (len(shown) < 65536, "Cut: the whole is in the artefact" in shown) == (True, cut)
    assert shown.count("``````") == (8 if cut else 4)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Path]:
    """A project of one alert in `prod`, which is an empty emulated account."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    with urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10):
        pass
    write(tmp_path, 1)
    prod = f"prod: {{backend: cloudwatch, region: eu-west-1, endpoint: {url}, outputs: infra/outputs.json}}"
    project = (tmp_path / "sereno.yaml").read_text()
    (tmp_path / "sereno.yaml").write_text(re.sub(r"test: .*", prod, project))
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "outputs.json").write_text(
        '{"api_id": {"value": "a1"}, "metric": {"value": "Failed"}}'
    )
    _named_by_terraform(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "sereno").symlink_to(Path(sys.executable).with_name("sereno"))
    yield tmp_path
    server.stop()


def _named_by_terraform(project: Path) -> None:
    """The alert's metric."""
    signals = project / "slo" / "signals.yaml"
    signals.write_text(signals.read_text().replace("metric: Failed", 'metric: "${metric}"'))


PLANNED, APPROVED, REST = (
    "Plan of alarms and dashboards",
    "Alarms and dashboards as approved",
    "What nobody has approved of alarms and dashboards",
)


def test_just_the_plan_of_alarms_that_was_approved_is_applied(account: Path) -> None:
    summary = account / "summary.md"
    assert run(here(PLANNED), account).returncode == 0
    alerts = account / "alerts" / "shop.yaml"  # what comes between the plan and its approval
    alerts.write_text(alerts.read_text().replace("threshold: 5", "threshold: 7"))
    applied = run(here(APPROVED), account)
    again = run(here(APPROVED), account)
    rest = run(here(REST), account, GITHUB_STEP_SUMMARY=str(summary))

    assert (applied.returncode, applied.stdout.count("create ")) == (0, 1), applied.stderr
    assert (again.returncode, "what is live has changed since this plan was made" in again.stderr) == (
        1,
        True,
    )
    assert (rest.returncode, "    Threshold: 5.0 -> 7.0\n" in summary.read_text()) == (0, True)


def test_what_terraform_makes_known_after_the_approval_waits_for_the_next(account: Path) -> None:
    summary = account / "summary.md"
    assert run(here(PLANNED), account).returncode == 0
    outputs = account / "infra" / "outputs.json"
    outputs.write_text(outputs.read_text().replace("Failed", "Refused"))
    assert run(here(APPROVED), account).returncode == 0
    rest = run(here(REST), account, GITHUB_STEP_SUMMARY=str(summary))

    assert (rest.returncode, rest.stdout.startswith("::warning title=Alarms and dashboards::")) == (0, True)
    assert '    MetricName: "Failed" -> "Refused"' in summary.read_text()


def test_the_first_deployment_applies_everything_and_leaves_nothing(account: Path) -> None:
    summary = account / "summary.md"
    outputs = account / "infra" / "outputs.json"
    known = outputs.read_text()
    outputs.write_text("{}")
    assert run(here(PLANNED), account).returncode == 0
    assert (account / "infra" / "plan-sereno.txt").read_text() == "Everything: nothing is deployed yet.\n"
    outputs.write_text(known)

    assert run(here(APPROVED), account).returncode == 0
    assert run(here(REST), account, GITHUB_STEP_SUMMARY=str(summary)).stdout == ""
    assert not summary.exists()


def test_drift_fails_the_run_and_is_shown_field_by_field(account: Path) -> None:
    assert run(here(APPROVED), account).returncode == 0
    summary = account / "summary.md"
    assert run(here("Alarms and dashboards"), account, GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
    alerts = account / "alerts" / "shop.yaml"
    alerts.write_text(alerts.read_text().replace("threshold: 5", "threshold: 7"))
    drifted = run(here("Alarms and dashboards"), account, GITHUB_STEP_SUMMARY=str(summary))

    assert (drifted.returncode, drifted.stdout.count("Threshold: 5.0 -> 7.0")) == (2, 1)
    assert "    Threshold: 5.0 -> 7.0\n" in summary.read_text()


def test_whatever_a_plan_is_made_from_gets_one_in_its_pull_request() -> None:
    deploy = yaml.safe_load((PROJECT / ".github" / "workflows" / "deploy.yml").read_text())
    paths = deploy[True]["pull_request"]["paths"]  # to YAML, `on` is a yes
    for made_from in ("infra", "functions", "slo", "alerts", "dashboards", "runbooks", "src/sereno"):
        assert f"{made_from}/**" in paths
    assert "sereno.yaml" in paths


def test_going_back_waits_for_no_deployment_and_ends_with_a_role_of_its_own() -> None:
    deploy = yaml.safe_load((PROJECT / ".github" / "workflows" / "deploy.yml").read_text())
    assert deploy["concurrency"]["group"].startswith("deploy-${{ inputs.back && 'back' || ")
    role, last = deploy["jobs"]["release"]["steps"][-2:]
    assert (last["name"], role["uses"].split("@")[0]) == ("Go back", "aws-actions/configure-aws-credentials")
    assert role["if"] == last["if"] == "failure() || cancelled()"


def test_what_runs_and_where_it_is_built_are_of_one_architecture() -> None:
    declared = yaml.safe_load((PROJECT / "infra" / "pipeline.yaml").read_text())["architecture"]
    base = re.search(
        r"^ARG BASE=\S+:[\d.]+-(\w+)@", (PROJECT / "functions" / "Dockerfile").read_text(), re.MULTILINE
    )
    runners = {
        job["runs-on"]
        for workflow in WORKFLOWS
        for job in yaml.safe_load(workflow.read_text())["jobs"].values()
        if any("docker/build-push-action" in step.get("uses", "") for step in job["steps"])
    }
    runner = {"arm64": "ubuntu-24.04-arm", "x86_64": "ubuntu-24.04"}[declared]
    assert (base and base[1], runners) == (declared, {runner})


def test_going_back_before_anything_was_released_does_nothing(checkout: Path) -> None:
    done = run(here("Go back"), checkout, REGION="us-east-1")
    said = "This release moved nothing, so nothing goes back.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


def test_the_roots_are_compared_with_the_file_that_was_fetched(checkout: Path) -> None:
    step = here("The database's roots, against those AWS publishes")
    fetched = "\n".join(line for line in step.run.splitlines() if line.startswith("python "))
    shutil.copyfile(checkout / "infra" / "rds-global-bundle.pem", checkout / "official.pem")
    assert run(Step("compare", fetched, {}), checkout).returncode == 0
    first, end, _ = (checkout / "official.pem").read_text().partition("-----END CERTIFICATE-----")
    (checkout / "official.pem").write_text(first + end)  # all others are not AWS's any more
    assert run(Step("compare", fetched, {}), checkout).returncode == 1
