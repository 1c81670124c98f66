"""The function's AWS credentials, without botocore where the environment has them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from common.faults import Unavailable

if TYPE_CHECKING:
    from botocore.session import Session

# What makes botocore worth its 130 ms of import: keys that stand elsewhere. SnapStart gives a function
# the first of these instead of keys; the last are for a person who runs the canary by hand.
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
_ELSEWHERE: Final = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_PROFILE",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys to sign with; `token` is empty for long-lived ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def find(environ: Mapping[str, str]) -> Credentials | None:
    """The standard variables, then botocore's chain if one of its sources is named; None if nothing is.

    Raises `Unavailable` where the source does not give them now.
    """
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Credentials(access, secret, environ.get("AWS_SESSION_TOKEN", ""))
    return _from_botocore() if any(environ.get(name) for name in _ELSEWHERE) else None


def client(service: str, **bounds: Any) -> Any:
    """A boto3 client, which looks for its keys when it is made. Raises `Unavailable` as `find` does."""
    import boto3
    from botocore.config import Config

    with _available():
        return boto3.client(service, config=Config(**bounds))


@functools.cache
def session() -> Session:
    """The one that keeps what it was given, and renews it in time."""
    from botocore.session import get_session

    return get_session()


def _from_botocore() -> Credentials | None:
    with _available():
        found = session().get_credentials()
        if found is None:
            return None
        keys = found.get_frozen_credentials()
        return Credentials(keys.access_key, keys.secret_key, keys.token or "")


@contextmanager
def _available() -> Iterator[None]:
    """No message of botocore's leaves this: of an endpoint's answer that is no key it makes all of these."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, LookupError, TypeError, AttributeError, ValueError, OSError) as error:
        raise Unavailable("no AWS credentials", type(error).__name__) from None
