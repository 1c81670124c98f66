"""Where a run gets its settings, shared by the Lambda and by `python -m canary`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from canary.probe import Wait
from canary.transport import Signer, Transport
from common import credentials, settings
from common.settings import Misconfigured


class SystemClock:
    """This machine's."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its id, which no other has, its way to the API, and its patience."""

    id: str
    transport: Transport
    wait: Wait


def prepare(environ: Mapping[str, str]) -> Run:
    """A run; raises `Misconfigured` or `Unavailable` where the canary is at fault, before any attempt."""
    return Run(
        id=os.urandom(8).hex(),
        transport=Transport(
            settings.text(environ, "CANARY_URL"),
            settings.number(environ, "CANARY_REQUEST_TIMEOUT_SECONDS"),
            _signer(environ),
        ),
        wait=Wait(
            deadline=settings.number(environ, "CANARY_DEADLINE_SECONDS"),
            poll=settings.number(environ, "CANARY_POLL_SECONDS"),
        ),
    )


def _signer(environ: Mapping[str, str]) -> Signer | None:
    how = environ.get("CANARY_AUTH", "iam")
    if how == "none":
        return None
    if how != "iam":
        raise Misconfigured(f"the environment variable CANARY_AUTH is {how!r}; write iam or none")
    keys = credentials.find(environ)
    if keys is None:
        raise Misconfigured(
            "there are no AWS credentials to sign with; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or CANARY_AUTH=none for an API without authorization"
        )
    region = environ.get("AWS_REGION") or settings.text(environ, "AWS_DEFAULT_REGION")
    return Signer(keys, region)
