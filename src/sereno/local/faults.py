"""Faults on purpose, by name: what the demo and the drills do to a running stack, and undo.

Each is a context manager that lasts as long as the fault does. Its parameters are text, as a
drill's YAML gives them. What AWS itself would do in the fault's place is in its docstring.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from sereno.errors import Unable
from sereno.language.problem import did_you_mean
from sereno.local import ports
from sereno.local.stack import Stack

Parameters = Mapping[str, str]
Fault = Callable[[Stack, Parameters], AbstractContextManager[None]]


@contextmanager
def database_stopped(stack: Stack, given: Parameters) -> Iterator[None]:
    """No database: connections are refused. `how: crash` stops it as a crash would, not in order.

    In AWS: a failover, or a stopped cluster.
    """
    stack.database.stop(immediate=_one_of(given, "how", ("order", "crash")) == "crash")
    try:
        yield
    finally:
        stack.database.start()


@contextmanager
def topic_refused(stack: Stack, given: Parameters) -> Iterator[None]:  # noqa: ARG001
    """Nobody answers where the API publishes: every POST ends in a 503.

    In AWS: SNS away in the region, or a broken endpoint of the VPC.
    """
    nowhere = f"http://{ports.HOST}:{ports.free()}"
    variables = {**stack.function("api").config.variables, "AWS_ENDPOINT_URL_SNS": nowhere}
    with _deployed(stack, "api", variables=variables):
        yield


@contextmanager
def poison_sent(stack: Stack, given: Parameters) -> Iterator[None]:
    """`count` messages (1) that can never be stored arrive through the topic; at its end the DLQ is emptied.

    In AWS: a second publisher, or a deployment that changed the message; a person then empties the queue.
    """
    for number in range(int(given.get("count", "1"))):
        stack.emulator.client("sns").publish(
            TopicArn=stack.messaging.topic, Message=json.dumps({"poison": number})
        )
    try:
        yield
    finally:
        stack.emulator.client("sqs").purge_queue(QueueUrl=stack.messaging.queue.dead_letter_url)


@contextmanager
def function_broken(stack: Stack, given: Parameters) -> Iterator[None]:
    """A deployment of `function` (api) whose handler cannot be imported: every invocation fails.

    In AWS: the same.
    """
    with _deployed(stack, given.get("function", "api"), handler="not_there.handler"):
        yield


@contextmanager
def function_throttled(stack: Stack, given: Parameters) -> Iterator[None]:
    """A reserved concurrency of 0 for `function` (api): every invocation is throttled.

    In AWS: the same, or the account's concurrency used up.
    """
    with _deployed(stack, given.get("function", "api"), reserved=0):
        yield


@contextmanager
def consumer_stopped(stack: Stack, given: Parameters) -> Iterator[None]:
    """The event source mapping of `function` (subscriber) is disabled: the queue grows.

    In AWS: the same.
    """
    poller = stack.pollers[_one_of(given, "function", tuple(stack.pollers))]
    poller.disable()
    try:
        yield
    finally:
        poller.enable()


FAULTS: Final[Mapping[str, Fault]] = {
    "database-stopped": database_stopped,
    "topic-refused": topic_refused,
    "poison-sent": poison_sent,
    "function-broken": function_broken,
    "function-throttled": function_throttled,
    "consumer-stopped": consumer_stopped,
}


def fault(name: str) -> Fault:
    """The fault of a name. Unable for one that nobody knows."""
    if name not in FAULTS:
        raise Unable(f"there is no fault `{name}` here; {did_you_mean(name, FAULTS)}")
    return FAULTS[name]


@contextmanager
def _deployed(stack: Stack, key: str, **changes: Any) -> Iterator[None]:
    """A function with members of its config changed, for a while."""
    function = stack.function(key)
    before = {name: getattr(function.config, name) for name in changes}
    function.configure(**changes)
    try:
        yield
    finally:
        function.configure(**before)


def _one_of(given: Parameters, name: str, words: tuple[str, ...]) -> str:
    """A parameter's value; the first of the words it may be, when it is not given."""
    value = given.get(name, words[0])
    if value not in words:
        raise Unable(f"{name}: `{value}` is not known; {did_you_mean(value, words)}")
    return value
