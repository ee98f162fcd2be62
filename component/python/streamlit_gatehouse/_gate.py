"""The ASGI layer in front of a Streamlit app. It moves bytes; what may pass is decided by the endpoint."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias, TypeVar

from streamlit_gatehouse import _native, _state, _streamlit, _versions
from streamlit_gatehouse._page import Page

_LOG = logging.getLogger(__name__)

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
T = TypeVar("T")

MOUNT = "/_gatehouse"
#: The session has ended. The page's watcher knows the number and loads the page anew.
CLOSED = 4401
#: No browser sends this.
FORGED = 1008
#: Storage can't be asked; the browser tries again by itself.
UNAVAILABLE = 1013
_REASONS = {CLOSED: "signed out", FORGED: "malformed", UNAVAILABLE: "try again"}
#: How often one websocket's messages are read for signs of a person, in seconds.
_ACTIVITY = 30.0


class Gate:
    """Stands in front of an app: the endpoint under ``/_gatehouse``, and a check on everything else."""

    def __init__(self, app: App) -> None:
        """Stand in front of ``app``; refuses a Streamlit that was not tested."""
        complaint = _versions.unsupported()
        if complaint is not None:
            raise RuntimeError(complaint)
        self._app = app
        self._sockets: dict[str, _Socket] = {}
        self._watching = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, answer or refuse."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        await self._start(scope)
        if kind == "websocket":
            await self._websocket(scope, receive, send)
            return
        mounted = _state.base_path + MOUNT
        path = scope["path"]
        if path == mounted or path.startswith(mounted + "/"):
            await _respond(scope, receive, send)
            return
        headers = _native.strip(scope["headers"])
        page = Page(scope, headers, send)
        await self._app({**scope, "headers": page.headers}, receive, page.send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        try:
            await self._start(scope)
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        replayed = [first]

        async def again() -> Message:
            return replayed.pop() if replayed else await receive()

        await self._app(scope, again, send)

    async def _start(self, scope: Scope) -> None:
        if not _state.gated:
            await asyncio.to_thread(_state.start_gate, scope)
        if not self._watching:
            self._watching = True
            loop = asyncio.get_running_loop()
            _native.watch(lambda handles: _soon(loop, self._close_all, handles))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            admitted = await _answer(lambda done: _native.admit(scope["headers"], done))
        except RuntimeError as refusal:
            _LOG.warning("A websocket was refused: %s.", refusal)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        handle, identity = admitted
        socket = _Socket(handle, receive, send)
        self._sockets[handle] = socket
        try:
            headers = _streamlit.with_user_cookie(_native.strip(scope["headers"]), identity)
            headers.append((b"x-gatehouse-handle", handle.encode("ascii")))
            await self._app({**scope, "headers": headers}, socket.receive, socket.send)
        finally:
            del self._sockets[handle]
            _native.close(handle)

    def _close_all(self, handles: list[str]) -> None:
        for handle in handles:
            socket = self._sockets.get(handle)
            if socket is not None:
                socket.close_soon()


class _Socket:
    """One websocket of the app."""

    def __init__(self, handle: str, receive: Receive, send: Send) -> None:
        self._handle = handle
        self._receive = receive
        self._send = send
        self._accepted = False
        self._closed = False
        self._activity = 0.0
        self._closing: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """Hand on a message while its session lives."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        passed = False if self._closed else _native.check(self._handle)
        code = CLOSED
        if passed is None:
            try:
                passed = await _answer(lambda done: _native.recheck(self._handle, done))
            except RuntimeError:
                passed, code = False, UNAVAILABLE
        if not passed:
            await self._close(code)
            return {"type": "websocket.disconnect", "code": code}
        data = message.get("bytes") or b""
        if _streamlit.too_deep(data):
            await self._close(FORGED)
            return {"type": "websocket.disconnect", "code": FORGED}
        now = time.monotonic()
        if now - self._activity > _ACTIVITY and _streamlit.causes_activity(data):
            self._activity = now
            _native.note_activity(self._handle)
        return message

    async def send(self, message: Message) -> None:
        """Hand out a message, unless the websocket is closed."""
        if self._closed:
            return
        if message["type"] == "websocket.accept":
            self._accepted = True
        elif message["type"] == "websocket.close":
            self._closed = True
        await self._send(message)

    def close_soon(self) -> None:
        """Close from outside of the app's task."""
        if self._closing is None and not self._closed:
            self._closing = asyncio.get_running_loop().create_task(self._close(CLOSED))

    async def _close(self, code: int) -> None:
        if self._closed:
            return
        self._closed = True
        if self._accepted:
            await self._send({"type": "websocket.close", "code": code, "reason": _REASONS[code]})


async def _respond(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    more = True
    # The endpoint refuses what is longer; the rest of it is not read.
    while more and len(body) <= _native.BODY_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    raw = scope.get("raw_path") or scope["path"].encode("utf-8")
    query = scope.get("query_string", b"")
    target = (raw + (b"?" + query if query else b"")).decode("latin-1")
    status, headers, answer = await _answer(
        lambda done: _native.respond(scope["method"], target, scope["headers"], body, _peer(scope), done)
    )
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def _peer(scope: Scope) -> str | None:
    """Give the address of the connection itself, or nothing where the server may have believed a header."""
    rewritten = os.environ.get("FORWARDED_ALLOW_IPS") != "" and any(
        name.lower().startswith(b"x-forwarded-") for name, _ in scope["headers"]
    )
    client = scope.get("client")
    return client[0] if client and not rewritten else None


async def _answer(start: Callable[[Callable[[Any, str | None], None]], None]) -> Any:
    """Wait for an answer of the endpoint without blocking the loop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: str | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(RuntimeError(error))

    start(lambda value, error: _soon(loop, settle, value, error))
    return await future


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any) -> None:
    # A loop that is closed by now has nobody waiting.
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)
