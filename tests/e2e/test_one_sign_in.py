"""Two apps, one endpoint, one sign-in, in a real browser."""

from __future__ import annotations

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Someone
from playwright.sync_api import expect

from form import Form, expect_content, sign_out
from served import NEWEST, ROOT, Served, free_port

PASSWORD = "seven quiet herons"


class Endpoint:
    """A `gatehouse serve` in a directory of its own."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home = home
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = home / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [NEWEST / "bin" / "gatehouse", "serve", "--listen", f"127.0.0.1:{self.port}"],
                cwd=home,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/_gatehouse/health", timeout=1).close()
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def command(self, *arguments: str, typed: str = "") -> str:
        command = [str(NEWEST / "bin" / "gatehouse"), *arguments]
        done = subprocess.run(
            command, cwd=self.home, input=typed, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def app(self, name: str, home: Path) -> Served:
        """An app that signs people in here."""
        served = Served(
            ROOT / "examples" / "quickstart",
            home,
            options=["--server.address=127.0.0.1"],
            settings=f'app_name = "{name.title()}"\nsingle_sign_on = true\nendpoint = "{self.url}"\n',
        )
        key = self.command("apps", "add", name, "--url", served.url)
        served.variables = {"GATEHOUSE_APP_KEY": key, "GATEHOUSE_PUBLIC_URL": served.url}
        return served.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)


@pytest.fixture
def apps(tmp_path: Path) -> Iterator[tuple[Endpoint, Served, Served]]:
    endpoint = Endpoint(tmp_path / "auth")
    try:
        more = ["--password-stdin", "--no-must-change"]
        endpoint.command("users", "add", "alice", *more, typed=f"{PASSWORD}\n")
        one = endpoint.app("ledger", tmp_path / "ledger")
        try:
            two = endpoint.app("maps", tmp_path / "maps")
            yield endpoint, one, two
            two.stop()
        finally:
            one.stop()
    finally:
        endpoint.stop()


def test_one_password_opens_two_apps_and_one_click_closes_both(
    apps: tuple[Endpoint, Served, Served], someone: Someone
) -> None:
    endpoint, one, two = apps
    context = someone()
    first, second = context.new_page(), context.new_page()
    first.goto(f"{one.url}/?year=2026")
    expect(first).to_have_url(re.compile(rf"^{re.escape(endpoint.url)}/_gatehouse/authorize\?"))
    Form(first).sign_in("alice", PASSWORD)
    expect(first).to_have_url(f"{one.url}/?year=2026")
    expect_content(first, "Hello alice")

    second.goto(two.url)
    expect_content(second, "Hello alice")
    for cookie in context.cookies():
        assert not cookie["domain"].startswith("."), cookie
        if "gatehouse-" in cookie["name"]:
            assert cookie["httpOnly"], cookie

    sign_out(second)
    for page in (first, second):
        expect(page).to_have_url(re.compile(rf"^{re.escape(endpoint.url)}/_gatehouse/authorize\?"))
        Form(page).expect_title("Sign in")
