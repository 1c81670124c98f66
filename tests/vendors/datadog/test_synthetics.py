"""A GET that Datadog makes from its own locations, signed by keys that only Datadog has."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sereno.cli.check import add as add_check
from sereno.errors import Unable
from sereno.language import load_system
from sereno.language.model import Signing, Synthetic, System
from sereno.language.problem import Span
from sereno.vendors import cloudwatch
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.fake import Answer
from sereno.vendors.datadog.limits import check
from sereno.vendors.datadog.synthetics import is_reference, telling
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import GET_ORDERS, SHOP

ADDRESS = "synthetic/get-orders"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
KEYS = {"CANARY_KEY": "11111111-2222", "CANARY_SECRET": "33333333-4444"}


def declaring(*tests: Synthetic) -> System:
    return replace(SHOP, environment=replace(SHOP.environment, synthetics=tests))


WATCHED = declaring(GET_ORDERS)


def body_of(test: Synthetic) -> dict[str, Any]:
    return next(dict(r.body) for r in compiled(declaring(test))[0] if r.address == ADDRESS)


def signed(**changes: Any) -> Synthetic:
    assert GET_ORDERS.sign is not None
    return replace(GET_ORDERS, sign=replace(GET_ORDERS.sign, **changes))


def codes(test: Synthetic) -> set[str]:
    return {
        p.code
        for p in compiled(declaring(test))[1]
        if p.code.startswith("dd-synthetic") or "secret" in p.code
    }


def test_off_unless_declared() -> None:
    assert [r for r in compiled(SHOP)[0] if r.kind == "synthetics-test"] == []


def test_the_body() -> None:
    body = body_of(GET_ORDERS)

    assert body["config"] == {
        "request": {
            "method": "GET",
            "url": "https://api.example.org/orders?limit=1",
            "timeout": 30,
            "basicAuth": {
                "type": "sigv4",
                "region": "eu-west-3",
                "serviceName": "execute-api",
                "accessKey": "{{ CANARY_KEY }}",
                "secretKey": "{{ CANARY_SECRET }}",
            },
        },
        "assertions": [
            {"type": "statusCode", "operator": "is", "target": 200},
            {"type": "responseTime", "operator": "lessThan", "target": 700},
        ],
        "configVariables": [
            {"type": "global", "name": "CANARY_KEY", "id": "${global/CANARY_KEY}"},
            {"type": "global", "name": "CANARY_SECRET", "id": "${global/CANARY_SECRET}"},
        ],
    }
    assert body["options"]["tick_every"] == 120
    assert body["options"]["min_location_failed"] == 2
    assert body["options"]["monitor_priority"] == 2
    assert body["locations"] == ["aws:eu-west-1", "pl:office-7c1f"]


def test_the_message_has_the_runbook_and_whom_it_tells() -> None:
    lines = body_of(GET_ORDERS)["message"].splitlines()

    assert lines[0] == "Orders are listed. Not 200 within 700 ms from 2 locations, three times in a row."
    assert "Runbook: https://run.example/orders-latency" in lines
    assert lines[-1] == "@pagerduty-shop"


def test_what_is_not_signed_names_no_variable() -> None:
    config = body_of(replace(GET_ORDERS, sign=None))["config"]

    assert "configVariables" not in config
    assert "basicAuth" not in config["request"]


@pytest.mark.parametrize(
    "test",
    [
        signed(secret_key=SECRET),
        signed(access_key="AKIAIOSFODNN7EXAMPLE"),
        signed(access_key="{{ AKIAIOSFODNN7EXAMPLE }}"),
        signed(session_token="FwoGZXIvYXdzEBYaD"),
        signed(secret_key="{{ CANARY_SECRET }}x"),
        replace(GET_ORDERS, url="https://ada:hunter2@api.example.org/orders"),
        replace(GET_ORDERS, url=f"https://api.example.org/orders?api_key={SECRET}"),
        replace(GET_ORDERS, url=f"https://api.example.org/orders?X-Amz-Signature={SECRET}"),
    ],
    ids=[
        "a secret key",
        "an access key",
        "an access key in the form of a name",
        "a session token",
        "a name with more beside it",
        "a password in the address",
        "a key in the address",
        "a signature in the address",
    ],
)
def test_a_literal_secret_is_refused_built_nowhere_and_shown_nowhere(test: Synthetic) -> None:
    resources, problems = compiled(declaring(test))

    assert codes(test) == {"dd-synthetic-secret"}
    assert [r for r in resources if r.kind == "synthetics-test"] == []
    assert all(SECRET not in text and "hunter2" not in text for text in map(str, (*problems, *resources)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ A }}", True),
        ("{{A_1}}", True),
        ("A", False),
        ("{{ a }}", False),
        ("{{ ASIAABCDEFGHIJKLMNOP }}", False),
    ],
)
def test_what_is_a_variables_name(text: str, expected: bool) -> None:
    assert is_reference(text) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.b/users?limit=1", False),
        ("https://a.b/users?token={{ TOKEN }}", False),
        ("https://a.b/users?token=x", True),
        ("https://a.b/users?token", True),
        ("http://[broken", False),
    ],
)
def test_which_addresses_tell(url: str, expected: bool) -> None:
    assert telling(url) is expected


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (replace(GET_ORDERS, url="api.example.org/orders"), "no http or https address"),
        (replace(GET_ORDERS, url="ftp://api.example.org/orders"), "no http or https address"),
        (replace(GET_ORDERS, locations=("ireland",)), "`ireland` is no location"),
        (replace(GET_ORDERS, locations=()), "it runs nowhere"),
        (replace(GET_ORDERS, every=10), "it runs every 10 s"),
        (replace(GET_ORDERS, failing_locations=3), "it has 2 locations"),
        (replace(GET_ORDERS, failing_locations=0), "it has 2 locations"),
        (replace(GET_ORDERS, status=20), "statusCode is never 20"),
        (replace(GET_ORDERS, within=0), "responseTime is never 0"),
    ],
)
def test_what_datadog_would_refuse_is_refused_first(test: Synthetic, words: str) -> None:
    found = [p.message for p in compiled(declaring(test))[1] if p.code == "dd-synthetic-form"]

    assert any(words in message for message in found)


def test_a_payload_with_a_secret_is_refused_whoever_wrote_it() -> None:
    body = deepcopy(body_of(GET_ORDERS))
    body["config"]["request"]["basicAuth"]["secretKey"] = SECRET
    found = [p for p in check([Resource("synthetics-test", ADDRESS, body)]) if p.code == "dd-no-secret"]

    assert len(found) == 1
    assert SECRET not in str(found)


def test_a_service_and_a_runbook_that_are_not_there() -> None:
    problems = compiled(declaring(replace(GET_ORDERS, service="shpo", runbook="none")))[1]
    found = sorted((p.message for p in problems), reverse=True)

    assert [m for m in found if "synthetic test" in m] == [
        "the synthetic test `get-orders` names the service `shpo`, which is not there",
        "the synthetic test `get-orders` names the runbook `none`, which is not there",
    ]


def test_a_mute_window_holds_for_it() -> None:
    assert "sereno_mute:nights" in body_of(replace(GET_ORDERS, severity="ticket"))["tags"]


def test_cloudwatch_has_none_of_it() -> None:
    aws = replace(WATCHED, environment=replace(WATCHED.environment, backend="cloudwatch"))

    assert all("synthetic" not in resource.address for resource in cloudwatch.compile(aws)[0])


def test_round_trip(account: Account) -> None:
    account.fake.variables = dict(KEYS)
    account.fake.page = 1
    two = declaring(GET_ORDERS, replace(GET_ORDERS, name="get-slow", within=900, sign=None))

    assert account.applied(two, two) == []
    assert account.steps(two, two) == ()
    assert {
        t["config"].get("configVariables", [{}])[0].get("id") for t in account.fake.synthetics.values()
    } == {
        KEYS["CANARY_KEY"],
        None,
    }
    (change,) = account.steps(two, declaring(replace(GET_ORDERS, every=600), two.environment.synthetics[1]))
    assert (change.verb, change.fields) == ("update", (("options.tick_every", 120, 600),))
    assert account.applied(two, SHOP) == []
    assert account.fake.synthetics == {}
    assert account.steps(SHOP, SHOP) == ()


def test_destroy_leaves_nothing_and_its_monitor_is_not_taken_for_ours(account: Account) -> None:
    account.fake.variables = dict(KEYS)
    account.applied(WATCHED, WATCHED)
    assert [m["type"] for m in account.fake.monitors.values()].count("synthetics alert") == 1

    assert account.applied(WATCHED, None) == []
    assert (account.fake.synthetics, account.fake.monitors) == ({}, {})


def test_what_a_hand_changed_is_taken_back(account: Account) -> None:
    account.fake.variables = dict(KEYS)
    account.applied(WATCHED, WATCHED)
    (test,) = account.fake.synthetics.values()
    test["status"] = "paused"
    test["config"]["assertions"][1]["target"] = 9_000

    (change,) = account.steps(WATCHED, WATCHED)
    assert {path for path, _, _ in change.fields} == {"status", "config.assertions[1].target"}
    assert account.applied(WATCHED, WATCHED) == []
    assert account.steps(WATCHED, WATCHED) == ()


def test_a_global_variable_that_is_not_there_is_named_and_all_else_is_done(account: Account) -> None:
    account.fake.variables = {"CANARY_KEY": KEYS["CANARY_KEY"]}

    (said,) = account.applied(WATCHED, WATCHED)
    assert said.startswith(
        "not tried: Datadog has no global variable `CANARY_SECRET`: make it in the settings"
    )
    account.fake.variables = dict(KEYS)
    assert [c.resource.address for c in account.steps(WATCHED, WATCHED)] == [ADDRESS]


def without_scope(method: str, path: str, body: Any) -> Answer | None:
    refused = path.startswith("/api/v1/synthetics")
    return Answer(403, {"errors": ["Forbidden"]}) if refused else None


def test_keys_without_its_scope_matter_only_where_a_test_is_declared(account: Account) -> None:
    account.fake.before = without_scope

    assert account.applied(SHOP, SHOP) == []
    with pytest.raises(Unable, match="the application key must have the scopes of synthetics"):
        account.steps(WATCHED, WATCHED)


def test_the_plan_counts_the_runs(account: Account) -> None:
    account.fake.variables = dict(KEYS)
    backend = account.backend(WATCHED)
    steps = account.steps(WATCHED, WATCHED)

    assert "43,200 runs of synthetic tests a month (0 now), billed by the run\n" in backend.cost(
        WATCHED, [], steps
    )
    assert "synthetic" not in backend.cost(SHOP, [], ())


ENVIRONMENT = """\
  prod:
    backend: datadog
    outputs: outputs.json
    variables: {max_connections: 100}
    datadog:
      synthetics:
        get-users:
          description: GET /users is answered, seen from outside.
          url: "${api_url}/users?limit=1"
          locations: ["aws:eu-west-1"]
          service: users-api
          runbook: get-availability
          sign: {accessKey: "{{ CANARY_ACCESS_KEY }}", secretKey: "OURS"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Whose one environment has the API's address from Terraform's outputs."""
    (tmp_path / "outputs.json").write_text(
        json.dumps({"api_url": {"value": "https://u1.execute-api.example"}})
    )
    (tmp_path / "runbooks").mkdir()
    book = "---\\ntitle: GET answers\\nowner: users\\napplies-to: []\\n---\\n# GET answers\\nLook.\\n"
    (tmp_path / "runbooks" / "get-availability.md").write_text(book.replace("\\n", "\n"))
    (tmp_path / "services.yaml").write_text(
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: users-api}\nspec: {description: Users.}\n"
    )
    return tmp_path


def declared(project: Path, key: str) -> Path:
    text = f"project: users\ndocuments: [services.yaml]\nenvironments:\n{ENVIRONMENT.replace('OURS', key)}"
    (project / "sereno.yaml").write_text(text)
    return project


def test_it_is_declared_in_the_environment_with_the_address_from_the_outputs(project: Path) -> None:
    system, problems = load_system(declared(project, "{{ CANARY_SECRET_KEY }}"), "prod")

    assert system is not None, problems
    (test,) = system.environment.synthetics
    assert (test.url, test.every, test.within, test.status) == (
        "https://u1.execute-api.example/users?limit=1",
        300,
        1_000,
        200,
    )
    assert test.sign == Signing(
        access_key="{{ CANARY_ACCESS_KEY }}",
        secret_key="{{ CANARY_SECRET_KEY }}",
        region="us-east-1",
        service="execute-api",
    )
    assert test.where == Span("sereno.yaml", 10, 9, 18)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize(
    ("secret", "code"), [(SECRET, "secret-in-yaml"), ("{{ CORRECT_HORSE }}x", "dd-synthetic-secret")]
)
def test_check_says_that_a_secret_stands_there_without_showing_it(
    project: Path, form: str, secret: str, code: str
) -> None:
    app = typer.Typer()
    add_check(app)
    words = ["check", "--project", str(declared(project, secret)), "--env", "prod", "--format", form]
    found = CliRunner().invoke(app, words)

    assert code in found.output
    assert secret not in found.output
