"""What a request costs through `gatehouse serve --upstream`, beside nginx with `auth_request`, and what idle
websockets cost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import peers
from figures import PAIRS, Interval, Row, difference, median, ratio
from processing import running
from served import free_port

REQUESTS = 300
WEBSOCKETS = 1000
IDLE = 10
ECHO = """
import asyncio, sys
from websockets.asyncio.server import serve
async def echo(connection):
    async for message in connection:
        await connection.send(message)
async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1]), ping_interval=None, compression=None) as server:
        await server.serve_forever()
asyncio.run(main())
"""

# Workers, logs and temporary files as small as they get: what is left is the work for one request.
NGINX = """
daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
  uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5; keepalive_requests 1000000;
  upstream app {{ server 127.0.0.1:{app}; keepalive 16; keepalive_requests 1000000; }}
  upstream endpoint {{ server 127.0.0.1:{endpoint}; keepalive 16; keepalive_requests 1000000; }}
  server {{ listen 127.0.0.1:{app}; location / {{ default_type text/plain; return 200 "{body}"; }} }}
  server {{
    listen 127.0.0.1:{front};
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
    location / {{
      auth_request /auth; proxy_pass http://app;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
    location = /auth {{
      internal; proxy_pass http://endpoint/_gatehouse/session;
      proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_set_header Host localhost:{endpoint};
    }}
  }}
}}
"""


def serve(home: Path, port: int, upstream: int | None = None) -> list[str]:
    before = [] if upstream is None else ["--upstream", f"http://127.0.0.1:{upstream}"]
    gatehouse = str(peers.ENVIRONMENT / "bin" / "gatehouse")
    return [gatehouse, "serve", "--listen", f"127.0.0.1:{port}", *before]


def sign_in(home: Path, port: int) -> str:
    """Adds bob and signs him in; his cookies."""
    gatehouse = str(peers.ENVIRONMENT / "bin" / "gatehouse")
    added = ["users", "add", peers.NAME, "--password-stdin", "--no-must-change"]
    subprocess.run([gatehouse, *added], cwd=home, input=peers.PASSWORD + "\n", text=True, check=True)
    step = {"step": "password", "identifier": peers.NAME, "password": peers.PASSWORD, "keep": True}
    origin = f"http://localhost:{port}"
    request = urllib.request.Request(
        f"{origin}/_gatehouse/login",
        json.dumps(step | {"challenge": None}).encode(),
        {"Content-Type": "application/json", "Origin": origin},
    )
    with urllib.request.urlopen(request) as answer:
        return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie"))


def asker(port: int, cookies: str, body: bytes) -> Callable[[], float]:
    """Asks again and again on one connection; microseconds for one request."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = f"GET /x HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookies}\r\n\r\n".encode()

    def ask() -> float:
        started = time.perf_counter()
        for _ in range(REQUESTS):
            connection.sendall(request)
            answer = b""
            while not answer.endswith(body):
                part = connection.recv(65_536)
                assert part, answer
                answer += part
            assert answer.startswith(b"HTTP/1.1 200 "), answer
        return (time.perf_counter() - started) / REQUESTS * 1e6

    return ask


def requests(home: Path) -> list[Row]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx, "nginx is missing: apt-get install nginx-light"
    app, through_nginx, endpoint, ours = (free_port() for _ in range(4))
    body = "y" * 2000
    filled = NGINX.format(home=home, app=app, front=through_nginx, endpoint=endpoint, body=body)
    (home / "nginx.conf").write_text(filled)
    samples: dict[str, list[float]] = {"direct": [], "nginx": [], "gatehouse": []}
    with ExitStack() as stack:
        for command, port in (
            (serve(home, endpoint), endpoint),
            ([nginx, "-p", str(home), "-c", str(home / "nginx.conf")], through_nginx),
            (serve(home, ours, app), ours),
        ):
            stack.enter_context(running(command, home, port))
        cookies = sign_in(home, endpoint)
        ports = {"direct": app, "nginx": through_nginx, "gatehouse": ours}
        askers = {name: asker(port, cookies, body.encode()) for name, port in ports.items()}
        for number in range(-3, PAIRS):
            for name, ask in askers.items():
                taken = ask()
                if number >= 0:
                    samples[name].append(taken)
    return [
        Row(
            "request through the proxy",
            ratio(samples["gatehouse"], samples["nginx"]),
            "× nginx with auth_request",
            note="nginx asks `gatehouse serve` for the session; the same app behind both",
            samples=samples,
        ),
        Row("… added by the proxy", difference(samples["gatehouse"], samples["direct"]), "µs"),
        Row("… added by nginx", difference(samples["nginx"], samples["direct"]), "µs"),
        Row("… without either", median(samples["direct"]), "µs"),
    ]


def handshake(port: int, cookies: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    lines = f"Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nCookie: {cookies}\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    connection.sendall(
        f"GET / HTTP/1.1\r\n{lines}Connection: Upgrade\r\nUpgrade: websocket\r\n{key}\r\n".encode()
    )
    answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def spent(pid: int) -> tuple[float, float]:
    """Seconds of the processor that a process has used, and its memory in kB."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1000


def idle(home: Path) -> list[Row]:
    app, front = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(running([sys.executable, "-c", ECHO, str(app)], home, app))
        process = stack.enter_context(running(serve(home, front, app), home, front))
        cookies = sign_in(home, front)
        stack.enter_context(closing(handshake(front, cookies)))
        time.sleep(3)
        used_before, before = spent(process.pid)
        time.sleep(IDLE)
        used, _ = spent(process.pid)
        alone = (used - used_before) * 3600 / IDLE
        for _ in range(WEBSOCKETS):
            stack.enter_context(closing(handshake(front, cookies)))
        time.sleep(3)
        used_before, after = spent(process.pid)
        time.sleep(IDLE)
        used, _ = spent(process.pid)
        many = (used - used_before) * 3600 / IDLE
    each = (after - before) / WEBSOCKETS
    note = f"{WEBSOCKETS} open for {IDLE} s; the process alone takes {alone:.1f} s"
    return [
        Row("idle websocket in the proxy", Interval(each, each, each), "kB"),
        Row("… an hour of them", Interval(many, many, many), "s of a processor", note=note),
    ]
