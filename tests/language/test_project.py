"""This repository's own YAML, the starter, the packs, the export and the schema."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sereno.language import load_system
from sereno.language.export import openslo
from sereno.language.load import Document
from sereno.language.model import Alert, Anomaly, System
from sereno.language.problem import render_text
from sereno.language.project import examine, folder
from sereno.language.resolve import packfiles
from sereno.language.schema import documents, project
from sereno.language.starter import starter
from sereno.language.text import Map, read
from tests.language import problem_cases

ROOT = Path(__file__).parents[2]
BASE = problem_cases.PROBLEMS / "base"


def system_of(root: Path, **how: Any) -> System:
    system, problems = load_system(root, lenient=True, **how)
    assert (render_text(problems), system is None) == ("", False)
    assert system is not None
    return system


def test_this_repository_has_no_problem_and_silences_no_rule() -> None:
    found = examine(ROOT, lenient=True)
    assert render_text(found.problems) == ""
    assert [file for file, data in found.sources.items() if b"sereno: allow" in data] == []


def _with_variables(tmp_path: Path, variables: str) -> System:
    shutil.copytree(BASE, tmp_path / "p")
    environment = f"{{backend: cloudwatch, region: us-west-2, variables: {variables}}}"
    (tmp_path / "p" / "sereno.yaml").write_text(f"project: base\nenvironments: {{local: {environment}}}\n")
    return system_of(tmp_path / "p")


def test_a_variable_may_hold_others_in_whatever_order(tmp_path: Path) -> None:
    written = (
        '{queue: "${stage}-jobs", stage: "${team}.${environment}", team: "${project}-7", raw: "$${team}"}'
    )
    assert _with_variables(tmp_path, written).environment.variables == {
        "queue": "base-7.local-jobs",
        "stage": "base-7.local",
        "team": "base-7",
        "raw": "${team}",
        "project": "base",
        "environment": "local",
        "region": "us-west-2",
    }


LAID_OUT = {
    "a folder twice, and one in another": "documents: [slo, ./slo, tests, tests/alerts, alerts]\n",
    "an empty document after it": "---\n",
}


@pytest.mark.parametrize("more", LAID_OUT.values(), ids=LAID_OUT)
def test_a_project_file_may_also_have(more: str, tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path / "p")
    written = (BASE / "sereno.yaml").read_text()
    (tmp_path / "p" / "sereno.yaml").write_text(written + more)
    assert system_of(tmp_path / "p") == system_of(BASE)


def test_a_folder_of_a_name_that_no_file_system_has_is_missing(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path / "p")
    with (tmp_path / "p" / "sereno.yaml").open("a") as file:
        file.write(f"documents: [{'a' * 5_000}]\n")
    assert "path-missing" in {p.code for p in examine(tmp_path / "p", lenient=True).problems}


def test_variables_that_double_each_other_are_a_problem_before_they_fill_the_memory(tmp_path: Path) -> None:
    doubled = ", ".join(f"v{i}: '{f'${{v{i + 1}}}' * 10}'" for i in range(12))
    environment = f"{{backend: cloudwatch, variables: {{{doubled}, v12: ha}}}}"
    (tmp_path / "sereno.yaml").write_text(f"project: base\nenvironments: {{local: {environment}}}\n")
    found = examine(tmp_path, lenient=True)
    assert {p.code for p in found.problems} == {"variable-cycle"}


def test_what_is_merged_comes_in_the_order_it_is_written_in_whatever_process(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path / "p")
    (tmp_path / "p" / "slo" / "x.yaml").write_text(
        "apiVersion: openslo/v1\nkind: Service\nspec: {description: X.}\n"
        "metadata: {name: x, labels: {<<: {e5: a, d4: b, c3: c, b2: d, a1: e}, own: f}}\n"
    )
    labels = ["own: f", "e5: a", "d4: b", "c3: c", "b2: d", "a1: e"]
    exported = openslo(examine(tmp_path / "p", lenient=True).documents)
    assert [line.strip() for line in exported.partition("labels:\n")[2].splitlines()[:6]] == labels


def test_this_repository_promises_five_things_and_watches_ten() -> None:
    system = system_of(ROOT)
    assert {slo.name: str(slo.objectives[0].target) for slo in system.slos} == {
        "get-availability": "0.999",
        "get-latency": "0.99",
        "publish-acceptance": "0.999",
        "row-freshness": "0.995",
        "canary-round-trip": "0.99",
    }
    assert len(system.alerts) == 10
    assert {slo.owner for slo in system.slos} == {"users-team"}


def test_the_project_is_the_same_system_for_the_other_vendor() -> None:
    one, other = system_of(ROOT), system_of(ROOT, backend="datadog")
    assert (one.slos, one.alerts, one.signals) == (other.slos, other.alerts, other.signals)
    assert (one.environment.backend, other.environment.backend) == ("cloudwatch", "datadog")


def test_an_environment_without_its_outputs_is_read_by_check_and_refused_by_the_rest() -> None:
    lenient, warnings = load_system(ROOT, "prod", lenient=True)
    strict, errors = load_system(ROOT, "prod")
    assert (lenient is None, {p.severity for p in warnings}) == (False, {"warning"})
    assert (strict, {p.severity for p in errors}) == (None, {"error"})
    assert [p.code for p in errors] == [p.code for p in warnings] == ["outputs-missing"]
    way = "terraform -chdir=infra output -json > infra/outputs.json"
    assert errors[0].help == f"after `terraform apply`, run `{way}`"


def test_outputs_of_terraform_fill_the_variables(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "sereno.yaml").write_text(
        "project: base\nenvironments:\n  local: {backend: cloudwatch, outputs: out.json}\n"
    )
    outputs = {"queue": {"value": "jobs-17"}, "receivers": {"value": {"on-call": "arn:x:13"}}}
    (tmp_path / "out.json").write_text(json.dumps(outputs))
    found = system_of(tmp_path).environment.variables
    assert (found["queue"], found["receivers.on-call"], found["environment"]) == (
        "jobs-17",
        "arn:x:13",
        "local",
    )


def with_documents(root: Path, text: str) -> Path:
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    (root / "alerts" / "more.yaml").write_text(text)
    return root


NUMBERS = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: varied, annotations: {sereno.dev/runbook: answers}}
spec:
  service: web
  indicator:
    metadata: {name: varied}
    spec:
      ratioMetric:
        good: {metricSource: {type: Signal, spec: {signal: good}}}
        total: {metricSource: {type: Signal, spec: {signal: total}}}
  timeWindow: [{duration: "${length}", isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: "${target}"}]
  alertPolicies: [{alertPolicyRef: page-14-4x-1h}]
---
apiVersion: sereno/v1
kind: Alert
metadata: {name: varied-alert}
spec:
  description: Too few.
  service: web
  runbook: answers
  expr: total / ${most}
  op: gt
  threshold: "${most}"
  period: "${period}"
  datapoints: 1 of 1
  missing: notBreaching
  severity: ticket
"""


def test_numbers_of_an_outputs_file_that_is_missing_are_a_warning_in_check(tmp_path: Path) -> None:
    with_documents(tmp_path, NUMBERS)
    (tmp_path / "sereno.yaml").write_text(
        "project: base\nenvironments:\n"
        "  local: {backend: cloudwatch, outputs: out.json, variables: {queue: jobs, receivers.on-call: x}}\n"
    )
    _, problems = load_system(tmp_path, lenient=True)
    assert [p for p in problems if p.severity == "error"] == []
    assert "outputs-missing" in {p.code for p in problems}


USED = """\
apiVersion: sereno/v1
kind: Use
metadata: {name: worker}
spec:
  use: aws/lambda
  with: {name: worker, service: web, function: worker, timeout_ms: 3000}
---
apiVersion: sereno/v1
kind: AlertTest
metadata: {name: worker}
spec:
  description: The worker fails.
  interval: 1m
  input_series:
    - {signal: worker-errors, values: 9x20}
    - {signal: worker-invocations, values: 10x20}
  alert_rule_test:
    - {eval_time: 10m, alert: worker-failing, state: ALARM}
"""


def test_a_mute_window_of_no_day_is_told_at_its_days(tmp_path: Path) -> None:
    with_documents(
        tmp_path,
        """\
apiVersion: sereno/v1
kind: Routes
metadata: {name: routes}
spec:
  receivers: {on-call: {description: Wakes someone., cloudwatch: ["arn:aws:sns:us-east-1:000000000000:x"]}}
  mutes: {nights: {days: [], start: "20:00", end: "06:00", zone: Europe/Madrid}}
  route: {receiver: on-call}
""",
    )
    (found,) = [p for p in examine(tmp_path, lenient=True).problems if p.code == "wrong-shape"]
    assert found.message == "`days` must be a list that is not empty"


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("timeout_ms: 3000", "timeout: 3000", "pack-parameter"),
        ("aws/lambda", "aws/lamda", "unknown-pack"),
        ("timeout_ms: 3000", "timeout_ms: 3000, severity: sev1", "not-allowed"),
        ("timeout_ms: 3000", "timeout_ms: 3000, size: 3", "pack-parameter"),
        ("service: web,", "service: web, service: web,", "duplicate-key"),
        ("function: worker,", "function: [worker],", "wrong-shape"),
        ("use: aws/lambda", "used: aws/lambda", "unknown-field"),
    ],
    ids=["a parameter", "a pack", "a severity", "one too many", "one twice", "a list", "a key"],
)
def test_one_slip_of_a_pack_in_use_is_told_without_what_follows_from_it(
    right: str, wrong: str, code: str, tmp_path: Path
) -> None:
    with_documents(tmp_path, USED.replace(right, wrong))
    found = {p.code for p in examine(tmp_path, lenient=True).problems if p.severity == "error"}
    assert (code in found, {c for c in found if c.startswith("unknown-") and c != code}) == (True, set())


@pytest.mark.parametrize(
    ("words", "dead"),
    [
        ("See [this](gone.md).", ["gone.md"]),
        ("Write `[this](gone.md)` there.", []),
        ("Write `` a ` [this](gone.md)`` there, [that](lost.md).", ["lost.md"]),
        ("```\n[this](gone.md)\n```\n[that](lost.md)", ["lost.md"]),
        ("~~~~ sh\n[this](gone.md)\n```\n[this](gone.md)\n~~~~\n", []),
        ("See [the other](the%20other.md).", []),
    ],
    ids=["a link", "in code", "beside code", "after a block", "a fence in a block", "a name with a space"],
)
def test_what_is_code_in_a_runbook_is_no_link(words: str, dead: list[str], tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    runbook = tmp_path / "runbooks" / "answers.md"
    (tmp_path / "runbooks" / "the other.md").write_text(runbook.read_text())
    runbook.write_text(f"{runbook.read_text()}\n{words}\n")
    found = examine(tmp_path, lenient=True).problems
    assert [p.message.split("`")[1] for p in found if p.code == "dead-link"] == dead


def test_a_target_from_a_variable_is_judged_as_one_that_is_written(tmp_path: Path) -> None:
    with_documents(tmp_path, NUMBERS)
    values = "{queue: jobs, length: 30d, target: 99.9, most: 5, period: 1m}"
    (tmp_path / "sereno.yaml").write_text(
        f"project: base\nenvironments:\n  local: {{backend: cloudwatch, variables: {values}}}\n"
    )
    _, problems = load_system(tmp_path)
    assert [p.code for p in problems if p.severity == "error"] == ["target-range"]


def use(spec: str) -> str:
    return f"apiVersion: sereno/v1\nkind: Use\nmetadata: {{name: more}}\nspec:\n{spec}"


GIVEN = {
    "aws/apigateway-http": {"name": "door", "api_id": "a1b2"},
    "aws/aurora-postgresql": {"name": "store", "cluster": "main", "max_connections": "90"},
    "aws/lambda": {"name": "work", "function": "base-work", "timeout_ms": "7000"},
    "aws/sns": {"name": "news", "topic": "base-news"},
    "aws/sqs": {"name": "jobs", "queue": "base-jobs"},
    "aws/sqs-dlq": {"name": "dead", "queue": "base-dead"},
    "sereno/canary": {"name": "probe", "namespace": "Base", "dimension": "probe"},
}


def alerts_of(root: Path, spec: str) -> dict[str, Alert]:
    """The alerts that a `Use` makes; their missing runbooks and tests are not asked for."""
    with_documents(root, use(spec))
    pack = next(name for name in packfiles.names() if f"use: {name}\n" in spec)
    made, problems = packfiles.pack(pack, {**GIVEN[pack], "service": "web"})
    assert (problems, made is None) == ([], False)
    assert made is not None
    for name in made.spec.alerts:
        (root / "runbooks" / f"{name}.md").write_text(
            f"---\ntitle: {name}\nowner: web-team\napplies-to: [{name}]\n---\nIt is late.\n"
        )
    system, found = load_system(root, lenient=True)
    assert {p.code for p in found} <= {"untested-alert", "unused-runbook"}
    assert system is not None
    return {alert.name: alert for alert in system.alerts if alert.name != "backlog-high"}


def written(pack: str, more: str = "") -> str:
    given = {**GIVEN[pack], "service": "web"}
    return f"  use: {pack}\n  with: {json.dumps(given)}\n{more}"


def test_every_pack_that_ships_is_tried_here() -> None:
    assert tuple(sorted(GIVEN)) == packfiles.names()


@pytest.mark.parametrize("pack", GIVEN)
def test_a_pack_opens_and_each_number_has_its_reason_and_source(pack: str, tmp_path: Path) -> None:
    made, _ = packfiles.pack(pack, {**GIVEN[pack], "service": "web"})
    assert made is not None
    assert {
        name: (bool(a.reason), "https://" in a.source) for name, a in made.spec.alerts.items()
    } == dict.fromkeys(made.spec.alerts, (True, True))
    assert set(alerts_of(tmp_path, written(pack))) == set(made.spec.alerts)


WORDS = st.one_of(
    st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True),
    st.integers(0, 10**6).map(str),
    st.sampled_from(
        ["", "page", "true", "A_b/c", "${name}", "x" * 37, "x" * 40, "mark00" + 34 * "x", "-a", "7"]
    ),
)


@pytest.mark.parametrize("pack", GIVEN)
@given(data=st.data())
def test_a_pack_of_any_parameters_is_what_its_file_says_of_them(pack: str, data: st.DataObject) -> None:
    """Most are made of a form that is validated once, and come to the same as each validated for itself."""
    values = {name: data.draw(WORDS) for name in packfiles.parameters(pack)}
    kept = data.draw(st.sets(st.sampled_from(sorted(values))))
    asked = {name: values[name] for name in kept}
    assert packfiles.pack(pack, asked) == packfiles.opened(pack, asked)


def test_an_alert_of_a_pack_is_changed_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    plain = alerts_of(tmp_path / "a", written("aws/sqs"))
    changed = alerts_of(
        tmp_path / "b", written("aws/sqs", "  override: {jobs-old: {threshold: 17, severity: ticket}}\n")
    )
    assert (str(changed["jobs-old"].threshold), changed["jobs-old"].severity) == ("17", "ticket")
    assert changed["jobs-old"].period == plain["jobs-old"].period
    assert changed["jobs-in-flight-high"] == plain["jobs-in-flight-high"]


def test_a_band_takes_the_place_of_a_threshold(tmp_path: Path) -> None:
    band = "  override: {jobs-old: {anomaly: {deviations: 3, direction: above}}}\n"
    changed = alerts_of(tmp_path, written("aws/sqs", band))["jobs-old"]
    assert changed.anomaly == Anomaly(deviations=Decimal(3), direction="above")


def test_an_alert_of_a_pack_is_dropped_by_name_with_a_reason(tmp_path: Path) -> None:
    found = alerts_of(tmp_path, written("aws/sqs", "  drop: {jobs-in-flight-high: We never get near it.}\n"))
    assert list(found) == ["jobs-old"]


def test_panels_of_a_pack_join_the_dashboard_that_is_named(tmp_path: Path) -> None:
    spec = written("aws/sns", "  dashboard: wall\n")
    dashboard = (
        "---\napiVersion: sereno/v1\nkind: Dashboard\nmetadata: {name: wall}\n"
        "spec: {title: Wall, rows: [[{kind: text, text: Hello}]]}\n"
    )
    alerts_of(tmp_path, spec + dashboard)
    system, _ = load_system(tmp_path, lenient=True)
    assert system is not None
    assert [panel.title for panel in system.dashboards[0].rows[1]] == [
        "base-news: published and delivered",
        "base-news: not delivered",
    ]


OVERRIDES = """\
project: base
environments:
  local:
    backend: cloudwatch
    variables: {queue: jobs}
    overrides:
      alerts: {backlog-high: {threshold: 23}}
      slos: {answers: {target: 0.95, alertPolicies: [ticket-3x-24h]}}
"""


def test_an_environment_overrides_alerts_and_slos(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "sereno.yaml").write_text(OVERRIDES)
    tests = tmp_path / "tests" / "alerts" / "base.yaml"
    tests.write_text(tests.read_text().replace("answers/page", "answers/ticket"))
    system = system_of(tmp_path)
    assert str(system.alerts[0].threshold) == "23"
    assert str(system.slos[0].objectives[0].target) == "0.95"
    assert [pair.name for pair in system.slos[0].policies] == ["ticket-3x-24h"]


@pytest.mark.parametrize("backend", ["cloudwatch", "datadog"])
def test_the_starter_has_no_problem(backend: str, tmp_path: Path) -> None:
    values = {"service": "orders", "owner": "orders-team", "backend": backend, "region": "eu-west-1"}
    for path, text in starter(values).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    system = system_of(tmp_path)
    assert (system.project, system.environment.backend) == ("orders", backend)


@pytest.mark.parametrize("root", [ROOT, BASE], ids=["this repository", "the base of the problems"])
def test_exported_openslo_reads_back_to_the_same_system(root: Path, tmp_path: Path) -> None:
    before = examine(root, lenient=True)
    for file in before.sources:
        copy = tmp_path / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(
            _without_openslo(before.sources[file]) if file.endswith(".yaml") else before.sources[file]
        )
    for beside in ("functions", "docs"):  # what emits signals, and what runbooks link
        if (root / beside).exists():
            shutil.copytree(root / beside, tmp_path / beside)
    (tmp_path / "slo" / "exported.yaml").write_text(openslo(before.documents))
    after = system_of(tmp_path)
    assert before.system == after


def test_what_variables_gave_is_exported_as_what_the_field_takes(tmp_path: Path) -> None:
    """A number and a flag without quotes; a text with them, also in a label that is named like a number."""
    root = tmp_path / "p"
    shutil.copytree(BASE, root)
    variables = '{queue: jobs, share: "0.995", yes: "true", seven: "7", at: "2026-01-02"}'
    environment = f"{{backend: cloudwatch, region: us-east-1, variables: {variables}}}"
    (root / "sereno.yaml").write_text(f"project: base\nenvironments: {{local: {environment}}}\n")
    written = (root / "slo" / "base.yaml").read_text().replace("target: 0.99", 'target: "${share}"')
    written = written.replace("isRolling: true", 'isRolling: "${yes}"')
    labels = '{value: "${seven}", target: "${yes}", since: "${at}", tier: ["${seven}", b]}'
    written = written.replace(
        "metadata: {name: answers}\nspec:", f"metadata: {{name: answers, labels: {labels}}}\nspec:"
    )
    (root / "slo" / "base.yaml").write_text(written)
    found = examine(root, lenient=True)
    assert (render_text(found.problems), found.system is None) == ("", False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "slos.yaml").write_text(openslo(found.documents))
    again = folder(tmp_path / "out")
    assert [p.code for p in again.problems if p.severity == "error"] == ["unknown-signal"] * 2
    slo = next(d for d in again.documents if d.kind == "SLO")
    assert slo.spec.metadata.labels == {"value": "7", "target": "true", "since": "2026-01-02", "tier": "7,b"}
    objective, window = slo.spec.spec.objectives[0], slo.spec.spec.time_window[0]
    assert (objective.target, window.is_rolling) == (Decimal("0.995"), True)


ODD = (
    "08",
    "1e3",
    "1e400",
    "0o7",
    "0X1f",
    "-.5e3",
    "yes",
    "~",
    "",
    "\x85",
    "2026-01-02",
    "a: b",
    "x #",
    "\u2028",
)


@given(st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8))
def test_a_text_is_exported_so_that_it_is_read_as_that_text(value: str) -> None:
    tree = Map((1, 1, 2))
    tree["description"] = value
    document = Document("x.yaml", tree, "openslo/v1", "Service", "x", spec=object())
    assert read(openslo([document]).encode(), "x.yaml") == ([{"description": value}], [])


def _without_openslo(data: bytes) -> bytes:
    parts = data.decode().split("\n---\n")
    return "\n---\n".join(part for part in parts if "openslo/v1" not in part).encode()


def test_exported_openslo_needs_nothing_of_what_ships_with_us() -> None:
    found = list(yaml.safe_load_all(openslo(examine(ROOT, lenient=True).documents)))
    kinds = {document["kind"] for document in found}
    policies = {document["metadata"]["name"] for document in found if document["kind"] == "AlertPolicy"}
    assert kinds == {"Service", "SLO", "AlertPolicy"}
    assert policies == {"page-14-4x-1h", "page-6x-6h", "ticket-3x-24h"}


def test_the_schema_accepts_every_document_of_this_repository_and_refuses_a_misspelt_key() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(documents())
    texts = [p for folder in ("slo", "alerts", "dashboards") for p in (ROOT / folder).glob("*.yaml")]
    trees = [tree for path in texts for tree in yaml.safe_load_all(path.read_text())]
    assert [error.message for tree in trees for error in judge.iter_errors(tree)] == []
    alert = next(tree for tree in trees if tree["kind"] == "Alert")
    assert not judge.is_valid({**alert, "spec": {**alert["spec"], "runbok": "x"}})


def test_the_schema_of_the_project_file_accepts_ours() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(project())
    assert [e.message for e in judge.iter_errors(yaml.safe_load((ROOT / "sereno.yaml").read_text()))] == []
