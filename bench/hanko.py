"""Hanko's element on a page of its own; its backend answers the first step, which shows the form."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from served import ROOT

ELEMENT = ROOT / "bench" / "peers" / "node_modules" / "@teamhanko" / "hanko-elements" / "dist" / "elements.js"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in</title>
<body>
<hanko-auth></hanko-auth>
<script type="module">
import { register } from "/elements.js";
await register(location.origin);
</script>
"""
INPUTS = {
    "identifier": {
        "name": "identifier",
        "type": "string",
        "required": True,
        "min_length": 1,
        "max_length": 255,
    }
}
FIRST = {
    "name": "login_init",
    "status": 200,
    "payload": {},
    "csrf_token": "a token",
    "actions": {
        "continue_with_login_identifier": {
            "action": "continue_with_login_identifier",
            "href": "/login?action=continue_with_login_identifier",
            "inputs": INPUTS,
            "description": "Enter an identifier to sign in.",
        }
    },
}


def script() -> bytes:
    return ELEMENT.read_bytes()


@cache
def packed() -> bytes:
    return gzip.compress(script(), 9)


class Answering(BaseHTTPRequestHandler):
    """The page, the element, and the first step."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/elements.js":
            self._send("text/javascript", packed(), packed=True)
        elif self.path == "/":
            self._send("text/html; charset=utf-8", PAGE.encode())
        else:
            self._send("application/json", b'{"is_valid": false}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send("application/json", json.dumps(FIRST).encode())

    def _send(self, kind: str, body: bytes, packed: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of the page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()
