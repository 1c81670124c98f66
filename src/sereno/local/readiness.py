"""What a pipeline that runs has long behind it: its cold starts, and its first stored message.

Without it, the first minutes of a small stack are mostly starts, and its own alarms would say so.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from sereno.local.emulator import KEY

GETS: Final = 400  # a start in each of four callers is then 1 % of them
CALLERS: Final = 4
PATIENCE: Final = 20.0  # seconds for the first message; a pipeline that is broken is the alarms' affair
TIMEOUT: Final = 15.0
POLL: Final = 0.05
_MARKED: Final = {"content-type": "application/json", "x-sereno-synthetic": "canary"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Signs as a person with the stack's key does, so that `--iam` lets it in."""

    url: str
    region: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Status and body; status 0 where no answer came."""
        payload = None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=TIMEOUT)
        try:
            connection.request(method, path, payload, self._signed(method, path, payload))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def _signed(self, method: str, path: str, payload: bytes | None) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request = AWSRequest(method, self.url + path, dict(_MARKED), payload)
        SigV4Auth(Credentials(KEY, KEY), "execute-api", self.region).add_auth(request)
        return dict(request.headers.items())


def first_message(caller: Caller) -> bool:
    """POSTs a synthetic user and waits for its row; False where it does not come in time."""
    status, body = caller.ask("POST", "/users", {"name": "readiness", "email": "readiness@example.com"})
    if status != http.client.ACCEPTED:
        return False
    path = f"/users/{json.loads(body)['message_id']}"
    end = time.monotonic() + PATIENCE
    while caller.ask("GET", path)[0] != http.client.OK:
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True


def warm(caller: Caller) -> None:
    """`GETS` GETs as fast as they are answered, so that starts are a small share of what was counted."""
    with ThreadPoolExecutor(CALLERS) as callers:
        for _ in callers.map(lambda _: caller.ask("GET", "/users?limit=10"), range(GETS)):
            pass
