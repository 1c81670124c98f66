"""Problems of documents: their kind, their variables, their names, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from sereno.language.problem import Problem, Severity, Span, did_you_mean

OTHER_VERSIONS = {
    "openslo/v1alpha": (
        "a v1alpha SLO's `objectives[].ratioMetrics` become an `indicator` with `ratioMetric`",
        "`timeWindows` becomes `timeWindow: [{duration: 30d, isRolling: true}]`",
    ),
    "openslo.com/v2alpha": (
        "`sli` becomes `indicator` and `sliRef` `indicatorRef`",
        "`dataSourceRef` becomes `metricSource: {metricSourceRef: ...}`",
    ),
}


def not_a_document(at: Span) -> Problem:
    """A document is a mapping with `apiVersion`, `kind`, `metadata` and `spec`.

    Breaks: a file that holds a single text
    Keeps: `apiVersion: openslo/v1`, and so on
    """
    return Problem(at, "not-a-document", "this is not a document", "begin with `apiVersion:` and `kind:`")


def unknown_version(at: Span, value: str | None) -> Problem:
    """`apiVersion` is `openslo/v1` or, for our own kinds, `sereno/v1`.

    Breaks: `apiVersion: openslo/v2`
    Keeps: `apiVersion: openslo/v1`
    """
    words = "`apiVersion` is missing" if value is None else f"unknown apiVersion `{value[:80]}`"
    return Problem(at, "unknown-version", words, "write `openslo/v1`, or `sereno/v1` for our own kinds")


def unknown_kind(at: Span, value: str | None, known: Iterable[str]) -> Problem:
    """`kind` says what the document is.

    Breaks: `kind: Slo`
    Keeps: `kind: SLO`
    """
    if value is None:
        return Problem(at, "unknown-kind", "`kind` is missing", "write one of " + ", ".join(sorted(known)))
    hint = did_you_mean(value, known)
    return Problem(
        at, "unknown-kind", f"unknown kind `{value[:80]}`", hint or "known: " + ", ".join(sorted(known))
    )


def other_version(at: Span, version: str) -> Problem:
    """OpenSLO v1alpha and v2alpha documents are read, and the way to v1 is said; only v1 is compiled.

    Breaks: `apiVersion: openslo.com/v2alpha`
    Keeps: `apiVersion: openslo/v1`, with the renames that the problem lists
    """
    hint = "; ".join(("write `apiVersion: openslo/v1`", *OTHER_VERSIONS[version]))
    return Problem(at, "other-version", f"{version} is not compiled, only openslo/v1 is", hint, "warning")


def unknown_variable(at: Span, name: str, known: Iterable[str]) -> Problem:
    """`${name}` must be a variable of the environment.

    The names `project`, `environment` and `region` are always there; `$${name}` writes `${name}` itself.

    Breaks: `QueueName: ${quene}`
    Keeps: `QueueName: ${queue}`, with `queue` under the environment's `variables`
    """
    hint = did_you_mean(name, known, "`${{{}}}`") or "give it under the environment's `variables`"
    return Problem(at, "unknown-variable", f"unknown variable `${{{name[:80]}}}`", hint)


def variable_cycle(at: Span, names: Sequence[str]) -> Problem:
    """A variable may hold others, but not itself, and what they come to is at most 10,000 characters.

    Breaks: `variables: {queue: "${stage}-jobs", stage: "${queue}"}`
    Keeps: `variables: {queue: "${stage}-jobs", stage: "${environment}-1"}`
    """
    way = " -> ".join(f"`${{{name[:80]}}}`" for name in names)
    words = f"the variable leads back to itself: {way}" if names[1:] else f"there is no end to {way}"
    return Problem(at, "variable-cycle", words, "write out one of them")


def bad_region(at: Span, name: str, meant: str, possible: bool) -> Problem:
    """A Region of AWS has an area, a direction and a number.

    A name of that form with words that no Region has had so far is a warning: AWS opens new ones.

    Breaks: `region: us-esat-1`, `region: eu`
    Keeps: `region: us-east-1`
    """
    words = "no Region of AWS so far has such a name" if possible else "this is no Region of AWS"
    severity: Severity = "warning" if possible else "error"
    return Problem(at, "bad-region", f"`{name}`: {words}", f"write one such as `{meant}`", severity)


def outputs_missing(at: Span, outputs: str, *, lenient: bool) -> Problem:
    """The environment's `outputs` file is not there, so the variables it would give have no values.

    A warning in `sereno check`, which then leaves out the vendor's limits; an error where live things
    are made or asked.

    Breaks: `outputs: infra/outputs.json` before the first `terraform apply`
    Keeps: `terraform -chdir=infra output -json > infra/outputs.json`; or, without Terraform, the values under
    `variables` in place of `outputs`
    """
    words, hint = f"`{outputs}` is not there", f"after `terraform apply`, run `{outputs_command(outputs)}`"
    return Problem(at, "outputs-missing", words, hint, "warning" if lenient else "error")


def outputs_command(outputs: str) -> str:
    """What writes the file, from the project's folder: Terraform's root is where the file lies."""
    folder = PurePosixPath(outputs).parent
    where = "" if folder == PurePosixPath() else f" -chdir={folder}"
    return f"terraform{where} output -json > {outputs}"


def outputs_unreadable(at: Span, outputs: str, reason: str) -> Problem:
    """The outputs file is what `terraform output -json` prints: `{NAME: {"value": ...}}`.

    Breaks: an empty file after a failed command
    Keeps: `terraform -chdir=infra output -json > infra/outputs.json`
    """
    hint = f"run `{outputs_command(outputs)}` again"
    return Problem(at, "outputs-unreadable", f"`{outputs}` cannot be used: {reason}", hint)


def unknown_environment(at: Span, name: str, known: Iterable[str]) -> Problem:
    """`--env` names an environment of `sereno.yaml`.

    Breaks: `sereno plan --env production`
    Keeps: `sereno plan --env prod`
    """
    return Problem(at, "unknown-environment", f"no environment `{name[:80]}`", did_you_mean(name, known))


def two_of_a_name(at: Span, kind: str, name: str, first: Span) -> Problem:
    """Two documents of one kind, two signals or two alerts cannot have one name.

    One would silently replace the other.

    Breaks: two `Alert` documents named `dlq-not-empty`
    Keeps: two names
    """
    words = f"a second {kind} is named `{name}`"
    return Problem(at, "two-of-a-name", words, f"rename one; the first is at {first.file}:{first.line}")


def unknown_reference(at: Span, kind: str, name: str, known: Iterable[str]) -> Problem:
    """What a document refers to must be in the project's documents, or in a pack that ships with sereno.

    Breaks: `indicatorRef: get-answred`
    Keeps: `indicatorRef: get-answered`
    """
    return Problem(at, "unknown-reference", f"no {kind} is named `{name[:80]}`", did_you_mean(name, known))


def unknown_signal(at: Span, name: str, known: Iterable[str]) -> Problem:
    """A signal must be declared in a `Signals` document.

    Breaks: `signal: dlq-visable`
    Keeps: `signal: dlq-visible`
    """
    hint = did_you_mean(name, known) or "declare it in a document of `kind: Signals`"
    return Problem(at, "unknown-signal", f"no signal is named `{name[:80]}`", hint)


def signal_cycle(at: Span, names: Iterable[str]) -> Problem:
    """An expression may not lead back to its own signal.

    Breaks: `a: {expr: b + 1}` and `b: {expr: a}`
    Keeps: `a: {expr: b + 1}` and `b` read from a metric
    """
    return Problem(
        at, "signal-cycle", "the expression leads back to itself: " + " -> ".join(names), "break the cycle"
    )


def signal_source(at: Span, name: str, both: bool) -> Problem:
    """A signal is read from a vendor's metric (`cloudwatch`, `datadog` or both), or computed by `expr`.

    Breaks: a signal with `unit` and `description` only
    Keeps: `get-5xx: {..., expr: get-list-5xx + get-one-5xx}`
    """
    words = f"signal `{name}` is both read and computed" if both else f"signal `{name}` comes from nowhere"
    return Problem(at, "signal-source", words, "write `cloudwatch` and/or `datadog`, or `expr`")


def bad_expression(at: Span, reason: str, hint: str) -> Problem:
    """An expression is made of signals, numbers, `+ - * /` and brackets.

    Names hold `-`, so an operator has spaces around it. At most 100 terms.

    Breaks: `expr: errors/requests`, `expr: errors / (requests`
    Keeps: `expr: errors / requests`
    """
    return Problem(at, "bad-expression", f"not an expression: {reason}", hint)


def signal_or_expr(at: Span, both: bool) -> Problem:
    """An alert or a panel watches a `signal` or an `expr`, not both.

    Breaks: an alert without either
    Keeps: `expr: database-connections / 90`
    """
    words = "`signal` and `expr` stand together" if both else "neither `signal` nor `expr` is there"
    return Problem(at, "signal-or-expr", words, "keep one of them" if both else "write one of them")


def threshold_or_anomaly(at: Span) -> Problem:
    """An alert compares with a fixed `threshold`, or with an `anomaly` band that the vendor learns.

    A band is wider than 0 deviations. `op` and `guard` go with a threshold: `direction` says on which
    side of the band (above, below, outside) the alert fires, and a band knows quiet hours by itself.

    Breaks: an alert without either; `anomaly: {deviations: 0}`; `op: gt` beside `anomaly`
    Keeps: `threshold: 5`, or `anomaly: {deviations: 2, direction: above}`
    """
    return Problem(
        at,
        "threshold-or-anomaly",
        "an alert has either a `threshold`, or an `anomaly` without `op` and `guard`",
        "write `threshold: 5`, or `anomaly: {deviations: 2, direction: above}`",
    )


def bad_datapoints(at: Span, value: str) -> Problem:
    """`datapoints` is `M of N`: M datapoints of the last N must breach, 1 <= M <= N.

    Breaks: `datapoints: 3`, `datapoints: 5 of 3`
    Keeps: `datapoints: 3 of 5`
    """
    return Problem(
        at, "bad-datapoints", f"`{value[:80]}` is not `M of N` with 1 <= M <= N", "write `1 of 1`, `3 of 5`"
    )


def silent_outage(at: Span, name: str) -> Problem:
    """An alert below a threshold says what silence means: a total outage leaves no datapoint to be low.

    Without `missing`, an alarm without data is in no state that tells anybody. Where something guarantees
    data (`always: true` of every signal it reads), it need not be said.

    Breaks: `op: lt, threshold: 1` without `missing`
    Keeps: `missing: breaching`; or `missing: missing`, where nobody should be told of silence
    """
    words = f"`{name}` fires on low values, and stays silent when there are none at all"
    hint = "write `missing: breaching`, or `missing: missing` if silence is no fault"
    return Problem(at, "silent-outage", words, hint, "warning")


def unknown_service(at: Span, name: str, known: Iterable[str], *, lenient: bool) -> Problem:
    """A service must have a `kind: Service` document.

    Routes match on it and owners hang on it, so a misspelt one would go to the wrong people.

    Breaks: `service: user-api`
    Keeps: `service: users-api`
    """
    hint = did_you_mean(name, known) or "add a document of `kind: Service`"
    severity: Severity = "warning" if lenient else "error"
    return Problem(at, "unknown-service", f"no service is named `{name[:80]}`", hint, severity)


def unknown_runbook(at: Span, name: str, known: Iterable[str], *, named: bool) -> Problem:
    """Every alert and SLO has a runbook: the Markdown file of that name in the runbooks' folder.

    It has the alert's own name unless `runbook` (of an SLO: the annotation `sereno.dev/runbook`) says
    otherwise. One that is named and not there is an error, one that was never written a warning.

    Breaks: `runbook: dlq` without `runbooks/dlq.md`
    Keeps: `runbooks/dlq.md`
    """
    write = f"write `runbooks/{name}.md`"
    hint = did_you_mean(name, known) or write if named else f"{write}, or name one that is there"
    severity: Severity = "error" if named else "warning"
    return Problem(at, "unknown-runbook", f"no runbook `{name[:80]}`", hint, severity)


def unknown_receiver(at: Span, name: str, known: Iterable[str], *, lenient: bool = False) -> Problem:
    """A route or a notification target names a receiver of the `Routes` document.

    Breaks: `receiver: oncall`
    Keeps: `receiver: on-call`
    """
    hint = did_you_mean(name, known) or "declare it under `receivers` of `kind: Routes`"
    severity: Severity = "warning" if lenient else "error"
    return Problem(at, "unknown-receiver", f"no receiver is named `{name[:80]}`", hint, severity)


def unknown_mute(at: Span, name: str, known: Iterable[str]) -> Problem:
    """A route's mute is one of `mutes` of the same document.

    Breaks: `mutes: [nigths]`
    Keeps: `mutes: [nights]`
    """
    return Problem(at, "unknown-mute", f"no mute is named `{name[:80]}`", did_you_mean(name, known))


def bad_time(at: Span, value: str) -> Problem:
    """A time of day is `HH:MM`, from 00:00 to 23:59.

    Breaks: `start: 9`, `end: 24:00`
    Keeps: `start: 09:00`, `end: 23:59`
    """
    return Problem(at, "bad-time", f"`{value[:80]}` is not `HH:MM`", "write 09:00")


def bad_matcher(at: Span, value: str, reason: str) -> Problem:
    """A matcher is a text, or `~` and a regular expression that must match the whole value.

    At most 200 characters and three repetitions, none of them of a group: others can take longer than
    the night to match.

    Breaks: `service: ~users-(`, `service: ~(a+)+`
    Keeps: `service: ~users-.*`, `service: ~users-(api|pipeline)`
    """
    words = f"`{value[:80]}` cannot be matched: {reason}"
    return Problem(at, "bad-matcher", words, "write it simpler, such as `~users-.*`")


def route_without_receiver(at: Span) -> Problem:
    """The root of the routing tree has a receiver, so that nothing is told to nobody.

    Breaks: `route: {routes: [...]}`
    Keeps: `route: {receiver: team-tickets, routes: [...]}`
    """
    return Problem(at, "route-without-receiver", "the root route has no receiver", "write `receiver:`")


def unknown_alert(at: Span, name: str, known: Iterable[str]) -> Problem:
    """A drill, an alert test, a panel or `inhibitedBy` names an alert that is there.

    `NAME` is a threshold alert; `SLO/page`, `SLO/ticket` and `SLO/no-data` are those of an SLO.

    Breaks: `alert: get-availability`, and `alerts: [get-availability]` of a panel
    Keeps: `alert: get-availability/page`, and `alerts: [get-availability/page]` of a panel
    """
    return Problem(at, "unknown-alert", f"no alert is named `{name[:80]}`", did_you_mean(name, known))


def unknown_slo(at: Span, name: str, known: Iterable[str]) -> Problem:
    """A panel or a policy names an SLO that is there.

    Breaks: `slos: [get-availabilty]`
    Keeps: `slos: [get-availability]`
    """
    return Problem(at, "unknown-slo", f"no SLO is named `{name[:80]}`", did_you_mean(name, known))


def variable_twice(at: Span, name: str) -> Problem:
    """Each variable of a dashboard has a name of its own: a viewer chooses by it.

    Breaks: two `{name: stage, ...}` of one dashboard
    Keeps: `{name: stage, ...}` and `{name: function, ...}`
    """
    return Problem(at, "variable-twice", f"two variables are named `{name}`", "give each its own name")


def variable_default(at: Span, name: str, value: str) -> Problem:
    """What a variable is at first is one of its values, if those are listed.

    Breaks: `{name: stage, cloudwatch: Stage, values: [live, canary], default: beta}`
    Keeps: `{name: stage, cloudwatch: Stage, values: [live, canary], default: live}`
    """
    message = f"variable `{name}` has `{value}` at first, which is none of its values"
    return Problem(at, "variable-default", message, "write one of its `values`")


def variable_nowhere(at: Span, name: str) -> Problem:
    """A variable says which dimension of CloudWatch's, or which tag of Datadog's, a viewer chooses.

    Breaks: `{name: stage, values: [live, canary]}`
    Keeps: `{name: stage, cloudwatch: Stage, datadog: stage, values: [live, canary]}`
    """
    message = f"variable `{name}` chooses neither a dimension nor a tag"
    return Problem(at, "variable-nowhere", message, "add `cloudwatch: DIMENSION`, `datadog: TAG`, or both")


def panel_empty(at: Span, kind: str, needs: str) -> Problem:
    """A panel shows something: signals or an expression, SLOs, alerts, or text, as its kind says.

    Breaks: `{kind: slo, title: Budgets}`
    Keeps: `{kind: slo, title: Budgets, slos: [get-availability]}`
    """
    return Problem(at, "panel-empty", f"a panel of kind `{kind}` shows nothing", f"write `{needs}`")


def panel_size(at: Span, name: str, value: int, limit: int) -> Problem:
    """A panel is 1 to 24 columns wide, 1 to 100 rows high, and a row of panels at most 24 columns.

    Breaks: three panels of width 12 in one row
    Keeps: two of them
    """
    return Problem(at, "panel-size", f"{name} is {value}, not 1 to {limit}", "there are 24 columns")


def unknown_source_type(at: Span, value: str, *, lenient: bool) -> Problem:
    """A metric source is a `Signal`, or a raw `CloudWatch` or `Datadog` source.

    Other types are read, since OpenSLO leaves them open, but nothing can be compiled from them.

    Breaks: `metricSource: {type: Prometheus, spec: {query: up}}`
    Keeps: `metricSource: {type: Signal, spec: {signal: get-5xx}}`
    """
    severity: Severity = "warning" if lenient else "error"
    words = f"a source of type `{value[:80]}` cannot be compiled" if value else "the source's type is unknown"
    return Problem(
        at, "unknown-source-type", words, "write `type: Signal`, `CloudWatch` or `Datadog`", severity
    )


def raw_source(at: Span, kind: str, said: str) -> Problem:
    """A source says what to ask for: CloudWatch `namespace` and `metric`, Datadog `query`, Signal `signal`.

    Breaks: `metricSource: {type: CloudWatch, spec: {metric: 5xx}}`
    Keeps: `metricSource: {type: CloudWatch, spec: {namespace: AWS/ApiGateway, metric: 5xx}}`
    """
    return Problem(
        at, "raw-source", f"a {kind} source lacks something: {said}", "write it, or `type: Signal`"
    )


def raw_source_key(at: Span, kind: str, name: str, known: Iterable[str]) -> Problem:
    """A key of a raw source that nothing reads. OpenSLO leaves the source open, so this only warns.

    Breaks: `spec: {namespace: X, metric: y, statistic: Sum}`
    Keeps: `spec: {namespace: X, metric: y, stat: Sum}`
    """
    return Problem(
        at, "raw-source-key", f"`{name}` of a {kind} source is not read", did_you_mean(name, known), "warning"
    )


def objective_without_indicator(at: Span) -> Problem:
    """Each objective of a composite SLO has its own indicator.

    Breaks: two objectives, one with `indicatorRef` and one without
    Keeps: both with one
    """
    words = "this objective of a composite SLO has no indicator"
    return Problem(at, "objective-without-indicator", words, "write `indicatorRef` or `indicator`")


def several_thresholds(at: Span) -> Problem:
    """OpenSLO v1 allows one objective for a threshold indicator; the reference SDK accepts several.

    So do we.

    Breaks: a `thresholdMetric` with two objectives
    Keeps: two SLOs
    """
    words = "OpenSLO v1 allows one objective for a threshold indicator"
    return Problem(at, "several-thresholds", words, "write an SLO for each", "warning")


def burn_severity(at: Span, value: str, *, lenient: bool) -> Problem:
    """A burn-rate condition is a `page` (someone is woken) or a `ticket` (it waits until morning).

    OpenSLO leaves severities open; routes and suppression need to know which of the two is meant.

    Breaks: `severity: critical`
    Keeps: `severity: page`
    """
    severity: Severity = "warning" if lenient else "error"
    return Problem(
        at,
        "burn-severity",
        f"severity `{value[:80]}` is neither `page` nor `ticket`",
        "write one of them",
        severity,
    )


def burn_operator(at: Span, value: str, *, lenient: bool) -> Problem:
    """A burn rate alerts when it is above its threshold: `gt` (the usual) or `gte`.

    The example in the OpenSLO specification says `lte` for an alert that means "above"; taken at its
    word it would fire while all is well.

    Breaks: `op: lte`
    Keeps: `op: gt`
    """
    severity: Severity = "warning" if lenient else "error"
    words = f"`op: {value}` would alert while the budget is not burning"
    return Problem(at, "burn-operator", words, "write `op: gt`", severity)


def burn_threshold(at: Span, value: str, *, lenient: bool) -> Problem:
    """A burn rate to alert on is above 0.

    Breaks: `threshold: 0`
    Keeps: `threshold: 14.4`
    """
    severity: Severity = "warning" if lenient else "error"
    return Problem(
        at, "burn-threshold", f"a burn rate of {value} is not above 0", "write 14.4, 6, 3 or 1", severity
    )


def burn_window(at: Span, text: str, *, lenient: bool) -> Problem:
    """Both windows of a pair are whole minutes, and the short one is shorter than the long one.

    The short window is 1/12 of the long one unless the policy's annotation `sereno.dev/short-window` says
    otherwise.

    Breaks: `lookbackWindow: 5m`, whose twelfth is 25 seconds
    Keeps: `lookbackWindow: 1h`, or the annotation `sereno.dev/short-window: 5m`
    """
    severity: Severity = "warning" if lenient else "error"
    hint = "use a window of a multiple of 12 minutes, or set the annotation `sereno.dev/short-window`"
    return Problem(at, "burn-window", text, hint, severity)


def alert_after(at: Span, value: str, *, lenient: bool) -> Problem:
    """`alertAfter` cannot be kept for a pair of windows: neither vendor delays a sliding window faithfully.

    The short window is what keeps a blip from paging.

    Breaks: `alertAfter: 5m`
    Keeps: no `alertAfter`, or `0m`
    """
    severity: Severity = "warning" if lenient else "error"
    words = f"`alertAfter: {value}` cannot be kept by either vendor"
    return Problem(at, "alert-after", words, "remove it; the short window does this work", severity)


def no_data_unheard(at: Span, slo: str, signals: Iterable[str], *, lenient: bool) -> Problem:
    """`alertWhenNoData: true` needs signals that always have data, else every quiet hour is an alert.

    An SLO whose signals all say `always: true` gets its no-data alert whatever the policy says.

    Breaks: `alertWhenNoData: true` over a signal that may be silent
    Keeps: the signals with `always: true`, and a canary that makes it so
    """
    listed = ", ".join(f"`{s}`" for s in signals)
    words = f"`{slo}` asks for an alert on no data, but {listed} may be silent"
    hint = "mark the signals `always: true`, or remove `alertWhenNoData`"
    return Problem(at, "no-data-unheard", words, hint, "warning" if lenient else "error")


def policy_never_alerts(at: Span) -> Problem:
    """`alertWhenBreaching: false` makes a policy that never fires.

    Breaks: `alertWhenBreaching: false`
    Keeps: `alertWhenBreaching: true`, or the policy removed
    """
    words = "`alertWhenBreaching: false`: this policy never alerts, and is left out"
    return Problem(at, "policy-never-alerts", words, "remove the line, or the policy", "warning")


def bad_annotation_value(at: Span, key: str, value: str, wanted: str) -> Problem:
    """An annotation that we read has a value that can be read.

    Breaks: `sereno.dev/short-window: five minutes`
    Keeps: `sereno.dev/short-window: 5m`
    """
    return Problem(at, "bad-annotation-value", f"`{key}: {value[:80]}` is not {wanted}", f"write {wanted}")


def unknown_pack(at: Span, name: str, known: Iterable[str]) -> Problem:
    """`use` names a pack that ships with sereno.

    Breaks: `use: aws/dlq`
    Keeps: `use: aws/sqs-dlq`
    """
    return Problem(at, "unknown-pack", f"no pack is named `{name[:80]}`", did_you_mean(name, known))


def pack_parameter(at: Span, pack: str, name: str, known: Mapping[str, str], *, missing: bool) -> Problem:
    """`with` gives the pack's parameters: those without a default must be there, and no others may.

    Breaks: `use: aws/sqs-dlq` without `with: {queue: ...}`
    Keeps: `with: {name: users-dlq, queue: "${dlq}", ...}`
    """
    if missing:
        return Problem(at, "pack-parameter", f"pack `{pack}` needs `{name}`", f"{name}: {known[name]}")
    return Problem(
        at, "pack-parameter", f"pack `{pack}` has no parameter `{name[:80]}`", did_you_mean(name, known)
    )


def pack_alert(at: Span, pack: str, name: str, known: Iterable[str]) -> Problem:
    """`override` and `drop` name alerts that the pack makes.

    Breaks: `drop: {dlq-full: "..."}` where the pack makes `users-dlq-not-empty`
    Keeps: `drop: {users-dlq-not-empty: "nobody reads it"}`
    """
    return Problem(
        at, "pack-alert", f"pack `{pack}` makes no alert named `{name[:80]}`", did_you_mean(name, known)
    )


def override_unknown(at: Span, kind: str, name: str, known: Iterable[str]) -> Problem:
    """An environment's `overrides` name alerts and SLOs that are there.

    Breaks: `overrides: {alerts: {dlq-full: {threshold: 5}}}`
    Keeps: `overrides: {alerts: {dlq-not-empty: {threshold: 5}}}`
    """
    return Problem(at, "override-unknown", f"no {kind} is named `{name[:80]}`", did_you_mean(name, known))


def series_source(at: Span) -> Problem:
    """A series of an alert test is of one `signal` of ours, or of one `metric` of a vendor.

    Breaks: `{values: 0x60}`
    Keeps: `{signal: get-5xx, values: 0x60}`
    """
    return Problem(
        at, "series-source", "the series has neither or both of `signal` and `metric`", "keep one of them"
    )


def not_a_project(at: Span) -> Problem:
    """`sereno.yaml` is one mapping: the project's name and its environments.

    Breaks: an empty file
    Keeps:
        project: users
        environments:
          local: {backend: cloudwatch, region: us-east-1}
    """
    return Problem(
        at, "not-a-project", "sereno.yaml holds no project", "begin with `project:` and `environments:`"
    )
