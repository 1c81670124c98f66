"""What can be said of infra/ without applying it: format, validity, refusals in words, security findings."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra import migrate, picture, roots, subscribe, watch
from sereno.language import regions
from tests.infra.deployment import INFRA, run

PROJECT = INFRA.parent
CHECKOV = os.environ.get("CHECKOV") or shutil.which("checkov")
SKIP = re.compile(r"#\s*checkov:skip=(?P<id>CKV2?_[A-Z]+_\d+)(?P<reason>:.*)?")


def test_terraform_is_formatted(terraform: str) -> None:
    assert run([terraform, "fmt", "-check", "-recursive", "-diff", "."], INFRA).stdout == ""


@pytest.mark.parametrize("root", [".", "bootstrap"])
def test_terraform_is_valid(terraform: str, initialised: Path, root: str) -> None:
    folder = initialised / root
    assert run([terraform, "init", "-backend=false", "-input=false"], folder).returncode == 0
    said = json.loads(run([terraform, "validate", "-json"], folder).stdout)
    assert (said["valid"], said["diagnostics"]) == (True, [])


# Terraform says all that is wrong at once; what excludes each other is asked in turn.
REFUSED = {
    "an environment in capitals": (0, "environment", "Prod", "2 to 12 small letters"),
    "the environment of one machine": (1, "environment", "local", "sereno up"),
    "a package that is neither image nor zip": (0, "package", "tar", '"image" or "zip"'),
    "images that are not given": (1, "package", "image", "api, subscriber and canary"),
    "more replicas than Aurora has": (0, "replicas", "15", "0 to 14 read replicas"),
    "a network too small for its subnets": (
        0,
        "vpc_cidr",
        "10.0.0.0/21",
        "each of its subnets is a sixteenth",
    ),
    "a network larger than AWS has": (1, "vpc_cidr", "10.0.0.0/8", "of /16 to /20"),
    "a network by an address in the middle of it": (2, "vpc_cidr", "10.20.5.0/16", "its first address"),
    "a network of IPv6": (3, "vpc_cidr", "fd00::/16", "IPv4 block"),
    "half a replica": (1, "replicas", "0.5", "0 to 14 read replicas"),
    "a cache that is neither on nor off": (0, "cache", "maybe", "a bool is required"),
    "a region by its name": (0, "region", "Frankfurt", "looks like eu-central-1"),
    "a boundary by its ARN": (0, "boundary", "arn:aws:iam::1:policy/x", "without a path"),
    "a tag that is AWS's own": (0, "tags", '{"aws:name": "x"}', "does not begin with aws:"),
    "zips that were not made": (2, "package", "zip", "`make package` makes them"),
    "images by tags": (3, "images", '{"api": "sereno:latest"}', "can be moved"),
    "a receiver with a name of two words": (1, "receivers", '{"On call": {}, "b": {}}', "small letters"),
    "a channel by its name": (
        2,
        "receivers",
        '{"a": {"slack": {"workspace": "us", "channel": "#ops"}}, "b": {}}',
        "begins with T",
    ),
    "a receiver nobody stands in for": (0, "receivers", '{"one": {}}', "At least two receivers"),
    "a snapshot of an image": (1, "snap_start", "true", "takes zips only"),
    "a site Datadog has not": (0, "datadog_site", "example.com", "Not a Datadog site"),
    "an endpoint that is no URL": (0, "otlp_endpoint", "localhost:4318", "The endpoint is a URL"),
    "an endpoint with a key in it": (1, "otlp_endpoint", "https://u:key@otlp.example", "Keys do not belong"),
    "a layer without its version": (3, "layers", '["arn:aws:lambda:x"]', "named with its version"),
    "layers of an image": (1, "layers", '["arn:aws:lambda:x"]', "Layers are for package"),
}


@pytest.mark.parametrize("root", ["variables.tf", "bootstrap/main.tf"])
@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "eusc-de-east-1", "Frankfurt", "eu-central-1a"]
)
def test_a_region_is_what_sereno_takes_for_one(root: str, region: str) -> None:
    written = re.search(r'regex\("(.+)", var\.region\)', (INFRA / root).read_text())
    assert written is not None
    assert bool(re.search(written[1], region)) == regions.is_formed(region)


def test_a_role_for_flow_logs_is_for_those_of_this_account() -> None:
    trust = (
        (INFRA / "modules/network/flow_logs.tf").read_text().partition("flow_assume")[2].partition("data ")[0]
    )
    assert all(words in trust for words in ('"aws:SourceAccount"', "data.aws_caller_identity.me.account_id"))


def test_bootstrap_refuses_in_words(terraform: str, initialised: Path) -> None:
    given = ["-var=repository=sereno", "-var=region=Frankfurt"]
    command = [terraform, "plan", "-no-color", "-input=false", "-refresh=false", *given]
    said = run(command, initialised / "bootstrap").stderr
    assert [words in said for words in ("is OWNER/NAME", "looks like eu-central-1")] == [True, True]


@pytest.fixture(scope="module")
def refusals(terraform: str, initialised: Path) -> dict[int, str]:
    """What Terraform says of each group of wrong values, on one line."""
    said = {}
    for group in sorted({group for group, *_ in REFUSED.values()}):
        given = [f"-var={name}={value}" for n, name, value, _ in REFUSED.values() if n == group]
        done = run([terraform, "plan", "-no-color", "-input=false", "-refresh=false", *given], initialised)
        said[group] = " ".join(re.sub("[│╷╵]", " ", done.stderr).split())
    return said


@pytest.mark.parametrize("wrong", REFUSED)
def test_terraform_refuses_in_words(refusals: dict[int, str], wrong: str) -> None:
    group, _, _, words = REFUSED[wrong]
    assert words in refusals[group]


@pytest.mark.skipif(not CHECKOV, reason="checkov is not on PATH (it needs an environment of its own)")
def test_checkov_finds_nothing() -> None:
    command = [str(CHECKOV), "--config-file", ".checkov.yaml", "--output", "json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    reports = {report["check_type"]: report for report in json.loads(done.stdout)}
    found = [(c["check_id"], c["resource"]) for r in reports.values() for c in r["results"]["failed_checks"]]
    assert (found, set(reports)) == ([], {"terraform", "dockerfile"})
    assert reports["terraform"]["summary"]["passed"] > 400


def test_each_finding_that_stays_has_its_reason_beside_it() -> None:
    files = [*INFRA.rglob("*.tf"), PROJECT / "functions" / "Dockerfile"]
    skips = [
        found for file in files if ".terraform" not in file.parts for found in SKIP.finditer(file.read_text())
    ]
    assert len(skips) > 20
    assert [found[0] for found in skips if len(found["reason"] or "") < 5] == []


def test_a_wildcard_resource_has_its_reason_beside_it() -> None:
    lines = [
        (file.name, line.strip())
        for file in INFRA.rglob("*.tf")
        if ".terraform" not in file.parts and "#checkov:skip=CKV_AWS_356" not in file.read_text()
        for line in file.read_text().splitlines()
        if 'resources = ["*"]' in line
    ]
    assert {line for line in lines if "#" not in line[1]} == {("main.tf", 'resources = ["*"]')}
    reasons = (INFRA / "modules" / "function" / "main.tf").read_text()
    assert "AWS takes these on no resource but all" in reasons


def test_every_name_in_pipeline_yaml_reaches_terraform() -> None:
    """Nothing under a function but what functions.tf gives on."""
    declared = yaml.safe_load((INFRA / "pipeline.yaml").read_text())
    given = "".join(file.read_text() for file in INFRA.glob("*.tf"))
    used = {"name", "handler", "timeout_seconds", "memory_mb", "reserved_concurrency", "log_retention_days"}
    used |= {"environment", "environment_from", "event_source", "schedule"}
    for name, function in declared["functions"].items():
        known_elsewhere = {"service", "vpc"}  # the metrics' dimension; which functions are in the VPC
        assert set(function) - used - known_elsewhere == set()
        assert [key for key in function if key in used and f"functions.{name}.{key}" not in given] == []


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        pytest.param("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"], id="two statements, the last unended"),
        pytest.param("-- one; two\nSELECT 1;", ["SELECT 1"], id="a semicolon in a comment"),
        pytest.param("SELECT ';', ''';'", ["SELECT ';', ''';'"], id="a semicolon in quotes"),
        pytest.param("DO $$ BEGIN x; END $$; SELECT 3;", ["DO $$ BEGIN x; END $$", "SELECT 3"], id="a block"),
        pytest.param("DO $a$ $$;$$ $a$", ["DO $a$ $$;$$ $a$"], id="a block within a named block"),
        pytest.param('SELECT "a;b" /* ; */', ['SELECT "a;b"'], id="a quoted name and a long comment"),
        pytest.param(" ;\n; ", [], id="nothing"),
    ],
)
def test_sql_is_taken_apart_into(sql: str, statements: list[str]) -> None:
    assert list(migrate.statements(sql)) == statements


def test_a_password_is_sent_as_postgresql_itself_would_store_it() -> None:
    from psycopg import pq

    theirs = (
        pq.PGconn.connect_start(b"")
        .encrypt_password(b"correct horse", b"users_api", b"scram-sha-256")
        .decode()
    )
    salt = base64.b64decode(theirs.split(":")[1].split("$")[0])
    assert migrate.verifier("correct horse", salt) == theirs


def test_the_roots_that_aws_does_not_publish_are_named(tmp_path: Path) -> None:
    ours = roots.OURS.read_text()
    official = ours.replace("-----END CERTIFICATE-----", "\n-----END CERTIFICATE-----")
    assert roots.unknown(ours, official) == []
    without = official.replace(official.split("# Amazon RDS eu-west-1")[1].split("\n")[2], "changed")
    assert roots.unknown(ours, without) == ["Amazon RDS eu-west-1 Root CA RSA2048 G1"]


@pytest.mark.parametrize(
    "content", [None, b"<html>moved</html>", b"\xff\xfe"], ids=["not there", "a page", "not text"]
)
def test_what_is_no_bundle_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "official.pem"
    if content is not None:
        file.write_bytes(content)
    assert roots.main([str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"roots: {file} ")


def test_roots_are_certificates_of_every_kind_the_database_may_show() -> None:
    import ssl

    context = ssl.create_default_context(cafile=str(roots.OURS))
    subjects = {
        dict(pair for part in c["subject"] for pair in part)["commonName"] for c in context.get_ca_certs()
    }
    assert {"Amazon RDS us-east-1 Root CA RSA2048 G1", "Amazon Root CA 1"} <= subjects


def test_an_arn_among_the_outputs_is_no_secret_and_a_password_is_one() -> None:
    from sereno.language.checks.texts import KEYED

    arn = '"value": "arn:aws:secretsmanager:us-east-1:000000000000:secret:sereno-prod/alerts-1a2b3c"'
    assert [bool(KEYED.search(line)) for line in (arn, '"secret": "hunter2-hunter2"')] == [False, True]


ON_CALL = ("https", "https://pager.example/key")
MAIL = ("email", "tickets@example.com")


@pytest.mark.parametrize(
    ("wanted", "live", "added", "ended"),
    [
        pytest.param([ON_CALL], {}, [ON_CALL], [], id="a new one is subscribed"),
        pytest.param([ON_CALL], {ON_CALL: "arn:1"}, [], [], id="one that is there is left"),
        pytest.param(
            [], {ON_CALL: "arn:1", MAIL: "arn:2"}, [], ["arn:1", "arn:2"], id="one not named is ended"
        ),
        pytest.param([], {MAIL: "PendingConfirmation"}, [], [], id="one not confirmed ends by itself"),
        pytest.param([], {("sqs", "arn:q"): "arn:3"}, [], [], id="one of another kind is not ours"),
    ],
)
def test_a_topics_subscriptions(
    wanted: list[tuple[str, str]], live: dict[tuple[str, str], str], added: list[object], ended: list[str]
) -> None:
    assert subscribe.difference(wanted, live) == (added, ended)


def test_an_endpoint_of_no_known_kind_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="begins with neither") as refused:
        subscribe.endpoint("http://pager.example/secret-key")
    assert "secret-key" not in str(refused.value)


SHAPE = 'the secret is not {"RECEIVER": ["https://...", "mailto:..."], ...}'


@pytest.mark.parametrize(
    "written",
    [
        "hunter2",
        "[]",
        '["hunter2"]',
        '{"on-call": "hunter2"}',
        '{"on-call": [7]}',
        '{"on-call": null}',
        "\u0000",
    ],
)
def test_a_secret_of_another_shape_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match="the secret is not") as refused:
        subscribe.read(written)
    assert str(refused.value) == SHAPE


def test_a_receiver_that_is_misspelt_is_not_forgotten_in_silence() -> None:
    with pytest.raises(ValueError, match="the secret names oncall; the receivers are on-call, team-tickets"):
        subscribe.strangers({"oncall": []}, ["team-tickets", "on-call"])
    subscribe.strangers({"on-call": []}, ["team-tickets", "on-call"])


def test_a_release_is_blamed_only_for_pages_after_it() -> None:
    from datetime import UTC, datetime

    at = {minute: datetime(2026, 3, 4, 5, minute, tzinfo=UTC) for minute in (10, 20, 30)}
    alarms = [
        {"AlarmName": "before", "AlarmActions": ["on-call"], "StateUpdatedTimestamp": at[10]},
        {"AlarmName": "a ticket", "AlarmActions": ["tickets"], "StateUpdatedTimestamp": at[30]},
        {"AlarmName": "a part", "StateUpdatedTimestamp": at[30]},
        {"AlarmName": "after", "AlarmActions": ["tickets", "on-call"], "StateUpdatedTimestamp": at[30]},
        {
            "AlarmName": "sereno-prod-undelivered-team-tickets",
            "AlarmActions": ["on-call"],
            "StateUpdatedTimestamp": at[30],
        },
    ]
    assert watch.fired(alarms, "on-call", at[20]) == ["after"]


def test_the_golden_picture_in_the_docs_is_that_of_pipeline_yaml() -> None:
    page = PROJECT / "docs" / "architecture.md"
    drawn = picture.redrawn(page.read_text())
    if os.environ.get("SERENO_GOLDEN"):
        page.write_text(drawn)
    assert page.read_text() == drawn
