"""Questions to the endpoint from an event loop, which is never blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]


async def answer(start: Callable[[Callable[[Any, str | None], None]], None]) -> Any:
    """Wait for an answer of the endpoint without blocking the loop; raises what it says went wrong."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: str | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(RuntimeError(error))

    start(lambda value, error: soon(loop, settle, value, error))
    return await future


def soon(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any) -> None:
    """Call something on the loop from another thread."""
    # A loop that is closed by now has nobody waiting.
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)


async def send_answer(scope: Scope, send: Send, whole: Answer) -> None:
    """Send an answer that is there whole."""
    status, headers, body = whole
    named = [*headers, (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
