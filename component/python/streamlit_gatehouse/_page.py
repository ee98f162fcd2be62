"""Answers of the app on their way out: the browser is told what it may do with them.

Into Streamlit's own page goes the watcher, too, and the bundle is announced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any, TypeAlias

from streamlit_gatehouse import _native, _state, _streamlit_wire

#: Streamlit answers everything with its page that is below none of these, or is no file below `/static/`.
_MEDIA, _STATIC = "/media/", "/app/static/"
_NO_PAGES = (_MEDIA, _STATIC, "/component/")
_PAGE_MAX = 1024 * 1024
#: A page without these is never answered compressed, in parts, or as unchanged.
_CONDITIONS = {b"accept-encoding", b"range", b"if-none-match", b"if-modified-since"}
_STALE = {b"content-length", b"etag", b"last-modified", b"accept-ranges"}
_POLICY, _REPORTED = b"content-security-policy", b"content-security-policy-report-only"
_FRAMED = b"x-frame-options"
_PDF = b"application/pdf"
#: What is in the name of every type that a browser runs (WHATWG MIME Sniffing §4.6).
_SCRIPTS = (b"javascript", b"ecmascript", b"jscript", b"livescript")
#: What is in the name of every type that can hold scripts when it is opened by itself.
_DOCUMENTS = (b"html", b"xml", b"xsl")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

_constant = cache(_native.answer_headers)


class Page:
    """One answer of the app, held back while it may be Streamlit's index.html."""

    def __init__(self, scope: MutableMapping[str, Any], headers: Headers, send: Send) -> None:
        """Look at a request: ``headers`` are those that the app is to see."""
        self._path = scope["path"].removeprefix(_state.base_path)
        navigation = any(name.lower() == b"accept" and b"text/html" in value for name, value in headers)
        self._looks = scope["method"] == "GET" and navigation and not self._path.startswith(_NO_PAGES)
        self._signed_in = any(
            name.lower() == b"cookie" and b"gatehouse-" in value for name, value in scope["headers"]
        )
        self._send = send
        self._start: MutableMapping[str, Any] | None = None
        self._body = b""
        self.headers = [h for h in headers if h[0].lower() not in _CONDITIONS] if self._looks else headers

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on what is no page at once; a page when it is whole."""
        if message["type"] == "http.response.start":
            kind = _kind(message["headers"])
            if self._looks and message["status"] == 200 and kind.startswith(b"text/html"):
                self._start = message
            else:
                self._looks = False
                await self._send(self._secured(message, kind))
        elif self._looks and message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)
            elif len(self._body) > _PAGE_MAX:
                self._looks = False
                await self._send(self._secured(self._start, b"text/html"))
                await self._send({**message, "body": self._body})
        else:
            await self._send(message)

    def _secured(self, start: MutableMapping[str, Any], kind: bytes) -> MutableMapping[str, Any]:
        """Complete an answer that is not Streamlit's page."""
        answer, media, document = _constant()
        headers, ours = list(start["headers"]), answer
        if self._path.startswith(_MEDIA):
            kind = _harmless(kind)
            headers = [(n, kind if n.lower() == b"content-type" else v) for n, v in headers]
            ours = answer if kind == _PDF else media
        elif self._path.startswith(_STATIC) and any(name in kind for name in _DOCUMENTS):
            ours = document
        if ours is answer:
            return {**start, "headers": _completed(headers, ours, {_POLICY, _FRAMED})}
        # Of two policies both hold: what the app says of all its answers takes nothing from a sandbox.
        policies = [header for header in ours if header[0] == _POLICY]
        rest = [header for header in ours if header[0] != _POLICY]
        return {**start, "headers": _completed(headers, rest, set()) + policies}

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
            framed = any(name.lower() == _FRAMED for name, _ in headers)
            ours = _native.page_headers(self._body, framed)
            start = {**start, "headers": _completed(headers, ours, {_POLICY})}
        else:
            start = self._secured(start, b"text/html")
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})


def _harmless(kind: bytes) -> bytes:
    """Name a type of what people upload so that no browser takes it for a script, or for two types."""
    if kind.split(b";")[0].strip() == _PDF and b"," not in kind:
        return _PDF
    # `script-src 'self'` would let it run.
    return b"text/plain" if b"," in kind or any(name in kind for name in _SCRIPTS) else kind


def _kind(headers: Headers) -> bytes:
    return next((value.lower() for name, value in headers if name.lower() == b"content-type"), b"")


def _completed(sent: Headers, ours: Headers, own: set[bytes]) -> Headers:
    """Add what the app does not say by itself; a policy of ours only beside none of its ``own``."""
    said = {name.lower() for name, _ in sent}
    if said & own:
        said |= {_POLICY, _REPORTED}
    return sent + [header for header in ours if header[0] not in said]
