"""What Datadog would refuse of a synthetic test; and what must never be sent to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.vendors.backend import Body
from sereno.vendors.datadog.limits_fault import Fault
from sereno.vendors.datadog.synthetics import is_reference, telling

_URL = re.compile(r"https?://[^\s/?#]+[^\s]*")
_LOCATION = re.compile(r"(?:aws|azure|gcp|pl):[\w.-]+")
_TICK = (30, 604_800)


def synthetic_form(body: Body) -> Iterator[Fault]:
    """A synthetic test asks an http address from known kinds of places, every 30 s to a week.

    https://docs.datadoghq.com/api/latest/synthetics/#create-an-api-test

    Breaks: `{url: api.example.com, locations: [ireland], every: 10s}`
    Keeps: `{url: "https://api.example.com/users", locations: ["aws:eu-west-1"], every: 5m}`
    """
    url = str(body["config"]["request"]["url"])
    if not _URL.fullmatch(url):
        yield Fault("it asks no http or https address", "write https://HOST/PATH")
    places = body["locations"]
    for place in places:
        if not _LOCATION.fullmatch(place):
            yield Fault(
                f"`{place}` is no location", "write such as aws:eu-west-1, or pl:NAME of a private one"
            )
    if not places:
        yield Fault("it runs nowhere", "name a location")
    if not _TICK[0] <= body["options"]["tick_every"] <= _TICK[1]:
        yield Fault(f"it runs every {body['options']['tick_every']} s", "every 30 s to a week")
    if not 1 <= body["options"]["min_location_failed"] <= max(1, len(places)):
        yield Fault(f"it has {len(places)} locations", "ask for as many failing ones at most")
    yield from _asserted(body["config"]["assertions"])


def _asserted(assertions: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    possible = {"statusCode": range(100, 600), "responseTime": range(1, 60_001)}
    for each in assertions:
        if each["target"] not in possible.get(each["type"], ()):
            yield Fault(
                f"{each['type']} is never {each['target']}", "a status is 100 to 599, a time 1 ms to 60 s"
            )


def no_secret(body: Body) -> Iterator[Fault]:
    """What is sent to Datadog names its global variables, and holds no secret.

    Breaks: `basicAuth: {type: sigv4, secretKey: wJalr...}`
    Keeps: `basicAuth: {type: sigv4, secretKey: "{{ CANARY_SECRET_KEY }}"}`
    """
    request = body["config"]["request"]
    for field in ("accessKey", "secretKey", "sessionToken"):
        text = request.get("basicAuth", {}).get(field)
        if text is not None and not is_reference(text):
            yield Fault(f"its {field} is no variable's name", "write {{ NAME }}, a Datadog global variable")
    if telling(str(request["url"])):
        yield Fault(
            "its address holds what may be a secret", "take it out, or write {{ NAME }} for its value"
        )
