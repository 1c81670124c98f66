"""AWS Signature Version 4 by hand: botocore's would be 130 ms of a cold start.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from common.credentials import Credentials

_EMPTY = hashlib.sha256(b"").hexdigest()
_TOKEN_SECONDS = 900  # how long database and cache take a token for, the most they allow


def signed(
    credentials: Credentials,
    region: str,
    method: str,
    host: str,
    path: str,
    *,
    service: str = "execute-api",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    at: datetime | None = None,
) -> dict[str, str]:
    """The headers to send: `headers`, and the signature over all. `path` and `query` are not yet quoted."""
    stamp = _stamp(at)
    sent = {name.lower(): value for name, value in (headers or {}).items()} | {
        "host": host,
        "x-amz-date": stamp,
    }
    if credentials.token:
        sent["x-amz-security-token"] = credentials.token
    names, scope = ";".join(sorted(sent)), _scope(stamp, region, service)
    canonical = _canonical(
        method, quote(path, safe="/~"), query or {}, sent, hashlib.sha256(body).hexdigest()
    )
    signature = _signature(credentials, scope, stamp, canonical)
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return sent | {"authorization": authorization}


def database_token(
    credentials: Credentials, region: str, host: str, port: int, user: str, *, at: datetime | None = None
) -> str:
    """A password for IAM database authentication: a presigned URL without its scheme, good for 15 minutes.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
    """
    asked = {"Action": "connect", "DBUser": user}
    return _presigned(credentials, region, "rds-db", f"{host}:{port}", asked, at)


def cache_token(
    credentials: Credentials, region: str, cache: str, user: str, *, at: datetime | None = None
) -> str:
    """A password for IAM authentication of a serverless cache, by its name: likewise, good for 15 minutes.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
    """
    asked = {"Action": "connect", "User": user, "ResourceType": "ServerlessCache"}
    return _presigned(credentials, region, "elasticache", cache, asked, at)


def _presigned(
    credentials: Credentials,
    region: str,
    service: str,
    host: str,
    asked: Mapping[str, str],
    at: datetime | None,
) -> str:
    """A GET of / as a URL without its scheme."""
    stamp = _stamp(at)
    scope = _scope(stamp, region, service)
    query = {
        **asked,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(_TOKEN_SECONDS),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        query["X-Amz-Security-Token"] = credentials.token
    signature = _signature(credentials, scope, stamp, _canonical("GET", "/", query, {"host": host}, _EMPTY))
    return f"{host}/?{_query(query)}&X-Amz-Signature={signature}"


def _stamp(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")


def _scope(stamp: str, region: str, service: str) -> str:
    return f"{stamp[:8]}/{region}/{service}/aws4_request"


def _query(query: Mapping[str, str]) -> str:
    quoted = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in quoted)


def _canonical(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body_hash: str
) -> str:
    """The canonical request. The path is quoted once more, as every service but S3 wants it."""
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    return "\n".join(
        (method, quote(path, safe="/~"), _query(query), lines, ";".join(sorted(headers)), body_hash)
    )


def _signature(credentials: Credentials, scope: str, stamp: str, canonical: str) -> str:
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()
