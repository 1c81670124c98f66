"""What `sereno init` writes: it passes its own check and its own tests, on both vendors."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.language.test_cli import sereno

FLAGS = ("--service", "orders", "--owner", "orders-team")


@pytest.fixture(params=["cloudwatch", "datadog"])
def starter(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    assert sereno("init", "orders", *FLAGS, "--backend", request.param, cwd=tmp_path)[0] == 0
    return tmp_path / "orders"


def test_every_alert_of_the_starter_is_shown_to_fire_and_to_resolve_on_both(starter: Path) -> None:
    code, out, err = sereno("test", "--coverage", cwd=starter)

    assert (code, err) == (0, "")
    for vendor in ("CloudWatch", "Datadog"):
        assert f"5 of 5 alerts on {vendor}" in out


def test_the_starter_still_judges_when_the_other_vendor_is_chosen_by_one_word(starter: Path) -> None:
    project = starter / "sereno.yaml"
    text = project.read_text()
    swapped = text.replace("backend: cloudwatch", "backend: datadog")
    project.write_text(
        swapped if swapped != text else text.replace("backend: datadog", "backend: cloudwatch")
    )

    assert sereno("test", "--coverage", cwd=starter)[0] == 0


@pytest.mark.parametrize(
    "words",
    [("up",), ("demo",), ("plan",), ("apply",), ("report",), ("gate",)],
    ids=lambda words: words[0],
)
def test_what_needs_a_pipeline_on_this_machine_says_so(words: tuple[str, ...], starter: Path) -> None:
    code, _, err = sereno(*words, cwd=starter)
    said = "this project has no infra/pipeline.yaml, whose pipeline `sereno up` would run; "

    assert (code, said in err, "--env prod" in err, "--series" in err) == (2, True, True, True), err


def test_what_is_to_be_set_for_production_is_said_until_it_is(starter: Path) -> None:
    def found() -> list[str]:
        out = sereno("check", "--env", "prod", "--format", "json", cwd=starter)[1]
        return [problem["code"] for problem in json.loads(out) if not problem["code"].startswith("dd-")]

    assert found() == ["runbook-url", "outputs-missing"]
    project = starter / "sereno.yaml"
    project.write_text(project.read_text().replace("https://set-me.invalid", "https://wiki.example/sre"))
    names = ("api_id", "function", "on_call_arn", "tickets_arn", "timeout_ms")
    values = {
        name: {"value": 900 if name == "timeout_ms" else f"arn:aws:sns:eu-west-1:123456789012:{name}"}
        for name in names
    }
    (starter / "outputs.json").write_text(json.dumps(values))
    assert found() == []


def test_what_is_built_is_not_committed(starter: Path) -> None:
    assert "/build/\n" in (starter / ".gitignore").read_text()


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("*.pyc\n", "kept .gitignore: add /build/ to it\n"),
        ("*.pyc\n/build/\n", ""),
        ("build\n", ""),
    ],
    ids=["it lacks the folder", "it has the folder", "it has it in another form"],
)
def test_the_gitignore_of_a_repository_is_kept(before: str, said: str, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(before)
    code, out, _ = sereno("init", *FLAGS, cwd=tmp_path)

    assert (code, (tmp_path / ".gitignore").read_text()) == (0, before)
    assert out == f"{said}wrote 10 files; try: sereno check --project .\n"


def test_the_command_to_try_can_be_pasted(tmp_path: Path) -> None:
    _, out, _ = sereno("init", "My Shop", *FLAGS, cwd=tmp_path)
    words = shlex.split(out.rpartition("try: ")[2])

    assert words == ["sereno", "check", "--project", "My Shop"]
    assert sereno(*words[1:], cwd=tmp_path)[0] == 0


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-7"])
def test_a_region_of_the_form_of_aws_is_taken(region: str, tmp_path: Path) -> None:
    assert sereno("init", *FLAGS, "--region", region, cwd=tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("mars-1", "us-east-1"),
        ("us-east", "us-east-1"),
        ("us-west-2a", "us-west-2"),
        ("EU-west-1", "eu-west-1"),
        ("europe-west1", "eu-west-1"),
    ],
)
def test_a_region_of_another_form_is_refused(region: str, meant: str, tmp_path: Path) -> None:
    code, _, err = sereno("init", *FLAGS, "--region", region, cwd=tmp_path)
    said = f"sereno: `{region}` is no Region of AWS: write one such as {meant}\n"

    assert (code, err, list(tmp_path.iterdir())) == (2, said, [])
