"""One websocket of the app: each message is judged before Streamlit sees it."""

from __future__ import annotations

import asyncio
import time

from streamlit_gatehouse import _native, _streamlit_wire
from streamlit_gatehouse._bridge import Message, Receive, Send, answer

#: The session has ended. The page's watcher knows the number and loads the page anew.
CLOSED = 4401
#: A page that this person may not run. The watcher goes to its address, where the gate says so.
FORBIDDEN = 4403
#: No browser sends this.
FORGED = 1008
#: Storage can't be asked; the browser tries again by itself.
UNAVAILABLE = 1013
_REASONS = {CLOSED: "signed out", FORGED: "malformed", UNAVAILABLE: "try again"}
#: How much a close frame can say, in bytes (RFC 6455 §5.5).
_REASON_MAX = 123
#: How often one websocket's messages are read for signs of a person, in seconds.
_ACTIVITY = 30.0


class Socket:
    """Stands between the server's websocket and the app's."""

    def __init__(
        self, handle: str, pages: _streamlit_wire.PageNames, alone: bool, receive: Receive, send: Send
    ) -> None:
        """Watch the websocket ``handle``; ``pages`` have a rule, an app that is ``alone`` has no pages."""
        #: Streamlit's session on it, once that is known.
        self.session: str | None = None
        self._handle = handle
        self._pages = pages
        self._alone = alone
        self._receive = receive
        self._send = send
        self._accepted = False
        self._closed = False
        self._activity = 0.0
        self._closing: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """Hand on a message while its session lives and may have the page that it asks for."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        if self.session is None:
            self.session = _streamlit_wire.session_of(self._handle)
        data = message.get("bytes") or b""
        refusal, page = await self._judge(data)
        if refusal:
            await self._close(refusal, page)
            return {"type": "websocket.disconnect", "code": refusal}
        now = time.monotonic()
        if now - self._activity > _ACTIVITY and _streamlit_wire.causes_activity(data):
            self._activity = now
            _native.note_activity(self._handle)
        return message

    async def _judge(self, data: bytes) -> tuple[int, str]:
        """Say with which code the websocket is closed, if it is, and for which page."""
        try:
            passed = False if self._closed else _native.check(self._handle)
            if passed is None:
                passed = await answer(lambda done: _native.recheck(self._handle, done))
            if not passed:
                return CLOSED, ""
            if _streamlit_wire.too_deep(data):
                return FORGED, ""
            pages = self._pages
            page = _streamlit_wire.page_asked_for(data, pages, self._alone) if pages else None
            if page is not None and not await answer(lambda done: _native.may_open(self._handle, page, done)):
                return FORBIDDEN, page
        except RuntimeError:
            return UNAVAILABLE, ""
        return 0, ""

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
        """Close from outside of the app's task, because the session has ended."""
        if self._closing is None and not self._closed:
            self._closing = asyncio.get_running_loop().create_task(self._close(CLOSED, ""))

    async def _close(self, code: int, page: str) -> None:
        if self._closed:
            return
        self._closed = True
        if code == CLOSED and self.session is not None:
            # What the person had in it is for nobody who comes after.
            _streamlit_wire.close_session(self.session)
        if self._accepted:
            reason = _REASONS.get(code, page if len(page.encode("utf-8")) <= _REASON_MAX else "")
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


async def turn_away(offered: list[str], receive: Receive, send: Send) -> None:
    """Tell a page that is still open that nobody is signed in, so that it loads anew and shows the form."""
    await receive()
    # A browser takes no answer without one of the protocols that it offered, and no code before it.
    await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})
    await send({"type": "websocket.close", "code": CLOSED, "reason": _REASONS[CLOSED]})


async def refuse(receive: Receive, send: Send) -> None:
    """Refuse a handshake: the server answers it with 403."""
    await receive()
    await send({"type": "websocket.close", "code": FORGED})
