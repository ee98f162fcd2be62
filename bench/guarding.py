"""What a guard costs once somebody is signed in: on every rerun, and on every websocket message."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import peers
from browser import launch
from browsing import fill
from figures import PAIRS, Row, difference, median, number, ratio
from served import Served

OURS = (10, 1_000, 1_000_000)
THEIRS = (10, 100, 1_000)
#: Measured in every second turn.
SLOWEST = "streamlit-authenticator, 1,000 users"


def populate(database: Path, users: int) -> None:
    """Adds identities that never sign in."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO identity (id, username, username_folded, must_change, disabled, created_at)
            SELECT 'filler' || i, 'filler' || i, 'filler' || i, 0, 0, 0 FROM n
            """,
            [users],
        )


def sign_in(browser: Browser, served: Served, name: str, button: str) -> Page:
    page = browser.new_page()
    page.goto(served.url)
    fill(name)(page)
    page.wait_for_timeout(700)
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("heading", name="Hello bob").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    # From here on as on every later visit: by the cookie.
    page.reload()
    page.get_by_role("heading", name="Hello bob").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    return page


def again(page: Page, served: Served) -> tuple[float, float]:
    """One rerun; what the script measured in it, in microseconds: the first call, and the mean of many."""
    measured = served.home / "guard.txt"
    before = len(measured.read_text().splitlines())
    page.get_by_role("button", name="Again").click()
    while len(lines := measured.read_text().splitlines()) <= before:
        page.wait_for_timeout(20)
    # A component that reports back may cause a run of its own.
    page.wait_for_timeout(100)
    once, often = lines[before].split()
    return float(once) * 1e6, float(often) * 1e6


def visit(browser: Browser, served: Served) -> Page:
    """The page of an app that asks nobody."""
    page = browser.new_page()
    page.goto(served.url)
    page.get_by_role("heading", name="Hello bob").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    return page


def guard(home: Path) -> list[Row]:
    first: dict[str, list[float]] = {}
    mean: dict[str, list[float]] = {}
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = launch(playwright)
        stack.callback(browser.close)
        pages: dict[str, tuple[Page, Served]] = {}

        def opened(
            name: str, served: Served, field: str = "", button: str = "Sign in", users: int = 0
        ) -> None:
            stack.callback(served.start().stop)
            if users:
                peers.add_bob(served)
                populate(served.home / ".gatehouse" / "gatehouse.db", users - 1)
            page = sign_in(browser, served, field, button) if field else visit(browser, served)
            pages[name] = (page, served)

        ours = "Username or e-mail"
        for users in OURS:
            opened(f"Gatehouse, {users:,} users", peers.gatehouse(home / f"ours{users}"), ours, users=users)
        missing = []
        for name, prepare in (
            ("Gatehouse on PostgreSQL", peers.on_postgres),
            ("Gatehouse, endpoint elsewhere", peers.remote),
        ):
            try:
                served = prepare(home / name.rpartition(" ")[2], stack)
                stack.callback(served.start().stop)
                if prepare is peers.on_postgres:
                    peers.add_bob(served)
                pages[name] = (sign_in(browser, served, ours, "Sign in"), served)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                print(f"{name} did not start: {error}", file=sys.stderr)
                missing.append(name)
        for users in THEIRS:
            served = peers.authenticator(home / f"theirs{users}", users)
            opened(f"streamlit-authenticator, {users:,} users", served, "Username", "Login")
        opened("st.login's cookie, read again", peers.app("cookie_read", home / "cookie"))
        opened("a dictionary lookup", peers.app("looked_up", home / "dictionary"))
        for turn in range(-2, PAIRS):
            for name, (page, served) in pages.items():
                if name == SLOWEST and turn % 2:
                    continue
                once, often = again(page, served)
                if turn >= 0:
                    first.setdefault(name, []).append(once)
                    mean.setdefault(name, []).append(often)
    rows = []
    for name, samples in first.items():
        limit = 10 if name.startswith("Gatehouse,") else None
        note = (
            ""
            if name.startswith("streamlit-")
            else f"again in the same run: {number(median(mean[name]).value)} µs"
        )
        rows.append(
            Row(f"guard: {name}", median(samples), "µs", limit, note=note, samples={"first": samples})
        )
    few, many = (first[f"Gatehouse, {users:,} users"] for users in (OURS[0], OURS[-1]))
    rows.append(Row(f"guard, {OURS[-1]:,} against {OURS[0]} users", ratio(many, few), "×"))
    again_few = mean[f"Gatehouse, {OURS[0]} users"]
    rows.append(
        Row("guard, when called again in the same run", median(again_few), "µs", 10, note="mean of 100")
    )
    return rows


def gate(home: Path) -> list[Row]:
    plain = messages(peers.gatehouse(home / "gate"))
    ruled = messages(peers.gatehouse(home / "ruled", settings='[pages]\nadmin = ["admin"]\n'))
    added = difference(plain["gate"], plain["bare"])
    with_rules = difference(ruled["gate"], ruled["bare"])
    return [
        Row("gate, per websocket message", added, "µs", 20, samples=plain),
        Row("gate, per websocket message, with rules for pages", with_rules, "µs", 20, samples=ruled),
    ]


def messages(served: Served) -> dict[str, list[float]]:
    """Microseconds per message, through the gate and without it."""
    served.start()
    try:
        peers.add_bob(served)
        step = {"step": "password", "identifier": peers.NAME, "password": peers.PASSWORD, "keep": True}
        request = urllib.request.Request(
            f"{served.url}/_gatehouse/login",
            json.dumps(step | {"challenge": None}).encode(),
            {"Content-Type": "application/json", "Origin": served.url},
        )
        with urllib.request.urlopen(request) as answer:
            cookies = [cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie")]
    finally:
        served.stop()
    python, probe = str(peers.ENVIRONMENT / "bin" / "python"), str(Path(__file__).parent / "gate_probe.py")
    command = [python, probe, str(served.script), str(served.port), "; ".join(cookies)]
    printed = subprocess.check_output(command, cwd=served.home, text=True)
    samples: dict[str, list[float]] = json.loads(printed.splitlines()[-1])
    return samples
