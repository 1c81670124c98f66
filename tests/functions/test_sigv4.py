"""Our signatures against botocore's."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.auth
import botocore.hooks
import botocore.model
import botocore.signers
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs

from common import credentials, sigv4
from common.credentials import Credentials

AT = datetime(2026, 11, 24, 10, 15, 0, tzinfo=UTC)
HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's clock at AT."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: AT.replace(tzinfo=None))


@pytest.mark.parametrize("token", ["", "session/token+=="])
@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body"),
    [
        pytest.param("GET", "/users", {}, {}, b"", id="a plain GET"),
        pytest.param("GET", "/users", {"limit": "7", "after": "a+b/c=", "b": ""}, {}, b"", id="a query"),
        pytest.param("GET", "/prod/users/a b~c%", {}, {}, b"", id="a path to be quoted"),
        pytest.param(
            "POST",
            "/users",
            {},
            {"content-type": "application/json", "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"},
            b'{"name": "\xc3\x91"}',
            id="a POST with headers of its own",
        ),
    ],
)
def test_a_request_is_signed_as_botocore_signs_it(
    frozen: None,
    token: str,
    method: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    ours = sigv4.signed(
        Credentials("AKIDEXAMPLE", "s3cr3t", token),
        "eu-west-1",
        method,
        HOST,
        path,
        query=query,
        headers=headers,
        body=body,
        at=AT,
    )
    url = f"https://{HOST}{sigv4.quote(path, safe='/~')}"
    request = AWSRequest(method=method, url=url, params=query, headers={**headers, "Host": HOST}, data=body)
    botocore.auth.SigV4Auth(
        Theirs("AKIDEXAMPLE", "s3cr3t", token or None), "execute-api", "eu-west-1"
    ).add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]


@pytest.mark.parametrize("token", ["", "session/token+=="])
def test_a_database_token_is_botocores(frozen: None, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    client: Any = boto3.client(
        "rds",
        region_name="eu-west-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="s3cr3t",
        aws_session_token=token or None,
    )
    theirs = client.generate_db_auth_token(DBHostname="db.example", Port=5432, DBUsername="users_api")
    ours = sigv4.database_token(
        Credentials("AKIDEXAMPLE", "s3cr3t", token), "eu-west-1", "db.example", 5432, "users_api", at=AT
    )
    assert parts(ours) == parts(theirs)


@pytest.mark.parametrize("token", ["", "session/token+=="])
def test_a_caches_token_is_botocores(frozen: None, token: str) -> None:
    hooks = botocore.hooks.HierarchicalEmitter()  # the signer holds it weakly
    signer = botocore.signers.RequestSigner(
        botocore.model.ServiceId("elasticache"),
        "eu-west-1",
        "elasticache",
        "v4",
        Theirs("AKIDEXAMPLE", "s3cr3t", token or None),
        hooks,
    )
    url = "http://sereno-prod/?Action=connect&ResourceType=ServerlessCache&User=sereno-prod-api"
    request = {"method": "GET", "url": url, "body": {}, "headers": {}, "context": {}}
    theirs = signer.generate_presigned_url(request, "connect", expires_in=900)
    ours = sigv4.cache_token(
        Credentials("AKIDEXAMPLE", "s3cr3t", token), "eu-west-1", "sereno-prod", "sereno-prod-api", at=AT
    )
    assert parts(ours) == parts(theirs.removeprefix("http://"))


def parts(token: str) -> set[str]:
    """Botocore writes the query in another order; the signature is over the sorted one."""
    address, _, query = token.partition("?")
    return {address, *query.split("&")}


def test_credentials_are_taken_from_the_environment() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"}
    assert credentials.find(environ) == Credentials("A", "S", "T")


def test_no_credentials_are_none() -> None:
    assert credentials.find({"AWS_ACCESS_KEY_ID": "A"}) is None


def test_credentials_of_a_snapstart_function_come_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = SimpleNamespace(access_key="A", secret_key="S", token="T")
    session = SimpleNamespace(get_credentials=lambda: SimpleNamespace(get_frozen_credentials=lambda: keys))
    monkeypatch.setattr("botocore.session.get_session", lambda: session)
    found = credentials.find({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/v1/credentials"})
    assert found == Credentials("A", "S", "T")


def test_credentials_show_no_secret() -> None:
    assert "S3" not in repr(Credentials("A", "S3", "S3T"))
