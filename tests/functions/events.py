"""Events as AWS hands them to a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

JSON = "application/json"
QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:sereno-test-users"


def http(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    encoded: bool = False,
    stage: str = "$default",
) -> dict[str, Any]:
    """A request in payload format 2.0, from a caller who signed it."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path if stage == "$default" else f"/{stage}{path}",
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body or "")),
            "host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "user-agent": "curl/8.9.1",
            "x-amz-date": "20261124T101500Z",
            "x-amzn-trace-id": "Root=1-67423b14-3c2b1a0f9e8d7c6b5a493827",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "a1b2c3d4e5",
            "authorizer": {
                "iam": {"accessKey": "AKIDEXAMPLE", "userArn": "arn:aws:iam::000000000000:user/ana"}
            },
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8.9.1",
            },
            "requestId": "CE4l-jL9oAMEPtQ=",
            "routeKey": f"{method} {path}",
            "stage": stage,
            "time": "24/Nov/2026:10:15:00 +0000",
            "timeEpoch": 1795515300000,
        },
        "isBase64Encoded": encoded,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body
    return event


def post(content: object, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A POST of a user, as JSON unless it is text already."""
    body = content if isinstance(content, str) else json.dumps(content)
    return http("POST", "/users", headers={"content-type": JSON, **(headers or {})}, body=body)


def record(
    body: str, number: int = 1, *, receives: int = 1, attributes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """An SQS record whose message was delivered raw."""
    return {
        "messageId": f"item-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1795515300000",
            "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
            "ApproximateFirstReceiveTimestamp": "1795515300010",
        },
        "messageAttributes": {
            name: {
                "stringValue": value,
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
            for name, value in (attributes or {}).items()
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "us-east-1",
    }


def enveloped(body: str, attributes: Mapping[str, str]) -> str:
    """A message as SNS wraps it without raw delivery."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
            "TopicArn": "arn:aws:sns:us-east-1:000000000000:sereno-test-users",
            "Message": body,
            "Timestamp": "2026-11-24T10:15:00.000Z",
            "SignatureVersion": "1",
            "Signature": "FMG5tlZhJNHLHUXvZgtZzlk24FzVa7oX0T4P03neeXw=",
            "MessageAttributes": {
                name: {"Type": "String", "Value": value} for name, value in attributes.items()
            },
        }
    )


def message(number: int = 1, **more: object) -> str:
    """The JSON that POST publishes, of the user with that number; `more` replaces or adds fields."""
    return json.dumps(
        {
            "message_id": f"00000000-0000-4000-8000-{number:012d}",
            "name": f"Ana {number}",
            "email": f"ana{number}@example.org",
            "published_at": "2026-11-24T10:15:00.123456+00:00",
            "synthetic": False,
        }
        | more
    )


def batch(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}
