"""Runs in the environment that is measured: messages through the gate and without it, in turns.

Arguments: the app's script, its port, the session cookie. Prints microseconds per message as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit_gatehouse import _native, _state, _streamlit_wire
from streamlit_gatehouse._gate import Gate

PAIRS, MESSAGES = 40, 2000
RERUN = {
    "type": "websocket.receive",
    "bytes": BackMsg(rerun_script=ClientState(query_string="a=b")).SerializeToString(),
}


async def timed(receive: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    for _ in range(MESSAGES):
        message = await receive()
        assert message["type"] == "websocket.receive"
    return (time.perf_counter() - started) / MESSAGES * 1e6


def session(handle: str) -> str | None:
    """Stand in for Streamlit, which is asked once for each websocket and does not run here."""
    return handle


async def main(script: str, port: int, cookie: str) -> None:
    _native.open(script, str(_state.ASSETS))
    _streamlit_wire.session_of = session
    measured: dict[str, list[float]] = {"bare": [], "gate": []}

    async def bare() -> dict[str, Any]:
        return RERUN

    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await timed(receive)
        for _ in range(PAIRS):
            measured["bare"].append(await timed(bare))
            measured["gate"].append(await timed(receive))

    first = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        return first.pop() if first else RERUN

    async def send(_message: Any) -> None:
        pass

    scope = {
        "type": "websocket",
        "path": "/_stcore/stream",
        "root_path": "",
        "server": ("127.0.0.1", port),
        "headers": [
            (b"host", f"localhost:{port}".encode()),
            (b"origin", f"http://localhost:{port}".encode()),
            (b"cookie", cookie.encode()),
        ],
    }
    await Gate(app)(scope, receive, send)
    print(json.dumps(measured))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
