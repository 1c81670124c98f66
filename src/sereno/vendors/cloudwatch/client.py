"""The SDK of AWS: sessions, pace, pages, and its errors as sentences. The only module that imports it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from sereno.errors import Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.vendors.cloudwatch.live import CloudWatch

CALLS_PER_SECOND = (
    3  # Put*Alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
)
# An SDK's session that takes nothing of the host's: no profile, no files.
ALONE: dict[str, Any] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
}
_UNKNOWN = "AWS does not know these credentials, or the region is not enabled for their account"
# After the SDK's ten attempts at one call, more calls only make it worse.
_TOO_FAST = (
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "SlowDown"),
    *("RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded"),
)
# What no later call can get past: told once, as a sentence, instead of once a resource.
_HOPELESS = {
    "ExpiredToken": "the AWS session token has expired: sign in again",
    "ExpiredTokenException": "the AWS session token has expired: sign in again",
    "RequestExpired": "AWS says the request has expired: sign in again, and look at this machine's clock",
    "UnrecognizedClientException": _UNKNOWN,
    "InvalidClientTokenId": _UNKNOWN,
    "SignatureDoesNotMatch": "AWS does not accept the signature: the secret key is wrong, or the clock",
}


def loopback(url: str | None) -> bool:
    """Whether an endpoint is on this machine: an emulator, which is not paced and gets no real key."""
    host = urlsplit(url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def emulator(url: str | None) -> bool:
    """Whether an endpoint is not AWS's own."""
    host = urlsplit(url or "").hostname or ""
    return bool(host) and not host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def now() -> int:
    """Epoch seconds."""
    return int(time.time())


@dataclass(slots=True)
class Pace:
    """Waits so that calls come no faster than `per_second`; 0 is as fast as they come."""

    per_second: float
    due: float = 0.0  # when the next may go, on the monotonic clock

    def wait(self) -> None:
        if not self.per_second:
            return
        time.sleep(max(0.0, self.due - time.monotonic()))
        self.due = time.monotonic() + 1 / self.per_second


@dataclass(frozen=True, slots=True)
class Place:
    """Where the clients go. Emulators get a made-up key, so that a real one never leaves for them."""

    region: str
    endpoint: str | None = None

    def client(self, service: str, region: str | None = None) -> Any:
        local = loopback(self.endpoint)
        key = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if local else {}
        profiles = botocore.session.Session(ALONE) if local else None
        config = Config(
            retries={"mode": "standard" if local else "adaptive", "total_max_attempts": 1 if local else 10},
            connect_timeout=5,
            read_timeout=60,
            user_agent_extra="sereno",
            proxies={} if local else None,  # loopback is behind no proxy
        )
        where = region or self.region
        try:
            session = boto3.Session(region_name=where, botocore_session=profiles, **key)
            return session.client(service, endpoint_url=self.endpoint, config=config)
        except (BotoCoreError, ValueError) as error:  # ValueError: of an endpoint that is no URL
            raise Unable(f"AWS cannot be asked: {error}") from error


def connect(system: System, endpoint: str | None = None) -> CloudWatch:
    """The back end of an environment; `endpoint` (an emulator's URL) overrides its own."""
    from sereno.vendors.cloudwatch.live import CloudWatch

    url = endpoint or system.environment.endpoint
    calls = Calls(Place(system.environment.region, url))
    pace = Pace(0 if loopback(url) else CALLS_PER_SECOND)
    return CloudWatch(calls, pace, system.environment.region, emulated=emulator(url))


class Refused(Unable):
    """The vendor's no to one call: its code, and its own words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Throttled(Unable):
    """Too many calls, after all attempts of the SDK."""


@dataclass(frozen=True)
class Calls:
    """Calls by service and operation. `place` gives the clients; tests put `vendors.fake` there."""

    place: Any  # Place, or anything with its `client`
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self.place.client(service, region)
        return self._clients[key]

    def call(
        self, operation: str, /, *, service: str = "cloudwatch", region: str | None = None, **arguments: Any
    ) -> Mapping[str, Any]:
        """The answer. Raises `Refused` for this call's own no, `Unable` for what no call will get past."""
        try:
            answer: Mapping[str, Any] = getattr(self.client(service, region), operation)(**arguments)
        except ClientError as error:
            raise _refused(error) from error
        except NoCredentialsError as error:
            raise Unable("there are no AWS credentials: sign in, or name a profile in AWS_PROFILE") from error
        except EndpointConnectionError as error:
            asked = "is the region right, and is there a network?"
            raise Unable(f"AWS cannot be asked: {error}: {asked}") from error
        except BotoCoreError as error:
            raise Unable(f"AWS cannot be asked: {error}") from error
        return answer

    def pages(self, operation: str, /, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """Every page of an answer, as they come."""
        more: dict[str, str] = {}
        while True:
            page = self.call(operation, **arguments, **more)
            yield page
            more = {key: page[key] for key in ("NextToken", "PaginationToken") if page.get(key)}
            if not more:
                return


def refusal(operation: str, code: str, message: str) -> ClientError:
    """What the SDK raises for a no of the vendor: for fakes of it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def _refused(error: ClientError) -> Unable:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", ""))
    if code in _HOPELESS:
        return Unable(_HOPELESS[code])
    if code in _TOO_FAST:
        return Throttled(
            f"AWS takes no more calls for now, however often they are repeated ({error.operation_name}:"
            f" {said or code}): wait some minutes, and run it again"
        )
    return Refused(code, f"{error.operation_name}: {said or code} ({code})")
