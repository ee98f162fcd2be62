"""The ASGI layer in front of a Streamlit app. It moves bytes; what may pass is decided by the endpoint."""

from __future__ import annotations

import asyncio
import logging
import time

from streamlit_gatehouse import _native, _pages, _state, _streamlit, _streamlit_wire, _versions
from streamlit_gatehouse._bridge import App, Message, Receive, Scope, Send, answer, send_answer, soon
from streamlit_gatehouse._page import Page
from streamlit_gatehouse._socket import Socket, refuse, turn_away

_LOG = logging.getLogger(__name__)

MOUNT = "/_gatehouse"
#: How many closed websockets are remembered whose Streamlit session may still be resumed.
_LINGERING_MAX = 4096


class Gate:
    """Stands in front of an app: the endpoint under ``/_gatehouse``, and a check on everything else."""

    def __init__(self, app: App) -> None:
        """Stand in front of ``app``; refuses a Streamlit that was not tested."""
        complaint = _versions.unsupported()
        if complaint is not None:
            raise RuntimeError(complaint)
        self._app = app
        self._sockets: dict[str, Socket] = {}
        #: Closed websockets: Streamlit's session, and since when.
        self._lingering: dict[str, tuple[str, float]] = {}
        self._pages: _streamlit_wire.PageNames = {}
        self._alone = False
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
        below = path.removeprefix(_state.base_path)
        peer = _peer(scope)
        headers = _native.enter(scope["method"], below, scope["headers"], peer)
        if headers is None:
            front = await answer(
                lambda done: _native.enter_later(
                    scope["method"], below, _target(scope), scope["headers"], peer, done
                )
            )
            if front is not None:
                await send_answer(scope, send, front)
                return
            headers = _native.strip(scope["headers"], peer)
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

        async def settled(message: Message) -> None:
            # The server has finished what was under way, and ends the process once it hears this.
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(_native.settle)
            await send(message)

        await self._app(scope, again, settled)

    async def _start(self, scope: Scope) -> None:
        if not _state.gated:
            await asyncio.to_thread(_state.start_gate, scope)
        if not self._watching:
            self._watching = True
            self._pages = _streamlit_wire.page_names(list(_native.page_rules()))
            self._alone = _pages.stands_alone(_streamlit.main_script())
            loop = asyncio.get_running_loop()
            _native.watch(lambda handles: soon(loop, self._close_all, handles))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = _peer(scope)
        try:
            admitted = await answer(lambda done: _native.admit(scope["headers"], peer, done))
        except RuntimeError as refusal:
            _LOG.warning("A websocket was refused: %s.", refusal)
            await refuse(receive, send)
            return
        if admitted is None:
            await turn_away(scope.get("subprotocols") or [], receive, send)
            return
        handle, identity = admitted
        socket = Socket(handle, self._pages, self._alone, receive, send)
        self._sockets[handle] = socket
        try:
            # Asked again, now that an ending of the session would be heard of.
            if identity is not None and not await self._lives(handle):
                await turn_away(scope.get("subprotocols") or [], receive, send)
                return
            headers = _streamlit_wire.with_user_cookie(_native.strip(scope["headers"], peer), identity)
            headers.append((_streamlit_wire.HANDLE.encode("ascii"), handle.encode("ascii")))
            await self._app({**scope, "headers": headers}, socket.receive, socket.send)
        finally:
            del self._sockets[handle]
            self._linger(handle, socket.session)

    async def _lives(self, handle: str) -> bool:
        try:
            return bool(_native.check(handle) or await answer(lambda done: _native.recheck(handle, done)))
        except RuntimeError:
            return False

    def _linger(self, handle: str, session: str | None) -> None:
        """Remember a closed websocket for as long as Streamlit keeps its session for who comes back."""
        now = time.monotonic()
        if session is None:
            _native.close(handle)
        else:
            self._lingering[handle] = (session, now)
        span = float(_streamlit.option("server.disconnectedSessionTTL") or 0)
        while self._lingering:
            oldest, (_, since) = next(iter(self._lingering.items()))
            if now - since <= span and len(self._lingering) <= _LINGERING_MAX:
                return
            del self._lingering[oldest]
            _native.close(oldest)

    def _close_all(self, handles: list[str]) -> None:
        for handle in handles:
            socket = self._sockets.get(handle)
            if socket is not None:
                socket.close_soon()
            elif handle in self._lingering:
                session, _ = self._lingering.pop(handle)
                _streamlit_wire.close_session(session)
                _native.close(handle)


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
    whole = await answer(
        lambda done: _native.respond(
            scope["method"], _target(scope), scope["headers"], body, _peer(scope), done
        )
    )
    await send_answer(scope, send, whole)


def _target(scope: Scope) -> str:
    """Give path and query as the browser wrote them."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    query: bytes = scope.get("query_string", b"")
    return (raw + (b"?" + query if query else b"")).decode("latin-1")


def _peer(scope: Scope) -> str | None:
    """Give the address of the connection itself, or nothing where the server may have believed a header."""
    # uvicorn is known to believe nobody only where `gatehouse run` started it.
    rewritten = not _state.believes_nobody and any(
        name.lower() == b"forwarded" or name.lower().startswith(b"x-forwarded-")
        for name, _ in scope["headers"]
    )
    client = scope.get("client")
    return client[0] if client and not rewritten else None
