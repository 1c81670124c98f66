"""Signatures: what AWS publishes and botocore makes is accepted, and nothing else."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sereno.local.sigv4 import Key, Request, sign, verify

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
DATE, AT = "20150830T123600Z", 1440938160.0
SCOPE = "20150830/us-east-1/service/aws4_request"
BASE = [("Host", "example.amazonaws.com"), ("X-Amz-Date", DATE)]


@pytest.mark.parametrize(
    ("method", "target", "headers", "signature"),
    [
        ("GET", "/", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            [],
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case"],
)
def test_the_signatures_of_awss_published_test_suite(
    method: str, target: str, headers: list[tuple[str, str]], signature: str
) -> None:
    request = Request(method, target, BASE + headers, b"")
    assert sign(request, ["host", "x-amz-date"], SECRET, DATE, SCOPE) == signature


KEYS = {"AKID": Key("secret", "token")}
words = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", min_codepoint=32), max_size=9)


def signed(method: str, path: str, query: dict[str, str], body: bytes, secret: str = "secret") -> Request:
    """A request signed by botocore as any SDK would."""
    target = quote(path, safe="/-_.~") + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    made = AWSRequest(method, f"http://127.0.0.1:2{target}", data=body, headers={"content-type": "a/b"})
    botocore.auth.SigV4Auth(Credentials("AKID", secret, "token"), "execute-api", "us-east-1").add_auth(made)
    return Request(method, target, [("Host", "127.0.0.1:2"), *made.headers.items()], body)


def accepted(request: Request, later: float = 0.0) -> bool:
    date = request.value("x-amz-date")
    at = datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    return verify(request, KEYS, "us-east-1", "execute-api", at + later)


@given(
    st.sampled_from(["GET", "POST"]),
    st.lists(words.filter(lambda w: w not in (".", "..", "")), max_size=3),
    st.dictionaries(words.filter(bool), words, max_size=3),
    st.binary(max_size=20),
)
def test_what_botocore_signs_is_accepted_and_no_part_of_it_may_change(
    method: str, path: list[str], query: dict[str, str], body: bytes
) -> None:
    request = signed(method, "/" + "/".join(path), query, body)
    assert accepted(request)
    assert not accepted(Request(method, request.target + "x", request.headers, body))
    assert not accepted(Request(method, request.target, request.headers, body + b"x"))
    assert not accepted(Request("PUT", request.target, request.headers, body))


def without(request: Request, name: str) -> Request:
    return Request(
        request.method, request.target, [h for h in request.headers if h[0].lower() != name], request.body
    )


GOOD = signed("GET", "/users", {"limit": "3"}, b"")


@pytest.mark.parametrize(
    ("request_", "later"),
    [
        (signed("GET", "/users", {}, b"", secret="wrong"), 0),
        (GOOD, 301),
        (GOOD, -301),
        (without(GOOD, "authorization"), 0),
        (without(GOOD, "x-amz-security-token"), 0),
        (Request("GET", GOOD.target, [*GOOD.headers, ("X-Amz-New", "1")], b""), 0),
        (Request("GET", GOOD.target, [*without(GOOD, "host").headers, ("Host", "elsewhere")], b""), 0),
        (Request("GET", GOOD.target, [("Authorization", "Bearer x"), ("X-Amz-Date", DATE)], b""), 0),
    ],
    ids=[
        "another secret",
        "five minutes old",
        "five minutes early",
        "no signature",
        "no session token",
        "a header of AWS's that is not signed",
        "another host",
        "another kind of authorization",
    ],
)
def test_a_signature_is_refused_with(request_: Request, later: float) -> None:
    assert accepted(GOOD)
    assert not accepted(request_, later)


@pytest.mark.parametrize(
    ("region", "service", "keys"),
    [
        ("eu-west-1", "execute-api", KEYS),
        ("us-east-1", "sns", KEYS),
        ("us-east-1", "execute-api", {"OTHER": Key("secret", "token")}),
    ],
    ids=["another region", "another service", "an unknown key"],
)
def test_a_signature_is_refused_for(region: str, service: str, keys: dict[str, Key]) -> None:
    date = GOOD.value("x-amz-date")
    at = datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    assert not verify(GOOD, keys, region, service, at)
