"""The AWS metrics of a minute are what the emulator and the database really did in it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from sereno.local import ports
from sereno.local.aws_metrics import AwsMetrics
from sereno.local.children import Children
from sereno.local.clock import Clock
from sereno.local.metrics import MetricStore, key
from sereno.local.postgres import Postgres

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    children = Children()
    server = Postgres(children)
    server.start()
    yield server
    children.close()


@pytest.fixture
def store() -> MetricStore:
    return MetricStore(Clock())


@pytest.fixture
def collector(store: MetricStore, emulator: str, database: Postgres) -> Iterator[AwsMetrics]:
    made = AwsMetrics(store, emulator, database.dsn(), "sereno-local")
    yield made
    made.close()


def _seen(store: MetricStore, minute: int, namespace: str, dimension: str, name: str) -> dict[str, float]:
    """Metric -> value of one minute."""
    keys = [k for k in store.list() if k.namespace == namespace and k.dimensions == ((dimension, name),)]
    slots = {k.metric: store.read(k, minute, minute + 60) for k in keys}
    return {metric: float(s.total[0]) for metric, s in slots.items() if s.count[0]}


def test_a_queue_shows_its_flow_of_the_minute_and_its_level(
    store: MetricStore, collector: AwsMetrics, client: Client
) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="flow")["QueueUrl"]
    for body in ("a", "b", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    minute = store.clock.minute()
    collector.collect(minute - 60)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    collector.collect(minute)
    before, after = (_seen(store, m, "AWS/SQS", "QueueName", "flow") for m in (minute - 60, minute))
    age = after.pop("ApproximateAgeOfOldestMessage")
    assert 0 <= age <= 60
    assert (before["NumberOfMessagesSent"], before["ApproximateNumberOfMessagesVisible"]) == (3, 3)
    assert after == {
        "NumberOfMessagesSent": 0,
        "NumberOfMessagesReceived": 2,
        "NumberOfMessagesDeleted": 1,
        "ApproximateNumberOfMessagesVisible": 1,
        "ApproximateNumberOfMessagesNotVisible": 1,
    }
    assert store.unit(key("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "flow"})) == "Seconds"


def test_an_empty_queue_has_no_age(store: MetricStore, collector: AwsMetrics, client: Client) -> None:
    client("sqs").create_queue(QueueName="empty")
    minute = store.clock.minute()
    collector.collect(minute)
    assert "ApproximateAgeOfOldestMessage" not in _seen(store, minute, "AWS/SQS", "QueueName", "empty")


def test_the_age_is_told_on_the_metric_clock(emulator: str, database: Postgres, client: Client) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="old")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    store = MetricStore(Clock(warp=60.0))
    collector = AwsMetrics(store, emulator, database.dsn(), "sereno-local")
    minute = store.clock.minute() + 600  # seen ten metric minutes from now
    collector.collect(minute)
    age = _seen(store, minute, "AWS/SQS", "QueueName", "old")["ApproximateAgeOfOldestMessage"]
    assert 600 <= age <= 600 + 60 * 30
    collector.close()


def test_a_topic_shows_what_it_published_and_nothing_while_quiet(
    store: MetricStore, collector: AwsMetrics, client: Client
) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for endpoint in (arn, f"{arn}-gone"):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    sns.publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=[{"Id": i, "Message": i} for i in ("1", "2")]
    )
    minute = store.clock.minute()
    collector.collect(minute)
    collector.collect(minute + 60)
    assert [_seen(store, m, "AWS/SNS", "TopicName", "news") for m in (minute, minute + 60)] == [
        {
            "NumberOfMessagesPublished": 2,
            "NumberOfNotificationsDelivered": 2,
            "NumberOfNotificationsFailed": 2,
        },
        {},
    ]


def test_connections_are_counted_without_our_own(
    store: MetricStore, collector: AwsMetrics, database: Postgres
) -> None:
    minute = store.clock.minute()
    with psycopg.connect(database.dsn()), psycopg.connect(database.dsn()):
        collector.collect(minute)
    assert _seen(store, minute, "AWS/RDS", "DBClusterIdentifier", "sereno-local") == {
        "DatabaseConnections": 2
    }


def test_nothing_is_told_of_a_database_that_is_away_and_it_is_found_again(
    store: MetricStore, collector: AwsMetrics, database: Postgres
) -> None:
    minute = store.clock.minute() - 120
    collector.collect(minute)
    database.stop()
    collector.collect(minute + 60)
    database.start()
    collector.collect(minute + 120)
    told = [_seen(store, minute + m, "AWS/RDS", "DBClusterIdentifier", "sereno-local") for m in (0, 60, 120)]
    assert told == [{"DatabaseConnections": 0}, {}, {"DatabaseConnections": 0}]


def test_a_database_that_hangs_delays_one_minute_by_a_second_and_no_more(
    store: MetricStore, collector: AwsMetrics, database: Postgres
) -> None:
    collector.collect(store.clock.minute() - 180)
    with psycopg.connect(database.dsn(), autocommit=True) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%count%' AND pid <> pg_backend_pid()"
        ).fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)
        try:
            began = time.monotonic()
            for _ in range(3):
                collector.collect(store.clock.minute())
            took = time.monotonic() - began
        finally:
            os.kill(row[0], signal.SIGCONT)
    assert 0.9 < took < 1.9


def test_an_emulator_that_hangs_delays_one_minute_by_a_second_and_no_more(
    store: MetricStore, database: Postgres
) -> None:
    with socket.create_server((ports.HOST, 0)) as deaf:
        url = f"http://{ports.HOST}:{deaf.getsockname()[1]}"
        collector = AwsMetrics(store, url, database.dsn(), "sereno-local")
        began = time.monotonic()
        for _ in range(3):
            collector.collect(store.clock.minute())
        took = time.monotonic() - began
    collector.close()
    assert 0.9 < took < 1.9


def test_an_emulator_that_is_away_is_silence(store: MetricStore, database: Postgres) -> None:
    collector = AwsMetrics(store, f"http://{ports.HOST}:{ports.free()}", database.dsn(), "sereno-local")
    collector.collect(store.clock.minute())
    collector.close()
    assert ({k.namespace for k in store.list()}, collector.alarms) == ({"AWS/RDS"}, -1)
