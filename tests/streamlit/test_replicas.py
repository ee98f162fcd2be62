"""Three Streamlit processes on one PostgreSQL, and no request goes to the replica that had the one before."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import client
from served import APPS, Served, make_admin, serve


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    """Serve the guarded app three times; `alice` is an administrator."""
    server = os.environ.get("GATEHOUSE_TEST_POSTGRES", "")
    assert server, 'run `eval "$(tools/postgres start)"` first'
    name = f"streamlit_{secrets.token_hex(8)}"
    query(server, f'CREATE DATABASE "{name}"')
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    url = f"{server.rpartition('/')[0]}/{name}"
    try:
        with contextlib.ExitStack() as stack:
            started = []
            for _ in range(3):
                directory: Path = tmp_path_factory.mktemp("replica")
                (directory / "gatehouse.toml").write_text(f'database = "{url}"\nkey = "{key}"\n', "utf-8")
                started.append(stack.enter_context(serve(APPS / "guarded", directory)))
            make_admin(started[1])
            yield started
    finally:
        query(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def query(server: str, statement: str) -> None:
    """Say something to the server of the tests."""
    subprocess.run(["psql", "--quiet", "--command", statement, server], check=True)


def test_form_at_one_replica_and_sign_in_at_another(replicas: list[Served]) -> None:
    """The websocket is at the first, the form's request reaches the second, the cookie comes to the third."""
    first, second, third = replicas
    with client(first) as browser:
        cookie, ticket = second.sign_in("alice", browser.form[1]["challenge"])
        browser.send_ticket(ticket)
        assert "signed in: alice" in browser.texts
        with client(third, cookie=cookie) as reloaded:
            assert "signed in: alice" in reloaded.texts
        with client(second) as thief:
            thief.send_ticket(ticket)
            assert "signed in: alice" not in thief.texts


def test_sign_out_at_one_replica_closes_the_websockets_at_all(replicas: list[Served]) -> None:
    """As on one machine, within a second."""
    cookie, _ = replicas[0].sign_in("alice")
    with contextlib.ExitStack() as stack:
        browsers = [stack.enter_context(client(served, cookie=cookie)) for served in replicas]
        assert all("signed in: alice" in browser.texts for browser in browsers)
        replicas[1].sign_out(cookie)
        assert [browser.closed()[0] for browser in browsers] == [4401, 4401, 4401]


def test_resumed_session_elsewhere_is_a_new_one_of_the_same_person(replicas: list[Served]) -> None:
    """What Streamlit keeps is lost with the replica; who signed in stays signed in."""
    cookie, _ = replicas[0].sign_in("alice")
    with client(replicas[0], cookie=cookie) as browser:
        before = browser.session_id
    with client(replicas[1], cookie=cookie, resume=before) as browser:
        assert browser.session_id != before
        assert "signed in: alice" in browser.texts
