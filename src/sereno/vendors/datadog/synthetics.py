"""Synthetic tests: a GET that Datadog makes from its own locations, off unless an environment declares it.

No secret is in YAML, in a built file or in what is sent: a signed request names Datadog's global variables
(`{{ NAME }}`), whose ids are asked for when a test is sent. Datadog makes the monitor of a test itself.
https://docs.datadoghq.com/synthetics/api_tests/http_tests/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sereno.language import names, routes
from sereno.language.model import Signing, Synthetic, System
from sereno.language.problem import Problem, did_you_mean
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, parts
from sereno.vendors.subjects import runbook_url

GLOBAL = "global/"  # an address of what Datadog keeps, and no plan makes
RETRIES = {"count": 2, "interval": 1_000.0}  # at once, before a location counts as failing; milliseconds
TIMEOUT = 30  # seconds
_VARIABLE = re.compile(r"\{\{ *([A-Z][A-Z0-9_]*) *\}\}")
_KEY_ID = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{12,}")  # how AWS's access keys begin
_TELLING = re.compile(r"token|secret|passw|signature|credential|api_?-?key", re.IGNORECASE)


def compile_synthetic(system: System, of: Synthetic) -> parts.Compiled:
    """The test; none while a secret stands where a variable's name must."""
    literal = tuple(faults.synthetic_secret(system.environment.name, of, field) for field in literals(of))
    if literal:
        return (), literal
    who = parts.told(system, routes.synthetic_labels(system, of), (), True, of.where)
    address = names.synthetic(of.name)
    labels = parts.labels_of({}, owner=of.owner, service=of.service, severity=of.severity)
    body = {
        "name": f"{of.name} ({system.project} {system.environment.name})",
        "type": "api",
        "subtype": "http",
        "status": "live",
        "message": _text(system, of, parts.handles(who.handles, when_resolved=True)),
        "tags": parts.tags(system, address, {**labels, "synthetic": of.name}),
        "locations": sorted(of.locations),
        "config": _config(of),
        "options": {
            "tick_every": of.every,
            "min_location_failed": of.failing_locations,
            "min_failure_duration": 0,
            "retry": RETRIES,
            "monitor_priority": parts.PRIORITY[of.severity],
        },
    }
    resource = Resource("synthetics-test", address, body, of.where)
    return (resource,), (*who.problems, *_unknown(system, of))


def _text(system: System, of: Synthetic, handles: str) -> str:
    said = f"{of.description or 'A GET from outside fails.'} {_condition(of)}"
    facts = [
        ("Service", of.service),
        ("Owner", of.owner),
        ("Severity", of.severity),
        ("Runbook", runbook_url(system, of.runbook)),
    ]
    return parts.message(said, facts, handles)


def _condition(of: Synthetic) -> str:
    places = "a location" if of.failing_locations == 1 else f"{of.failing_locations} locations"
    return f"Not {of.status} within {of.within} ms from {places}, three times in a row."


def _config(of: Synthetic) -> dict[str, Any]:
    request: dict[str, Any] = {"method": "GET", "url": of.url, "timeout": TIMEOUT}
    variables = sorted({name for text in _secrets(of.sign).values() for name in _VARIABLE.findall(text)})
    found: dict[str, Any] = {
        "request": {**request, **({"basicAuth": _signed(of.sign)} if of.sign else {})},
        "assertions": [
            {"type": "statusCode", "operator": "is", "target": of.status},
            {"type": "responseTime", "operator": "lessThan", "target": of.within},
        ],
    }
    if variables:
        found["configVariables"] = [
            {"type": "global", "name": name, "id": parts.reference(GLOBAL + name)} for name in variables
        ]
    return found


def _signed(sign: Signing) -> dict[str, str]:
    named = {"type": "sigv4", "region": sign.region, "serviceName": sign.service}
    return {**named, **_secrets(sign)}


def _secrets(sign: Signing | None) -> dict[str, str]:
    """The fields that may hold none."""
    if sign is None:
        return {}
    keys = {"accessKey": sign.access_key, "secretKey": sign.secret_key}
    return {**keys, **({"sessionToken": sign.session_token} if sign.session_token else {})}


def literals(of: Synthetic) -> Iterator[str]:
    """The fields in which a secret stands, or may: never the secret."""
    yield from (field for field, text in _secrets(of.sign).items() if not is_reference(text))
    if telling(of.url):
        yield "url"


def is_reference(text: str) -> bool:
    """Whether it is `{{ NAME }}`, and the name is none of AWS's keys."""
    found = _VARIABLE.fullmatch(text)
    return bool(found) and not _KEY_ID.fullmatch(found[1] if found else "")


def telling(url: str) -> bool:
    """Whether an address holds a password, or a parameter named like a secret with a value of its own."""
    try:
        parsed = urlsplit(url)
        password = parsed.password is not None
    except ValueError:
        return False  # it is none: `limits` says so
    given = parse_qsl(parsed.query, keep_blank_values=True)
    return password or any(_TELLING.search(name) and not _VARIABLE.fullmatch(value) for name, value in given)


def _unknown(system: System, of: Synthetic) -> Iterable[Problem]:
    for word, name, known in (
        ("service", of.service, system.services),
        ("runbook", of.runbook, system.runbooks),
    ):
        if name not in known:
            yield faults.synthetic_unknown(of, word, name, did_you_mean(name, known))


def runs(tests: Iterable[Resource]) -> int:
    """Of these tests in 30 days: each from each of its locations."""
    month = 30 * 86_400
    return sum(month // test.body["options"]["tick_every"] * len(test.body["locations"]) for test in tests)
