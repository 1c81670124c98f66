"""The body of POST /users."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import validation
from api.problems import Problem
from api.validation import User

JSON = {"content-type": "application/json"}
ANA = {"name": "Ana", "email": "ana@example.org"}
MOST = 8192


def check(body: object, headers: dict[str, str] = JSON, *, encoded: bool = False) -> User | Problem:
    text = body if isinstance(body, str) else json.dumps(body)
    return validation.user(headers, text, encoded=encoded, most=MOST)


@pytest.mark.parametrize(
    ("body", "name", "email"),
    [
        pytest.param(ANA, "Ana", "ana@example.org", id="a plain user"),
        pytest.param({**ANA, "name": "n" * 200}, "n" * 200, "ana@example.org", id="the longest name"),
        pytest.param({**ANA, "name": "Ана Ñ 李"}, "Ана Ñ 李", "ana@example.org", id="any script"),
        pytest.param(
            {**ANA, "name": "می\u200cخواهم"}, "می\u200cخواهم", "ana@example.org", id="a joiner in a name"
        ),
        pytest.param(
            {**ANA, "name": "അനില്\u200d"},
            "അനില്\u200d",
            "ana@example.org",
            id="a joiner that ends a Malayalam name",
        ),
        pytest.param(
            {**ANA, "name": "👩\u200d🚀"}, "👩\u200d🚀", "ana@example.org", id="a joiner between pictures"
        ),
        pytest.param(
            {**ANA, "name": "ا\u0654\u200cب"}, "ا\u0654\u200cب", "ana@example.org", id="a joiner after a mark"
        ),
        pytest.param({**ANA, "name": "😀"}, "😀", "ana@example.org", id="a whole surrogate pair"),
        pytest.param(
            {**ANA, "email": "a" * 64 + "@" + "b" * 189},
            "Ana",
            "a" * 64 + "@" + "b" * 189,
            id="the longest address",
        ),
        pytest.param(
            {**ANA, "email": "ana@localhost"}, "Ana", "ana@localhost", id="an address without a dot"
        ),
    ],
)
def test_is_taken(body: object, name: str, email: str) -> None:
    assert check(body) == User(name, email)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"content-type": "application/json; charset=utf-8"}, id="with its charset"),
        pytest.param({"content-type": 'Application/JSON;Charset="UTF-8"'}, id="in capitals and quotes"),
    ],
)
def test_json_may_be_called(headers: dict[str, str]) -> None:
    assert check(ANA, headers) == User("Ana", "ana@example.org")


def test_a_body_the_gateway_encoded_is_decoded() -> None:
    encoded = base64.b64encode(json.dumps({**ANA, "name": "Ñ"}, ensure_ascii=False).encode()).decode()
    assert check(encoded, encoded=True) == User("Ñ", "ana@example.org")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        pytest.param("", 400, "invalid-json", id="no body"),
        pytest.param("{", 400, "invalid-json", id="half an object"),
        pytest.param("name=Ana&email=ana@example.org", 400, "invalid-json", id="a form"),
        pytest.param("\ufeff{}", 400, "invalid-json", id="a byte order mark"),
        pytest.param('{"name": NaN, "email": "a@b"}', 400, "invalid-json", id="NaN"),
        pytest.param('{"name": "a", "name": "b", "email": "a@b"}', 400, "invalid-json", id="a field twice"),
        pytest.param(
            '{"name": {"x": 1, "x": 2}, "email": "a@b"}', 400, "invalid-json", id="a field twice within"
        ),
        pytest.param("[" * 8000, 400, "invalid-json", id="thousands of brackets"),
        pytest.param("9" * 8000, 400, "invalid-json", id="thousands of digits"),
        pytest.param("\ud800", 400, "invalid-json", id="half a surrogate pair for a body"),
        pytest.param('{"name": "' + "n" * MOST + '"}', 413, "too-large", id="one byte too many"),
        pytest.param('{"name": "' + "n" * 1_000_000 + '"}', 413, "too-large", id="a megabyte"),
        pytest.param("Ñ" * (MOST // 2 + 1), 413, "too-large", id="too many bytes in fewer characters"),
    ],
)
def test_is_no_json_or_too_much(body: str, status: int, kind: str) -> None:
    problem = check(body)
    assert isinstance(problem, Problem)
    assert (problem.status, problem.kind) == (status, kind)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("not base64!", 400, id="not base64"),
        pytest.param(base64.b64encode(b"\xff\xfe{}").decode(), 400, id="not UTF-8"),
        pytest.param(base64.b64encode(b"x" * (MOST + 1)).decode(), 413, id="a byte too many, once decoded"),
    ],
)
def test_an_encoded_body_is_refused(body: str, status: int) -> None:
    problem = check(body, encoded=True)
    assert isinstance(problem, Problem)
    assert problem.status == status


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"content-type": "text/plain"}, id="plain text"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, id="a form, as curl -d sends it"),
        pytest.param({"content-type": "application/json; charset=latin-1"}, id="another charset"),
        pytest.param({"content-type": "application/json-patch+json"}, id="JSON of another kind"),
    ],
)
def test_a_content_type_is_refused(headers: dict[str, str]) -> None:
    problem = check(ANA, headers)
    assert isinstance(problem, Problem)
    assert (problem.status, problem.headers["accept"]) == (415, "application/json")


MISSING, STRING = "is missing", "must be a string"
CONTROL = "must not have control or format characters, line breaks or lone surrogates"
BLANK = "must not be blank"
SHAPE = "must be an address like ana@example.org"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        pytest.param([], [("", "must be an object")], id="a list"),
        pytest.param("null", [("", "must be an object")], id="null"),
        pytest.param('"Ana"', [("", "must be an object")], id="a string"),
        pytest.param({}, [("/email", MISSING), ("/name", MISSING)], id="nothing: both are named"),
        pytest.param({"name": "Ana"}, [("/email", MISSING)], id="no address"),
        pytest.param({**ANA, "name": None}, [("/name", STRING)], id="a null name"),
        pytest.param({**ANA, "name": 7}, [("/name", STRING)], id="a number for a name"),
        pytest.param({**ANA, "email": ["ana@example.org"]}, [("/email", STRING)], id="a list for an address"),
        pytest.param(
            {**ANA, "name": ""}, [("/name", "must have 1 to 200 characters, has 0")], id="an empty name"
        ),
        pytest.param({**ANA, "name": " \t"}, [("/name", CONTROL)], id="a tab for a name"),
        pytest.param({**ANA, "name": "  "}, [("/name", BLANK)], id="a blank name"),
        pytest.param(
            {**ANA, "name": "n" * 201},
            [("/name", "must have 1 to 200 characters, has 201")],
            id="a long name",
        ),
        pytest.param({**ANA, "name": "A\x00na"}, [("/name", CONTROL)], id="NUL"),
        pytest.param({**ANA, "name": "A\ud800na"}, [("/name", CONTROL)], id="half a surrogate pair"),
        pytest.param({**ANA, "name": "A\x1bna"}, [("/name", CONTROL)], id="escape"),
        pytest.param({**ANA, "name": "A\u0085na"}, [("/name", CONTROL)], id="a C1 control"),
        pytest.param({**ANA, "name": "A\u2028na"}, [("/name", CONTROL)], id="a line separator"),
        pytest.param({**ANA, "name": "\u200b"}, [("/name", CONTROL)], id="a space of no width for a name"),
        pytest.param({**ANA, "name": "Ana\u202egpj"}, [("/name", CONTROL)], id="a turn of direction"),
        pytest.param({**ANA, "name": "\u2066Ana\u2069"}, [("/name", CONTROL)], id="an isolate of direction"),
        pytest.param({**ANA, "name": "A\u00adna"}, [("/name", CONTROL)], id="a soft hyphen"),
        pytest.param(
            {**ANA, "name": "\ufeffAna"}, [("/name", CONTROL)], id="a byte order mark before a name"
        ),
        pytest.param({**ANA, "name": "\u200d"}, [("/name", CONTROL)], id="a joiner alone"),
        pytest.param({**ANA, "name": "\u200cAna"}, [("/name", CONTROL)], id="a joiner before a name"),
        pytest.param(
            {**ANA, "name": "Ana\u200d"}, [("/name", CONTROL)], id="a joiner of nothing after a name"
        ),
        pytest.param({**ANA, "name": "Ana \u200dÑ"}, [("/name", CONTROL)], id="a joiner after a space"),
        pytest.param({**ANA, "name": "A\u200d\u200dna"}, [("/name", CONTROL)], id="two joiners in a row"),
        pytest.param({**ANA, "name": "\u3164"}, [("/name", BLANK)], id="a letter that shows nothing"),
        pytest.param({**ANA, "name": "\u00a0\ufe0f\u2800"}, [("/name", BLANK)], id="nothing that shows"),
        pytest.param(
            {**ANA, "email": "a\u200bna@example.org"}, [("/email", CONTROL)], id="no width in an address"
        ),
        pytest.param({**ANA, "email": "ana"}, [("/email", SHAPE)], id="an address without @"),
        pytest.param({**ANA, "email": "a@b@c"}, [("/email", SHAPE)], id="an address with two @"),
        pytest.param({**ANA, "email": "ana@.org"}, [("/email", SHAPE)], id="an address with an empty label"),
        pytest.param({**ANA, "email": "ana @example.org"}, [("/email", SHAPE)], id="an address with a space"),
        pytest.param({**ANA, "email": "a" * 65 + "@b"}, [("/email", SHAPE)], id="a long local part"),
        pytest.param(
            {**ANA, "email": "a@" + "b" * 253},
            [("/email", "must have 3 to 254 characters, has 255")],
            id="a long address",
        ),
        pytest.param({**ANA, "admin": True}, [("/admin", "is not a field of a user")], id="an unknown field"),
        pytest.param(
            {**ANA, "a/b~c": 1}, [("/a~1b~0c", "is not a field of a user")], id="a field to be escaped"
        ),
        pytest.param(
            {"name": 1, "email": "x", "id": 2},
            [
                ("/email", "must have 3 to 254 characters, has 1"),
                ("/email", SHAPE),
                ("/id", "is not a field of a user"),
                ("/name", STRING),
            ],
            id="everything at once",
        ),
    ],
)
def test_names_every_fault(body: object, faults: list[tuple[str, str]]) -> None:
    problem = check(body)
    assert isinstance(problem, Problem)
    assert problem.status == 422
    assert [(fault.pointer, fault.detail) for fault in problem.faults] == faults


def test_a_thousand_unknown_fields_make_ten_faults() -> None:
    problem = check({str(number): 0 for number in range(700)})
    assert isinstance(problem, Problem)
    assert len(problem.faults) == 10


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    body=st.text() | json_values.map(json.dumps), headers=st.sampled_from([JSON, {}]), encoded=st.booleans()
)
def test_gives_a_user_or_a_problem_of_the_callers(body: str, headers: dict[str, str], encoded: bool) -> None:
    found = check(body, headers, encoded=encoded)
    if isinstance(found, Problem):
        assert 400 <= found.status < 500
        json.dumps(found.body()).encode()
    else:
        assert f"{found.name}{found.email}".encode()
