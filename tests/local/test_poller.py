"""Which messages of a batch Lambda deletes, by what the function answered."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from sereno.local.poller import failures

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (b'{"batchItemFailures": []}', ""),
        (b'{"batchItemFailures": null}', ""),
        (b"{}", ""),
        (b"null", ""),
        (b"", ""),
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', "b"),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}', "ac"),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', "abc"),
        (b'{"batchItemFailures": [{"id": "b"}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "unknown"}]}', "abc"),
        (b'{"batchItemFailures": ["b"]}', "abc"),
        (b'{"batchItemFailures": "b"}', "abc"),
        (b'"a text"', "abc"),
    ],
    ids=[
        "an empty list",
        "a list that is null",
        "an empty answer",
        "null",
        "nothing",
        "one of three",
        "two of three",
        "an empty identifier",
        "an identifier that is null",
        "a wrong key",
        "a message that was not in the batch",
        "identifiers without their key",
        "no list",
        "no object",
    ],
)
def test_the_failed_messages_of_an_answer_are(answer: bytes, failed: Collection[str]) -> None:
    assert sorted(failures(answer, ["a", "b", "c"])) == sorted(failed)
