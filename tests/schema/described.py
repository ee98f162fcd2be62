"""The endpoint alone, served by the installed wheel."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(sys.executable).parent
# Limits out of the way and hashes as cheap as the settings allow: this is about input.
SETTINGS = """
registration = "open"
[password]
argon2_memory = 7168
argon2_time = 5
[limits]
account_attempts = 100
address_attempts = 100000
global_attempts = 100000
registrations_per_address = 100000
registrations_global = 100000
questions_per_address = 100000
"""


@dataclass
class Endpoint:
    """Where it is, how it describes itself, and the cookie of its administrator."""

    url: str
    description: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]
    session: str


@contextmanager
def serve(home: Path) -> Iterator[Endpoint]:
    """Serve the endpoint from a directory of its own, with somebody signed in."""
    (home / "gatehouse.toml").write_text(SETTINGS)
    with (home / "log").open("w") as log:
        command = [str(PROGRAMS / "gatehouse"), "serve", "--listen", "127.0.0.1:0"]
        server = subprocess.Popen(command, cwd=home, stderr=log)
    try:
        while "Serving " not in (text := (home / "log").read_text()):
            assert server.poll() is None, text
            time.sleep(0.05)
        link = next(word for word in text.split() if "#setup=" in word)
        url = link.partition("/_gatehouse/")[0]
        with urllib.request.urlopen(f"{url}/openapi.json") as answer:
            description = json.load(answer)
        yield Endpoint(url, description, make_admin(url, link.partition("#setup=")[2]))
    finally:
        server.terminate()
        server.wait()


def make_admin(url: str, token: str) -> str:
    step = {"step": "submit", "username": "admin", "email": "", "token": token, "challenge": None}
    body = json.dumps(step | {"password": "violet-anchor-93-plum"}).encode()
    headers = {"Origin": url, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/_gatehouse/registration", body, headers)
    with urllib.request.urlopen(request) as answer:
        cookies: list[str] = answer.headers.get_all("Set-Cookie")
    return next(cookie.partition(";")[0] for cookie in cookies if "gatehouse-device-" not in cookie)
