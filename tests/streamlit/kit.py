"""Situations that several tests begin with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from websockets.exceptions import InvalidStatus

from client import Client, client
from served import APPS, Served, make_admin, serve


@contextlib.contextmanager
def signed_in_by_ticket(served: Served, username: str = "alice") -> Iterator[tuple[Client, str]]:
    """Give a browser that signed in a moment ago, with its cookie."""
    with client(served) as browser:
        cookie, ticket = served.sign_in(username, browser.form[1]["challenge"])
        yield browser.send_ticket(ticket), cookie


@contextlib.contextmanager
def signed_in_naively(naive: Served) -> Iterator[Client]:
    """Give a browser that pressed the naive app's button."""
    with client(naive) as browser:
        yield browser.rerun({browser.buttons["Sign in as alice"]: True})


@contextlib.contextmanager
def plain(directory: Path, app: str = "guarded", options: Sequence[str] = ()) -> Iterator[Served]:
    """Serve an app of ours with plain Streamlit; the endpoint has a port of its own."""
    with serve(APPS / app, directory, gate=False, options=options) as served:
        find_endpoint(served)
        make_admin(served)
        yield served


def find_endpoint(served: Served) -> None:
    """Learn from the form where the endpoint of a plain app is."""
    with client(served) as first:
        served.endpoint_port = first.form[1]["port"]


def refused(served: Served, headers: Mapping[str, str | None]) -> bool:
    """Say whether a handshake is refused."""
    try:
        with client(served, headers=headers):
            return False
    except InvalidStatus as status:
        return status.response.status_code == 403


class CookieJar:
    """The cookies that a browser keeps for one host, whatever the port and the path."""

    def __init__(self) -> None:
        """Begin with none."""
        self._cookies: dict[str, str] = {}

    def __str__(self) -> str:
        """Give the header that goes with every request."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def post(self, served: Served, path: str, body: object) -> None:
        """Ask the endpoint, and keep what it sets; a cookie without a value is deleted."""
        status, answer, found = served.post(path, body, str(self))
        assert status == 200, answer
        for line in found:
            assert "Path=/;" in line + ";", f"a cookie for one path is kept apart from the others: {line}"
            name, _, value = line.split(";")[0].partition("=")
            self._cookies.pop(name, None)
            if value:
                self._cookies[name] = value
