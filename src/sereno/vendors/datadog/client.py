"""The SDK of Datadog: keys, site, pace, and its errors as sentences. The only module that imports it.

The SDK's connection is used with bodies as JSON, not its models: what a model does not know yet, a plan
would not see. Keys come from the environment alone (DD_API_KEY, DD_APP_KEY), and are in no sentence. A 429
is waited out as long as its header X-RateLimit-Reset says.
https://docs.datadoghq.com/api/latest/rate-limits/
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, OpenApiException
from datadog_api_client.rest import ClientRetry

from sereno.errors import Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.vendors.datadog.live import Datadog

RETRIES = 5
TIMEOUT = (5, 60)  # seconds to connect, and to answer
SITE = "datadog_site"  # a variable of the environment; else DD_SITE
SITES = (
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "datadoghq.eu",
    "ddog-gov.com",
)
PAGE = 1_000


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def loopback(url: str | None) -> bool:
    """Whether an endpoint is on this machine: a fake, which gets no real key."""
    host = urlsplit(url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def connect(system: System, endpoint: str | None = None) -> Datadog:
    """The back end of an environment; `endpoint` (a fake's URL) overrides its site."""
    from sereno.vendors.datadog.live import Datadog

    url = endpoint or system.environment.endpoint
    return Datadog(Calls(_client(url, system.environment.variables.get(SITE, ""))), system)


def _client(url: str | None, site: str) -> ApiClient:
    wanted = site or os.environ.get("DD_SITE", "") or SITES[0]
    if url is None and wanted not in SITES:
        raise Unable(f"Datadog has no site `{wanted}`; known: {', '.join(SITES)}")
    keys = _keys(url)
    configuration = Configuration(  # type: ignore[no-untyped-call]
        host=url or f"https://api.{wanted}",
        api_key=keys,
        retry_policy=_patience(loopback(url)),
        request_timeout=TIMEOUT,
    )
    return ApiClient(configuration)


def _patience(local: bool) -> ClientRetry:
    """Waits as X-RateLimit-Reset says, else 2, 4, 8 ... s; a fake is not waited for."""
    return ClientRetry(total=RETRIES, connect=0 if local else 2, backoff_factor=0 if local else 2)


def _keys(url: str | None) -> dict[str, str]:
    if loopback(url):
        return {"apiKeyAuth": "local", "appKeyAuth": "local"}
    given = {"apiKeyAuth": os.environ.get("DD_API_KEY", ""), "appKeyAuth": os.environ.get("DD_APP_KEY", "")}
    if not all(given.values()):
        raise Unable("Datadog cannot be asked without keys: set DD_API_KEY and DD_APP_KEY")
    return given


class Refused(Unable):
    """The vendor's no to one call: its HTTP status, and its own words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Calls:
    """Calls by method and path."""

    client: ApiClient

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """The answer as JSON. Raises `Refused` for this call's own no, `Unable` when none came."""
        settings = self.client.configuration.auth_settings()  # type: ignore[no-untyped-call]
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            **{settings[key]["key"]: settings[key]["value"] for key in ("apiKeyAuth", "appKeyAuth")},
        }
        try:
            response = self.client.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params=headers,
                body=body,
                preload_content=False,
                request_timeout=self.client.configuration.request_timeout,
            )
            data = response.data
        except ApiException as error:
            raise _refused(method, path, error) from error
        except (urllib3.exceptions.HTTPError, OpenApiException) as error:
            raise _unanswered(error) from error
        return json.loads(data) if data else {}

    def monitors(self, tags: str) -> Iterator[Mapping[str, Any]]:
        """Every monitor with all of these tags, page by page: from the last id on, until none is left."""
        last = 0
        while found := self.call(
            "GET", "/api/v1/monitor", query={"monitor_tags": tags, "id_offset": last, "page_size": PAGE}
        ):
            yield from found
            last = max(int(monitor["id"]) for monitor in found)

    def pages(
        self, path: str, key: str, names: tuple[str, str], size: int, **query: str
    ) -> Iterator[Mapping[str, Any]]:
        """Every item of a list, until a page is empty. `names` are those of the offset and the size."""
        offset = 0
        while found := self.call("GET", path, query={**query, names[0]: offset, names[1]: size}).get(key):
            yield from found
            offset += len(found)

    def cursored(self, path: str, body: Mapping[str, Any], size: int) -> Iterator[Mapping[str, Any]]:
        """Every item of a search, page by page as each answer's cursor says."""
        page: dict[str, Any] = {"limit": size}
        while page:
            answer = self.call("POST", path, {**body, "page": page})
            yield from answer.get("data") or ()
            after = ((answer.get("meta") or {}).get("page") or {}).get("after")
            page = {"limit": size, "cursor": after} if after else {}

    def numbered(self, path: str, key: str, size: int) -> Iterator[Mapping[str, Any]]:
        """Every item of a list whose pages have numbers, until one is empty."""
        for number in count():
            query = {"page_number": number, "page_size": size}
            found = self.call("GET", path, query=query).get(key)
            if not found:
                return
            yield from found


def _refused(method: str, path: str, error: ApiException) -> Unable:
    if error.status == 429:
        return Unable("Datadog wants fewer calls, and still did after waiting: run it again later")
    said = "; ".join(_said(error.body)) or str(error.reason or "")
    if error.status in (401, 403):
        scope = path.split("/")[3].removesuffix("s")
        said = (
            f"Datadog does not allow it ({said or error.status}): the keys must be of this site,"
            f" and the application key must have the scopes of {scope}s"
        )
    return Refused(int(error.status or 0), f"{method} {path}: {said}")


def _said(body: Any) -> list[str]:
    """The words of an error's body, which the SDK has read: `{"errors": [...]}`, of texts or of objects."""
    found = body.get("errors", ()) if isinstance(body, dict) else ()
    every = [found] if isinstance(found, str) else list(found)
    return [str(each.get("detail") if isinstance(each, dict) else each) for each in every]


def _unanswered(error: Exception) -> Unable:
    return Unable(f"Datadog cannot be asked: {type(error).__name__}")
