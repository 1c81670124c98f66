"""Whether a request was signed by a key we know: AWS Signature Version 4, the verifying side.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
Pure: keys, region and time are given. Only signatures in the Authorization header, which is
what boto3, curl and the canary send.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 300.0  # seconds a signature may be off, either way
_AUTHORIZATION = re.compile(
    ALGORITHM + r" +Credential=(?P<key>[^/,\s]+)/(?P<scope>[^,\s]+),? *"
    r"SignedHeaders=(?P<names>[^,\s]+),? *Signature=(?P<signature>[0-9a-f]{64})"
)

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Key:
    """The secret of an access key; `token` is set for the temporary keys of a role."""

    secret: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; `target` is the path and query of its first line."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def value(self, name: str) -> str:
        """A header's values, as they are signed: trimmed, inner runs of spaces made one, joined by commas."""
        found = (" ".join(value.split()) for key, value in self.headers if key.lower() == name)
        return ",".join(found)


def is_signed(request: Request) -> bool:
    return any(name.lower() == "authorization" for name, _ in request.headers)


def verify(request: Request, keys: Mapping[str, Key], region: str, service: str, now: float) -> bool:
    """Whether the signature is right, of a known key, for this region and service, and of these minutes."""
    found = _AUTHORIZATION.fullmatch(request.value("authorization"))
    key = keys.get(found["key"]) if found else None
    date = request.value("x-amz-date")
    if found is None or key is None or not _is_now(date, now):
        return False
    names = found["names"].split(";")
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    if (
        found["scope"] != scope
        or not _covers(names, request)
        or request.value("x-amz-security-token") != key.token
    ):
        return False
    wanted = sign(request, names, key.secret, date, scope)
    return hmac.compare_digest(wanted, found["signature"])


def sign(request: Request, names: Sequence[str], secret: str, date: str, scope: str) -> str:
    """The signature over a request's named headers."""
    digest = hashlib.sha256(canonical(request, names).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, f"{ALGORITHM}\n{date}\n{scope}\n{digest}").hex()


def canonical(request: Request, names: Sequence[str]) -> str:
    """The canonical request."""
    path, _, query = request.target.partition("?")
    lines = [request.method, _path(path), _query(query)]
    lines += [f"{name}:{request.value(name)}" for name in names]
    return "\n".join([*lines, "", ";".join(names), hashlib.sha256(request.body).hexdigest()])


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _is_now(date: str, now: float) -> bool:
    try:
        then = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    return abs(now - then) <= SKEW


def _covers(names: Sequence[str], request: Request) -> bool:
    """Host and everything of AWS's own must be under the signature."""
    must = {"host"} | {name.lower() for name, _ in request.headers if name.lower().startswith("x-amz-")}
    return must <= set(names)


def _path(path: str) -> str:
    """The path, normalised and encoded once more: every service but S3 is signed so."""
    normal = posixpath.normpath(path or "/").replace("//", "/", 1)
    slash = "/" if path.endswith("/") and normal != "/" else ""
    return quote(normal + slash, safe="/~")


def _query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = ((_encode(name), _encode(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _encode(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
