"""Keys from an endpoint, as SnapStart gives them: asked for once, and away like anything else may be."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import boto3
import botocore.utils
import pytest

from canary import __main__ as by_hand
from common import credentials
from common.cache import Cache
from common.credentials import Credentials
from common.database import Database
from common.faults import Unavailable
from sereno.local.valkey import Valkey
from tests.functions import events
from tests.functions.aws import Aws
from tests.functions.conftest import Configure, Context, Written
from tests.functions.test_api import Admin, call

KEYS = {
    "AccessKeyId": "AKIA-ENDPOINT",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}
AWAY = "http://127.0.0.1:1/"

Endpoint = Callable[[str], None]


class Keys(ThreadingHTTPServer):
    """Answers every GET with `said`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.said, self.calls = json.dumps(KEYS), 0
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Keys)
        self.server.calls += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.said.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def keys() -> Iterator[Keys]:
    with Keys() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """Puts it in place of the keys, as in a new environment."""
    monkeypatch.setattr(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0)

    def put(url: str) -> None:
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        credentials.session.cache_clear()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    yield put
    credentials.session.cache_clear()


def test_it_is_asked_once_for_many_connections(endpoint: Endpoint, keys: Keys) -> None:
    endpoint(f"http://127.0.0.1:{keys.server_port}/")
    found = [credentials.find(os.environ) for _ in range(3)]
    assert found == [Credentials("AKIA-ENDPOINT", "secret", "token")] * 3
    assert keys.calls == 1


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"AccessKeyId": "a"}'])
def test_what_is_no_key_is_none(endpoint: Endpoint, keys: Keys, said: str) -> None:
    keys.said = said
    endpoint(f"http://127.0.0.1:{keys.server_port}/")
    with pytest.raises(Unavailable, match="no AWS credentials"):
        credentials.find(os.environ)


@pytest.mark.parametrize(
    "url", [AWAY, "http://keys.example/"], ids=["away", "of a host that may not be asked"]
)
def test_an_endpoint_is_unavailable(endpoint: Endpoint, url: str) -> None:
    endpoint(url)
    with pytest.raises(Unavailable, match="no AWS credentials"):
        credentials.find(os.environ)


def test_an_endpoint_that_is_back_is_asked_again(endpoint: Endpoint, keys: Keys) -> None:
    keys.said = ""
    endpoint(f"http://127.0.0.1:{keys.server_port}/")
    with pytest.raises(Unavailable):
        credentials.find(os.environ)
    keys.said = json.dumps(KEYS)
    assert credentials.find(os.environ) == Credentials("AKIA-ENDPOINT", "secret", "token")


def test_without_keys_there_is_no_database(configure: Configure, endpoint: Endpoint) -> None:
    configure("api", DB_AUTH="iam")
    endpoint(AWAY)
    with pytest.raises(Unavailable, match="no AWS credentials"):
        Database.of(os.environ).run("SELECT 1")


def test_without_keys_there_is_no_cache_and_no_connection_is_kept(
    configure: Configure, endpoint: Endpoint, valkey: Valkey, keys: Keys
) -> None:
    configure("api", CACHE_HOST="127.0.0.1", CACHE_PORT=str(valkey.port), CACHE_PAUSE_SECONDS="0.000001")
    cache = Cache.of(os.environ)
    endpoint(AWAY)
    with pytest.raises(Unavailable, match="no AWS credentials"):
        cache.read("users:k")
    endpoint(f"http://127.0.0.1:{keys.server_port}/")
    assert cache.read("users:k") == [None]
    cache.close()


@pytest.mark.parametrize("how", ["iam", "secret"])
def test_without_keys_the_api_answers_503(
    api: ModuleType, configure: Configure, endpoint: Endpoint, how: str
) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:0:secret:db"
    configure("api", DB_AUTH=how, DB_SECRET_ARN=arn, CACHE_HOST="127.0.0.1", CACHE_PORT="1")
    endpoint(AWAY)
    user = json.dumps({"name": "Ana", "email": "ana@example.org"})
    posted = events.http("POST", "/users", headers={"content-type": "application/json"}, body=user)
    assert [call(api, each)[0] for each in (events.http("GET", "/users"), posted)] == [503, 503]


def test_without_keys_a_batch_is_handed_back(
    subscriber: ModuleType, configure: Configure, endpoint: Endpoint, written: Callable[[], Written]
) -> None:
    configure("subscriber", DB_AUTH="iam")
    endpoint(AWAY)
    answer = subscriber.handler(events.batch(events.record(events.message(1), 1)), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "item-1"}]}
    said = [line for line in written().logs if line["level"] == "WARNING"]
    assert [(line["message"], line["messages"]) for line in said] == [
        ("The queue's own visibility timeout holds", 1)
    ]


def test_without_keys_for_the_cache_a_stored_batch_is_stored(
    subscriber: ModuleType, configure: Configure, admin: Admin, endpoint: Endpoint, valkey: Valkey, aws: Aws
) -> None:
    configure("subscriber", CACHE_HOST="127.0.0.1", CACHE_PORT=str(valkey.port))
    endpoint(AWAY)
    answer = subscriber.handler(events.batch(events.record(events.message(1), 1)), Context())
    assert answer == {"batchItemFailures": []}
    assert admin.execute("SELECT count(*) FROM users").fetchall() == [(1,)]


def test_a_cache_deployed_wrong_is_said_before_anything_is_stored(
    subscriber: ModuleType, configure: Configure, admin: Admin
) -> None:
    configure("subscriber", CACHE_HOST="127.0.0.1", CACHE_PORT="x")
    with pytest.raises(Exception, match="CACHE_PORT is 'x'"):
        subscriber.handler(events.batch(events.record(events.message(1), 1)), Context())
    assert admin.execute("SELECT count(*) FROM users").fetchall() == [(0,)]


def test_without_keys_the_canary_by_hand_says_so(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint(AWAY)
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": AWAY, "AWS_REGION": "us-east-1"}
    assert by_hand.main(["https://api.example"], environ) == 2
    assert capsys.readouterr().err == "canary: no AWS credentials\n"
