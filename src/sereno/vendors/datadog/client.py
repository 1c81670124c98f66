"""The SDK of Datadog: keys, site, pace, and its errors as sentences. The only module that imports it.

The SDK's connection is used with bodies as JSON, not its models: what a model does not know yet, a plan
would not see. Keys come from the environment alone (DD_API_KEY, DD_APP_KEY), and are in no sentence. A 429
is waited out as long as its header X-RateLimit-Reset says.
https://docs.datadoghq.com/api/latest/rate-limits/
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, OpenApiException
from datadog_api_client.rest import ClientRetry

from sereno.errors import Unable
from sereno.vendors.datadog.answers import Item, Nonsense, Refused, cursor, each_page, objects

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
    "us2.ddog-gov.com",
)
PAGE = 1_000
LONGEST_WAIT = 120  # seconds, for a limit on calls to end
CONFLICT = 409
TOO_MANY = 429
BROKEN = 500  # and above: the other side's own fault
SAID = 500  # characters of what Datadog says of a refusal


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


class Patience(ClientRetry):
    """Waits as X-RateLimit-Reset says, else 2, 4, 8 ... s; not for longer than a person would.

    A POST is repeated after a 429 alone: what ends in a 5xx may be made by now.
    """

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if method == "POST" and status_code != TOO_MANY:
            return False
        return bool(super().is_retry(method, status_code, has_retry_after))  # type: ignore[no-untyped-call]

    def get_retry_after(self, response: Any) -> float | None:
        said = response.headers.get("X-RateLimit-Reset")
        seconds = float(said) if said and said.strip().isdecimal() else None
        if seconds is not None and seconds > LONGEST_WAIT:
            limit = response.headers.get("X-RateLimit-Name")
            named = f" (its limit `{limit}`)" if limit else ""
            raise Unable(f"Datadog wants no call for {seconds:.0f} s{named}: run it again after that")
        return seconds


def _patience(local: bool) -> Patience:
    """An answer that does not come is asked for once more, but not what makes a thing: it may be made by now.

    A fake is not waited for.
    """
    connect, backoff = (0, 0) if local else (2, 2)
    again = frozenset({"GET", "PUT", "DELETE"})
    return Patience(total=RETRIES, connect=connect, read=1, backoff_factor=backoff, allowed_methods=again)


def _keys(url: str | None) -> dict[str, str]:
    if loopback(url):
        return {"apiKeyAuth": "local", "appKeyAuth": "local"}
    given = {name: os.environ.get(name, "").strip() for name in ("DD_API_KEY", "DD_APP_KEY")}
    if not all(given.values()):
        raise Unable("Datadog cannot be asked without keys: set DD_API_KEY and DD_APP_KEY")
    for name, key in given.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
            raise Unable(f"{name} is no key of Datadog's: it holds more than letters, digits, - and _")
    return {"apiKeyAuth": given["DD_API_KEY"], "appKeyAuth": given["DD_APP_KEY"]}


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
    ) -> Item:
        """The answer, an object. Raises `Refused` for this call's own no, `Unable` when none came."""
        answer = self._answered(method, path, body, query)
        if not isinstance(answer, dict):
            raise Nonsense(method, path, "the answer is no object")
        return answer

    def _answered(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, Any] | None
    ) -> Any:
        """The answer as JSON; only what deletes or changes may say nothing."""
        data = self._asked(method, path, body, query)
        if not data and method != "GET":
            return {}
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise Nonsense(method, path, "the answer is no JSON") from None

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, Any] | None
    ) -> bytes:
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
                request_timeout=TIMEOUT,
            )
            return bytes(response.data)
        except ApiException as error:
            raise _refused(method, path, error, self.client.configuration.host) from error
        except (urllib3.exceptions.HTTPError, OpenApiException) as error:
            raise _unanswered(method, path, error) from error

    def monitors(self, tags: str) -> Iterator[Item]:
        """Every monitor with all of these tags, page by page: from the last id on, until none is left."""
        last = 0
        path = "/api/v1/monitor"

        def page(number: int) -> Any:
            del number
            query = {"monitor_tags": tags, "id_offset": last, "page_size": PAGE}
            return self._answered("GET", path, None, query)

        for monitor in each_page(path, page):
            last = max(last, int(monitor["id"]))
            yield monitor

    def pages(self, path: str, key: str, names: tuple[str, str], size: int, **query: str) -> Iterator[Item]:
        """Every item of a list, until a page is empty. `names` are those of the offset and the size."""
        offset = 0

        def page(number: int) -> Any:
            del number
            return self.call("GET", path, query={**query, names[0]: offset, names[1]: size}).get(key)

        for item in each_page(path, page):
            offset += 1
            yield item

    def numbered(self, path: str, key: str, size: int, identity: str) -> Iterator[Item]:
        """Every item of a list whose pages have numbers, until one is empty; `identity` is its id's field."""

        def page(number: int) -> Any:
            return self.call("GET", path, query={"page_number": number, "page_size": size}).get(key)

        return each_page(path, page, identity)

    def listed(self, path: str, key: str) -> list[Item]:
        """The items of a list that has no pages."""
        return objects("GET", path, self.call("GET", path).get(key))

    def cursored(self, path: str, body: Mapping[str, Any], size: int) -> Iterator[Item]:
        """Every item of a search, page by page as each answer's cursor says."""
        page: dict[str, Any] = {"limit": size}
        passed: set[str] = set()
        while page:
            answer = self.call("POST", path, {**body, "page": page})
            yield from objects("POST", path, answer.get("data"))
            after = cursor(answer)
            if after in passed:
                raise Nonsense("POST", path, "it gives the same page again")
            passed.add(after)
            page = {"limit": size, "cursor": after} if after else {}


def _refused(method: str, path: str, error: ApiException, host: str) -> Unable:
    if error.status == TOO_MANY:
        return Unable("Datadog wants fewer calls, and still did after waiting: run it again later")
    said = "; ".join(_said(error.body))[:SAID] or str(error.reason or "")
    if error.status in (401, 403):
        scope = path.split("/")[3].removesuffix("s")
        said = (
            f"Datadog does not allow it ({said or error.status}): the keys must be of this site"
            f" ({urlsplit(host).hostname}), and the application key must have the scopes of {scope}s"
        )
    elif error.status == CONFLICT and method == "DELETE":
        said += "; take it out there, or delete it in Datadog, which can be forced to"
    elif int(error.status or 0) >= BROKEN and method == "POST":
        said = f"{said or error.status}; it may be done all the same, so it is not asked twice"
    return Refused(int(error.status or 0), f"{method} {path}: {said}")


def _said(body: Any) -> list[str]:
    """The words of an error's body, which the SDK has read: `{"errors": [...]}`, of texts or of objects."""
    found = body.get("errors", ()) if isinstance(body, dict) else ()
    every = found if isinstance(found, list | tuple) else [found] if found else []
    return [str(each.get("detail") or each if isinstance(each, dict) else each) for each in every]


def _unanswered(method: str, path: str, error: Exception) -> Unable:
    if isinstance(error, urllib3.exceptions.ReadTimeoutError) or "ReadTimeoutError" in repr(error):
        return Unable(f"{method} {path}: Datadog did not answer within {TIMEOUT[1]} s; run it again later")
    return Unable(f"Datadog cannot be asked: {type(error).__name__}")
