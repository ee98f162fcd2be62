"""Apps whose endpoint is elsewhere: real Streamlit, a real `gatehouse serve`, keys, one sign-in."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from client import client
from served import (
    APPS,
    PASSWORD,
    TIMEOUT,
    Served,
    free_port,
    gatehouse,
    make_admin,
    reachable,
    serve,
    session_cookie,
    wait_for,
)


@dataclass
class Endpoint:
    """A `gatehouse serve` with a database of its own."""

    served: Served
    directory: Path

    def command(self, *arguments: str) -> str:
        """Run the command line on its database."""
        done = subprocess.run(
            [*gatehouse(), *arguments], cwd=self.directory, capture_output=True, text=True, timeout=TIMEOUT
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add(self, name: str, port: int) -> dict[str, str]:
        """Add an app at this port: the environment that its process needs."""
        key = self.command("apps", "add", name, "--url", f"http://localhost:{port}")
        return self.environment(key, port)

    def environment(self, key: str, port: int) -> dict[str, str]:
        """Give what the process of an app at this port needs."""
        return {
            "GATEHOUSE_ENDPOINT": f"http://localhost:{self.served.port}",
            "GATEHOUSE_APP_KEY": key,
            "GATEHOUSE_PUBLIC_URL": f"http://localhost:{port}",
        }

    def start(self) -> None:
        """Serve, where it did before."""
        with self.served.log.open("ab") as output:
            self.served.process = subprocess.Popen(
                [*gatehouse(), "serve", "--listen", f"127.0.0.1:{self.served.port}"],
                cwd=self.directory,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: reachable(self.served.port), "the endpoint listens")

    def kill(self) -> None:
        """Stop without a word."""
        self.served.process.kill()
        self.served.process.wait(TIMEOUT)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """Serve an endpoint; `alice` is an administrator."""
    directory = tmp_path / "auth"
    directory.mkdir()
    port = free_port()
    process: subprocess.Popen[bytes] = subprocess.Popen(["true"])
    process.wait()
    started = Endpoint(Served(port, directory, process, directory / "log", port), directory)
    started.start()
    try:
        make_admin(started.served)
        yield started
    finally:
        started.served.process.terminate()
        started.served.process.wait(TIMEOUT)


@contextlib.contextmanager
def app(
    endpoint: Endpoint, directory: Path, *, mode: str = "app", **settings: str
) -> Iterator[tuple[Served, str]]:
    """Serve the guarded app with the endpoint elsewhere; its name there is the directory's."""
    port = free_port()
    environment = {**endpoint.add(directory.name, port), **settings}
    with on_port(directory, port, mode, environment) as served:
        yield served, environment["GATEHOUSE_APP_KEY"]


@contextlib.contextmanager
def on_port(directory: Path, port: int, mode: str, environment: dict[str, str]) -> Iterator[Served]:
    """Serve the guarded app on a port that the endpoint knows."""
    options = ["--server.address", "127.0.0.1"]
    with serve(
        APPS / "guarded", directory, mode=mode, options=options, environment=environment, port=port
    ) as served:
        yield served


def sign_in(served: Served) -> str:
    """Sign in with the form's request; give the session's cookie."""
    step = {"step": "password", "identifier": "alice", "password": PASSWORD, "keep": False, "challenge": None}
    status, answer, cookies = served.post("/login", step)
    assert status == 200, answer
    return session_cookie(cookies)


def test_the_app_is_the_same_with_its_endpoint_elsewhere(endpoint: Endpoint, tmp_path: Path) -> None:
    """The form, the cookie, `st.user`, roles; and a revocation closes the websocket within a second."""
    with app(endpoint, tmp_path / "ledger") as (served, _):
        assert not (served.directory / ".gatehouse").exists(), "the app's process has no database"
        status, _, page = served.get("/", {"Accept": "text/html"})
        assert status == 200
        assert b"data-front" in page, "the form stands in the page's place"
        cookie = sign_in(served)
        with client(served, cookie=cookie) as browser:
            assert "signed in: alice" in browser.texts
            assert any("'is_logged_in': True" in text for text in browser.texts)
            endpoint.command("users", "revoke", "alice")
            code, seconds = browser.closed()
            assert code == 4401
            assert seconds < 1.5
        status, _, page = served.get("/", {"Accept": "text/html", "Cookie": cookie})
        assert b"data-front" in page


def test_login_in_the_page_with_the_endpoint_elsewhere(endpoint: Endpoint, tmp_path: Path) -> None:
    """`login()` draws the form, and redeems its ticket server to server."""
    with app(endpoint, tmp_path / "ledger", mode="script") as (served, _), client(served) as browser:
        cookie, ticket = served.sign_in("alice", browser.form[1]["challenge"])
        assert "signed in: alice" in browser.send_ticket(ticket).texts
        with client(served, cookie=cookie) as again:
            assert "signed in: alice" in again.texts


def test_an_endpoint_that_is_killed_and_comes_back(endpoint: Endpoint, tmp_path: Path) -> None:
    """Nobody is let in meanwhile; afterwards the same cookie opens the app again."""
    with app(endpoint, tmp_path / "ledger") as (served, _):
        cookie = sign_in(served)
        page = {"Accept": "text/html", "Cookie": cookie}
        assert b"data-front" not in served.get("/", page)[2]
        endpoint.kill()
        wait_for(lambda: served.get("/", page)[0] == 503, "nobody is let in")
        assert served.post("/login", {"step": "password"})[0] == 503
        endpoint.start()
        wait_for(lambda: served.get("/", page)[0] == 200, "the app is served again")
        assert b"data-front" not in served.get("/", page)[2]


def test_a_key_is_replaced_while_people_work(endpoint: Endpoint, tmp_path: Path) -> None:
    """The process is restarted with the new key; who is signed in stays so."""
    port = free_port()
    before = endpoint.add("ledger", port)
    with on_port(tmp_path / "ledger", port, "app", before) as served:
        cookie = sign_in(served)
        key = endpoint.command("apps", "rotate", "ledger")
        with client(served, cookie=cookie) as browser:
            assert "signed in: alice" in browser.texts
    after = on_port(tmp_path / "ledger", port, "app", endpoint.environment(key, port))
    with after as served, client(served, cookie=cookie) as browser:
        assert "signed in: alice" in browser.texts
        endpoint.command("apps", "remove", "ledger")
        assert browser.closed()[0] == 4401


def get(url: str, cookie: str = "") -> tuple[int, str, list[str]]:
    """Follow no redirect: status, where it leads, and the cookies that are set."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=TIMEOUT)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers={"Host": parts.netloc, "Accept": "text/html", "Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    found = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    return answer.status, answer.getheader("location") or "", found


def test_one_sign_in_serves_two_apps(endpoint: Endpoint, tmp_path: Path) -> None:
    """The second app asks for nothing; signing out of one closes the other within a second."""
    at_endpoint = sign_in(endpoint.served)
    one = app(endpoint, tmp_path / "ledger", GATEHOUSE_SINGLE_SIGN_ON="true")
    two = app(endpoint, tmp_path / "maps", GATEHOUSE_SINGLE_SIGN_ON="true")
    with one as (ledger, _), two as (maps, _):
        cookies = {}
        for served in (ledger, maps):
            status, there, flow = get(f"{served.origin}/?page=3")
            assert status == 303
            assert there.startswith(f"http://localhost:{endpoint.served.port}/")
            status, back, _ = get(there, at_endpoint)
            assert status == 303
            assert back.startswith(f"{served.origin}/_gatehouse/callback?")
            status, target, found = get(back, flow[0].split(";")[0])
            assert (status, target) == (303, "/?page=3")
            assert not any("domain" in line.lower() for line in found)
            cookies[served.port] = session_cookie([line for line in found if "-flow-" not in line])
        first, second = cookies[ledger.port], cookies[maps.port]
        with client(ledger, cookie=first) as browser, client(maps, cookie=second) as other:
            assert "signed in: alice" in browser.texts
            assert "signed in: alice" in other.texts
            browser.send({browser.buttons["Sign out"]: True})
            assert browser.closed()[0] == 4401
            code, seconds = other.closed()
            assert code == 4401
            assert seconds < 1.5
        assert get(f"{maps.origin}/", second)[0] == 303


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"GATEHOUSE_DATABASE": "sqlite:/tmp/x.db"}, "belongs to the remote endpoint"),
        ({"GATEHOUSE_REGISTRATION": "open"}, "belongs to the remote endpoint"),
        ({"GATEHOUSE_APP_KEY": "ledger"}, "is no key of an app"),
        ({"GATEHOUSE_ENDPOINT": "http://auth.example.org"}, "would travel in clear text"),
    ],
)
def test_settings_that_do_not_go_together(tmp_path: Path, more: dict[str, str], sentence: str) -> None:
    """They are refused before anything listens, with what to write instead."""
    (tmp_path / "app.py").write_text("", "utf-8")
    key = f"ledger.00ff.{'a' * 43}"
    environment = {
        **os.environ,
        "GATEHOUSE_ENDPOINT": "https://auth.example.org",
        "GATEHOUSE_APP_KEY": key,
        "GATEHOUSE_PUBLIC_URL": "https://ledger.example.org",
        **more,
    }
    command = [*gatehouse(), "run", "app.py", "--server.headless", "true"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not re.search("a{43}", done.stderr), json.dumps(done.stderr)
