"""What stands before the emulator: no web page and no other machine reaches it, nothing sent is ever run.

Any page in a browser of this machine can send a request to loopback, and read the answer where
the emulator allows every origin, as ministack does. Whoever is no page (an SDK, curl, a function)
sends neither `Origin` nor `Sec-Fetch-Site`, and names this machine in `Host`.
https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from sereno.local import ports

API: Final = "/_aws/execute-api/"  # requests of the HTTP API: a page's too, through the gateway

Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

_STARTS: Final = frozenset(
    {"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
)


def is_refused(method: str, path: str, headers: Headers) -> bool:
    """Whether a request comes from a web page, or under a name that is not this machine's."""
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not ports.is_loopback(hosts[0]) or method == "OPTIONS":
        return True
    return not path.startswith(API) and any(name in (b"origin", b"sec-fetch-site") for name, _ in headers)


def guarded(application: Asgi) -> Asgi:
    """The application for whoever is no page, without its permission for other origins."""

    async def app(scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await application(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        if is_refused(scope["method"], scope["path"], scope["headers"]):
            return await _refuse(send)
        return await application(scope, receive, _without_permission(send))

    return app


def _without_permission(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if "headers" in message:
            kept = [h for h in message["headers"] if not h[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return sent


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"message":"Forbidden"}'})


def run_nothing() -> None:
    """For good, whatever it is asked: this process starts no other, and listens on loopback only."""

    def deny(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _STARTS:
            raise PermissionError(f"nothing is run here ({event})")
        if event == "socket.bind" and _off_loopback(arguments[1]):
            raise PermissionError("nothing listens off loopback here")

    sys.addaudithook(deny)


def _off_loopback(address: object) -> bool:
    """Of what a socket is bound to; a path is on this machine."""
    return isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost")
