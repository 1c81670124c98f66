"""infra/ is applied, found unchanged, used, and destroyed: once with every option on, once with none."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import valkey

from infra import migrate
from sereno.language import load_system
from sereno.local.postgres import Postgres
from sereno.local.valkey import Valkey
from tests.infra.conftest import Make, declared
from tests.infra.deployment import INFRA, KEYS, Deployment, Done, run

PROJECT = INFRA.parent
DIGEST = "000000000000.dkr.ecr.us-east-1.amazonaws.com/sereno@sha256:" + "7" * 64
PROXIED = ("users_api_proxied", "users_subscriber_proxied")
# The emulated gateway wants a signature and does not verify it; the local stack's does, in tests/integration.
UNVERIFIED = "tests/integration/test_api.py::test_permission_is_denied_to_a_signature_of_an_unknown_key"

LAST_FIRST = (("full", "plain"), ("once",))  # the boundary of the others' roles is bootstrap's

All = dict[str, Deployment]
Client = Callable[[str], Any]

pytestmark = pytest.mark.e2e  # minutes: the provider waits long for what an emulator does at once


def at_once(deployed: All, do: Callable[[Deployment], Done]) -> dict[str, Done]:
    """All at once: Terraform mostly waits."""
    with ThreadPoolExecutor(len(deployed) or 1) as pool:
        return dict(zip(deployed, pool.map(do, deployed.values()), strict=True))


def well(done: dict[str, Done]) -> bool:
    """Whether all went well; fails with Terraform's own words."""
    bad = {name: d for name, d in done.items() if d.returncode}
    for name, d in bad.items():
        changes = [line for line in d.stdout.splitlines() if line.startswith("  # ")]
        pytest.fail(f"{name}: {changes} {d.stderr[-2500:]}")
    return not bad


@pytest.fixture(scope="module")
def deployed(make: Make, zips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[All]:
    """Applied in one AWS: `full` has every option and zips, `plain` none and images; `once` is bootstrap."""
    slack = {"slack": {"workspace": "T0123ABCD", "channel": "C0123ABCD"}}
    full = make(
        tmp_path_factory.mktemp("full"),
        environment="full",
        protect=False,
        package="zip",
        zips=str(zips),
        snap_start=True,
        nat=True,
        replicas=1,
        proxy=True,
        cache=True,
        datadog_site="datadoghq.eu",
        receivers={"on-call": slack, "team-tickets": {}},
    )
    plain = make(
        tmp_path_factory.mktemp("plain"),
        environment="plain",
        protect=False,
        images=dict.fromkeys(("api", "subscriber", "canary"), DIGEST),
        reserve_concurrency=False,
    )
    once = make(tmp_path_factory.mktemp("once"), "bootstrap", repository="example/sereno")
    deployments = {"full": full, "plain": plain, "once": once}
    try:
        assert well(at_once({"once": once}, Deployment.apply))
        assert well(at_once({"full": full, "plain": plain}, Deployment.apply))
        yield deployments
    finally:
        for names in LAST_FIRST:
            at_once(
                {name: deployments[name] for name in names if deployments[name].stands()}, Deployment.destroy
            )


@pytest.fixture(scope="module")
def client(aws: str) -> Client:
    return lambda service: boto3.client(
        service,
        endpoint_url=aws,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


def step(deployment: Deployment, script: str, *words: str) -> Done:
    """A step of infra/ after apply."""
    outputs = str(deployment.outputs())
    return deployment.script(Path(sys.executable), str(INFRA / script), *words, "--outputs", outputs)


def test_a_plan_after_apply_has_nothing_to_change(deployed: All) -> None:
    assert well(at_once(deployed, Deployment.plan))


def test_the_role_that_plans_may_ask_all_that_a_plan_asks(deployed: All, client: Client, aws: str) -> None:
    """Each action by its name; AWS's own SecurityAudit is read from the emulator, which has a copy."""
    asked(aws)
    assert well({"full": deployed["full"].plan()})
    needed = {action for action in asked(aws) if not action.startswith(("s3:", "sts:"))}
    iam, role = client("iam"), "sereno-github-plan"
    arn = "arn:aws:iam::aws:policy/SecurityAudit"
    newest = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    audit = iam.get_policy_version(PolicyArn=arn, VersionId=newest)["PolicyVersion"]["Document"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    own = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    given = {action.lower() for document in [audit, *own] for action in allowed(document)}
    assert len(needed) > 60
    assert [a for a in sorted(needed) if not any(fnmatchcase(a.lower(), each) for each in given)] == []


def asked(aws: str) -> list[str]:
    """The actions that the emulated AWS was asked for since the last time."""
    with urllib.request.urlopen(f"{aws}/_asked", timeout=5) as answer:
        found: list[str] = json.load(answer)
    return found


def test_no_option_leaves_nothing_behind_where_it_is_off(deployed: All) -> None:
    optional = (
        "nat_gateway",
        "elasticache",
        "cache",
        "db_proxy",
        "metric_stream",
        "firehose",
        "chatbot",
        "s3_bucket",
        "snap",
    )
    kept = deployed["plain"].terraform("state", "list").stdout.splitlines()
    assert [address for address in kept if any(word in address for word in optional)] == []


def test_every_variable_of_prod_is_among_the_outputs(deployed: All, tmp_path: Path) -> None:
    system, problems = load_system(_project(deployed["full"], tmp_path), "prod")
    assert system is not None, problems
    wanted = deployed["full"].value("receivers")["on-call"]
    assert system.receivers["on-call"].cloudwatch == (wanted,)
    assert system.environment.variables["api_id"] == deployed["full"].value("api_id")


def _project(deployment: Deployment, folder: Path) -> Path:
    """This project, its infra/outputs.json the deployment's."""
    for name in ("slo", "alerts", "dashboards", "runbooks", "tests/alerts", "functions"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copyfile(PROJECT / "sereno.yaml", folder / "sereno.yaml")
    (folder / "infra").mkdir()
    shutil.copyfile(deployment.outputs(), folder / "infra" / "outputs.json")
    return folder


def test_sereno_plan_finds_what_to_create_for_the_deployment(deployed: All, tmp_path: Path, aws: str) -> None:
    sereno = [Path(sys.executable).with_name("sereno"), "plan", "--env", "prod", "--detailed-exitcode"]
    done = run([*sereno, "--endpoint-url", aws], _project(deployed["full"], tmp_path), KEYS)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "slo/get-availability/page" in done.stdout


def hashes(postgres: Postgres) -> dict[str, str]:
    """What the server keeps of each user's password."""
    with psycopg.connect(postgres.dsn("users")) as connection:
        found = connection.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
    return {user: password or "" for user, password in found}


def test_migrations_run_twice_and_give_the_proxys_users_passwords(
    deployed: All, client: Client, postgres: Postgres
) -> None:
    assert [step(deployed["full"], "migrate.py").returncode for _ in range(2)] == [0, 0]
    secrets, kept = deployed["full"].value("database")["proxy_secrets"], hashes(postgres)
    assert tuple(sorted(secrets)) == PROXIED
    for user, secret in secrets.items():
        said = json.loads(client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
        salt = base64.b64decode(kept[user].split(":")[1].split("$")[0])
        assert (said["username"], len(said["password"])) == (user, 40)
        assert migrate.verifier(said["password"], salt) == kept[user]


def test_versions_from_before_the_proxy_can_still_sign_in(
    deployed: All, client: Client, postgres: Postgres
) -> None:
    assert step(deployed["full"], "migrate.py").returncode == 0
    with psycopg.connect(postgres.dsn("users")) as connection:
        members = "SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.roleid = 'rds_iam'::regrole"
        assert {user for (user,) in connection.execute(members)} == {"users_api", "users_subscriber"}
    role = deployed["full"].value("api_function")
    policy = client("iam").get_role_policy(RoleName=role, PolicyName="work")["PolicyDocument"]
    (connect,) = (s for s in policy["Statement"] if s["Action"] == "rds-db:connect")
    named = [arn.rpartition(":")[2].split("/") for arn in connect["Resource"]]
    assert sorted(user for _, user in named) == ["users_api", "users_api_proxied"]
    assert len({resource for resource, _ in named}) == 2


def test_a_proxys_passwords_stay_until_new_ones_are_asked_for(deployed: All, client: Client) -> None:
    secret = deployed["full"].value("database")["proxy_secrets"]["users_api_proxied"]

    def after(*words: str) -> str:
        assert step(deployed["full"], "migrate.py", *words).returncode == 0
        return str(client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])

    assert len({after(), after(), after("--new-passwords")}) == 2


def test_a_migration_that_fails_changes_nothing(deployed: All, postgres: Postgres, tmp_path: Path) -> None:
    outputs, before = json.loads(deployed["plain"].outputs().read_text()), hashes(postgres)
    outputs["database"]["value"]["proxy_secrets"] = {
        "nobody_at_all": outputs["subscriptions_secret_arn"]["value"]
    }
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    words = [str(INFRA / "migrate.py"), "--outputs", str(tmp_path / "outputs.json")]
    done = deployed["plain"].script(Path(sys.executable), *words)
    assert (done.returncode, done.stdout, hashes(postgres)) == (2, "", before)
    assert done.stderr.startswith("migrate: not done, and nothing is left half: run it again: ")


def test_the_integration_suite_passes_at_the_url_that_terraform_output(
    deployed: All, tmp_path: Path, aws: str
) -> None:
    step(deployed["full"], "migrate.py")
    outputs = json.loads(deployed["full"].outputs().read_text())
    api, stage = outputs["api_id"]["value"], outputs["api_stage"]["value"]
    assert outputs["api_url"]["value"] == f"https://{api}.execute-api.us-east-1.amazonaws.com"
    outputs["api_url"]["value"] = (
        f"{aws}/_aws/execute-api/{api}/{stage}"  # how the emulator is reached for it
    )
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    suite = [sys.executable, "-m", "pytest", "-q", "tests/integration", "--deselect", UNVERIFIED]
    env = KEYS | {
        "AWS_ENDPOINT_URL": aws,
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    done = run([*suite, "-p", "no:cacheprovider", "--deployed", tmp_path / "outputs.json"], PROJECT, env)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "11 passed, 1 deselected" in done.stdout


def test_gets_were_read_through_the_cache_and_writes_ended_its_epochs(
    deployed: All, cached: Valkey, client: Client
) -> None:
    """As the integration suite left it: what the API keeps, by the user that pipeline.yaml gives it."""
    name = declared("full").users["api"].name
    with valkey.Valkey(port=cached.port, username=name, password="a token") as api:
        assert [type(value) for value in api.mget("users:{pages}:epoch")] == [bytes]
    functions = deployed["full"].value("api_function"), deployed["plain"].value("api_function")
    found = [client("lambda").get_function_configuration(FunctionName=function) for function in functions]
    hosts = [each["Environment"]["Variables"]["CACHE_HOST"] for each in found]
    assert hosts == ["127.0.0.1", ""]


def allowed(document: dict[str, Any]) -> set[str]:
    """The actions that a policy allows."""
    found = [s["Action"] for s in document["Statement"] if s["Effect"] == "Allow"]
    return {action for each in found for action in ([each] if isinstance(each, str) else each)}


def test_every_role_is_bounded_and_may_nothing_beyond_the_boundary(deployed: All, client: Client) -> None:
    iam, arn = client("iam"), "arn:aws:iam::000000000000:policy/sereno-boundary"
    version = iam.get_policy_version(
        PolicyArn=arn, VersionId=iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    )
    most = allowed(version["PolicyVersion"]["Document"])
    roles = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("sereno-full")]
    beyond = {}
    for role in roles:
        found = iam.get_role(RoleName=role)["Role"]
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            beyond[role, policy] = allowed(document) - most
    assert (len(roles), {name: more for name, more in beyond.items() if more}) == (9, {})


def test_each_function_may_sign_in_to_the_cache_as_itself_only(deployed: All, client: Client) -> None:
    for key in ("api", "subscriber"):
        role = deployed["full"].value(f"{key}_function")
        policy = client("iam").get_role_policy(RoleName=role, PolicyName="work")["PolicyDocument"]
        (connect,) = (s for s in policy["Statement"] if s["Action"] == "elasticache:Connect")
        user = declared("full").users[key].name
        named = [arn.split(":", 5)[5] for arn in connect["Resource"]]
        assert sorted(named) == ["serverlesscache:sereno-full", f"user:{user}"]


def test_callers_get_a_new_version_when_it_is_released_and_the_old_one_back(
    deployed: All, client: Client, tmp_path: Path
) -> None:
    full, lambda_ = deployed["full"], client("lambda")
    name, record = full.value("api_function"), tmp_path / "release.json"
    back = [str(INFRA / "release.py"), "back", "--env", "full", "--region", "us-east-1"]

    def live() -> str:
        return str(lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"])

    _change_code(full)
    assert well({"full": full.apply_planned()})
    assert (live(), full.value("versions")[name]) == ("1", "2")
    assert step(full, "release.py", "forward", "--record", str(record)).returncode == 0
    assert live() == "2"
    assert full.script(Path(sys.executable), *back).returncode == 0
    assert live() == "1"
    assert well({"full": full.plan()})


def _change_code(deployment: Deployment) -> None:
    """A change that publishes a version of the API: its description."""
    functions = deployment.folder / "functions.tf"
    functions.write_text(
        functions.read_text().replace("GET and POST of users", "GET and POST of users, again")
    )


def test_a_topic_tells_whom_the_secret_names_and_nobody_else(deployed: All, client: Client) -> None:
    full, sns = deployed["full"], client("sns")
    topic = full.value("receivers")["on-call"]
    secret = full.value("subscriptions_secret_arn")
    assert step(full, "subscribe.py").returncode == 1
    for pager in ("one", "two"):
        told = {"on-call": [f"https://pager.example/{pager}"], "team-tickets": []}
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(told))
        done = step(full, "subscribe.py")
        assert (done.returncode, "pager.example" in done.stdout) == (0, False)
        endpoints = [s["Endpoint"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]]
        assert endpoints == [f"https://pager.example/{pager}"]


def test_nothing_secret_is_in_the_state(deployed: All, client: Client) -> None:
    state = (deployed["full"].folder / "terraform.tfstate").read_text()
    for secret in deployed["full"].value("database")["proxy_secrets"].values():
        said = json.loads(client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
        assert said["password"] not in state
    assert [line for line in state.splitlines() if "pager.example" in line or '"secret_string"' in line] == []


def test_destroy_leaves_nothing(deployed: All) -> None:
    for names in LAST_FIRST:
        assert well(at_once({name: deployed[name] for name in names}, Deployment.destroy))
    left = [d.terraform("state", "list").stdout for d in deployed.values()]
    assert left == [""] * len(deployed)
