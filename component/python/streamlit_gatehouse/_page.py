"""Streamlit's own page on its way out: the watcher goes in, the bundle is announced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from streamlit_gatehouse import _state, _streamlit_wire

#: Nothing below these is a page of Streamlit's own.
_NO_PAGES = ("/_stcore/", "/media/", "/component/", "/static/", "/app/static/")
_PAGE_MAX = 1024 * 1024
#: A page without these is never answered compressed, in parts, or as unchanged.
_CONDITIONS = {b"accept-encoding", b"range", b"if-none-match", b"if-modified-since"}
_STALE = {b"content-length", b"etag", b"last-modified", b"accept-ranges"}

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Page:
    """One answer of the app, held back while it may be Streamlit's index.html."""

    def __init__(
        self, scope: MutableMapping[str, Any], headers: list[tuple[bytes, bytes]], send: Send
    ) -> None:
        """Look at a request: ``headers`` are those that the app is to see."""
        path = scope["path"].removeprefix(_state.base_path)
        navigation = any(name.lower() == b"accept" and b"text/html" in value for name, value in headers)
        self._looks = scope["method"] == "GET" and navigation and not path.startswith(_NO_PAGES)
        self._signed_in = any(
            name.lower() == b"cookie" and b"gatehouse-" in value for name, value in scope["headers"]
        )
        self._send = send
        self._start: MutableMapping[str, Any] | None = None
        self._body = b""
        self.headers = [h for h in headers if h[0].lower() not in _CONDITIONS] if self._looks else headers

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on what is no page at once; a page when it is whole."""
        if not self._looks:
            await self._send(message)
        elif message["type"] == "http.response.start":
            kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            if message["status"] == 200 and kinds and kinds[0].startswith(b"text/html"):
                self._start = message
            else:
                self._looks = False
                await self._send(message)
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)
            elif len(self._body) > _PAGE_MAX:
                self._looks = False
                await self._send(self._start)
                await self._send({**message, "body": self._body})
        else:
            await self._send(message)

    async def _finish(self, start: MutableMapping[str, Any]) -> None:
        self._looks = False
        if _streamlit_wire.is_index(self._body):
            names = _state.manifest()
            assets = f"{_state.base_path}/_gatehouse/assets/"
            tag = f'<script src="{assets}{names["watch"]}"></script>'
            self._body = _streamlit_wire.inject(self._body, tag.encode("ascii"))
            headers = [h for h in start["headers"] if h[0].lower() not in _STALE]
            headers.append((b"content-length", str(len(self._body)).encode("ascii")))
            if not self._signed_in:
                links = (
                    f"<{assets}{names['bundle']}>; rel=modulepreload",
                    f"<{assets}{names['wasm']}>; rel=preload; as=fetch; crossorigin",
                )
                headers.append((b"link", ", ".join(links).encode("ascii")))
            start = {**start, "headers": headers}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})
