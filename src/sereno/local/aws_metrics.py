"""The AWS/SQS, AWS/SNS and AWS/RDS metrics that CloudWatch would show for this machine.

Every number is measured: the queues' and topics' where they happen, inside the emulator
(`emulated.py`), the database's by asking it. What cannot be known is not told: no CPU, no
memory, and nothing of the database while it is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from sereno.local.ask import NoAnswer, ask
from sereno.local.clock import MINUTE
from sereno.local.emulated import COUNTS
from sereno.local.errand import Errand
from sereno.local.metrics import MetricStore

PATIENCE = 1.0  # seconds for an answer
LONGEST = 10.0  # seconds after which an emulator that hangs is asked anew
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)

QUEUE_FLOWS = {
    "sent": "NumberOfMessagesSent",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
}
QUEUE_LEVELS = {
    "visible": "ApproximateNumberOfMessagesVisible",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
}
TOPIC_FLOWS = {
    "published": "NumberOfMessagesPublished",
    "delivered": "NumberOfNotificationsDelivered",
    "failed": "NumberOfNotificationsFailed",
}

Totals = Mapping[str, Mapping[str, Any]]  # by queue or topic


class AwsMetrics:
    """Collects once a metric minute; `alarms` tells how often the emulator's alarms have changed.

    An emulator or a database that hangs costs one minute `PATIENCE`, and is silence after that.
    """

    def __init__(self, store: MetricStore, emulator: str, dsn: str, cluster: str) -> None:
        self.alarms = -1  # unknown as yet
        self._store = store
        self._before: dict[str, Totals] = {"queues": {}, "topics": {}}
        self._database = _Database(dsn)
        self._cluster = cluster
        self._counts = Errand(lambda: _counts(emulator), PATIENCE, "emulator-metrics")
        self._connections = Errand(self._database.connections, PATIENCE, "database-metrics")

    def collect(self, minute: int) -> None:
        """Puts what this metric minute was, seen from its end."""
        now = self._counts()
        if now is not None:
            self._queues(minute, now["queues"])
            self._topics(minute, now["topics"])
            self._before = now
            self.alarms = now["alarms"]
        connections = self._connections()
        if connections is not None:
            self._put(
                minute, "AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", self._cluster, connections
            )

    def close(self) -> None:
        self._counts.close()
        self._connections.close(self._database.hang_up)

    def _queues(self, minute: int, queues: Totals) -> None:
        for name, queue in queues.items():
            flows = _since(queue, self._before["queues"].get(name, {}), QUEUE_FLOWS)
            levels = {metric: queue[word] for word, metric in QUEUE_LEVELS.items()}
            for metric, value in (flows | levels | self._age(minute, queue)).items():
                self._put(minute, "AWS/SQS", metric, "QueueName", name, value)

    def _age(self, minute: int, queue: Mapping[str, Any]) -> dict[str, float]:
        """On the metric clock, as all that an alarm looks at; AWS tells none of an empty queue."""
        if queue["oldest"] is None:
            return {}
        age = minute + MINUTE - self._store.clock.metric(queue["oldest"])
        return {"ApproximateAgeOfOldestMessage": float(max(0, int(age)))}

    def _topics(self, minute: int, topics: Totals) -> None:
        """A topic without traffic shows nothing, as in AWS."""
        for name, topic in topics.items():
            flows = _since(topic, self._before["topics"].get(name, {}), TOPIC_FLOWS)
            for metric, value in flows.items() if any(flows.values()) else ():
                self._put(minute, "AWS/SNS", metric, "TopicName", name, value)

    def _put(self, minute: int, namespace: str, metric: str, dimension: str, name: str, value: float) -> None:
        unit = "Seconds" if "Age" in metric else "Count"
        wall = self._store.clock.wall(minute + MINUTE / 2)
        self._store.put(namespace, metric, {dimension: name}, [value], at=wall, unit=unit)


def _since(now: Mapping[str, int], before: Mapping[str, int], words: Mapping[str, str]) -> dict[str, float]:
    """The growth of each total; a total that fell began anew with the emulator."""
    grown = {word: now.get(word, 0) - before.get(word, 0) for word in words}
    return {words[word]: float(more if more >= 0 else now.get(word, 0)) for word, more in grown.items()}


def _counts(emulator: str) -> Any:
    """What the emulator counted; None while it is away."""
    try:
        return ask(emulator + COUNTS, LONGEST)
    except NoAnswer:
        return None


class _Database:
    """Asks over a connection of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection | None = None

    def connections(self) -> int | None:
        """Client connections but this one; None while the database is away."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=2)
            row = self._connection.execute(CONNECTIONS).fetchone()
        except psycopg.Error:
            self.hang_up()
            return None
        return int(row[0]) if row else None

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
