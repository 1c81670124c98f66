"""The four functions of awslambdaric's native module, in plain Python.

awslambdaric has no wheel for macOS, and built from source there it leaves its native module
out. Where none can be imported, this folder is put first on the environment's path.
The API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import http.client
import os

_INVOCATION = "/2018-06-01/runtime/invocation/"
_agent = "python"
_connection: http.client.HTTPConnection | None = None


def _connected() -> http.client.HTTPConnection:
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    return _connection


def _call(
    method: str, path: str, body: bytes | str | None = None, **headers: str
) -> tuple[bytes, dict[str, str]]:
    connection = _connected()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, _INVOCATION + path, body, {"User-Agent": _agent, **named})
    answer = connection.getresponse()
    data = answer.read()
    if answer.status not in (200, 202):
        raise RuntimeError(f"the runtime API answered {answer.status} to {method} {path}")
    return data, dict(answer.getheaders())


def initialize_client(user_agent: str) -> None:
    global _agent
    _agent = user_agent


def next() -> tuple[bytes, dict[str, object]]:  # noqa: A001
    """The next event and its headers; like the native one, with the deadline as a number."""
    event, headers = _call("GET", "next")
    return event, {**headers, "Lambda-Runtime-Deadline-Ms": int(headers["Lambda-Runtime-Deadline-Ms"])}


def post_invocation_result(
    invoke_id: str, data: bytes | str, content_type: str, _invocation_id: str | None = None
) -> None:
    body = data.encode() if isinstance(data, str) else data
    _call("POST", f"{invoke_id}/response", body, Content_Type=content_type)


def post_error(invoke_id: str, error: str, xray_cause: str, _invocation_id: str | None = None) -> None:
    kind = {"Lambda_Runtime_Function_Error_Type": "Unhandled", "Content_Type": "application/json"}
    cause = {"Lambda_Runtime_Function_XRay_Error_Cause": xray_cause} if xray_cause else {}
    _call("POST", f"{invoke_id}/error", error.encode(), **kind, **cause)
