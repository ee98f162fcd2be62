"""A storage that is gone while the app runs: nobody is let in, and the page says so."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from client import client
from kit import plain
from served import APPS, make_admin, serve

SENTENCE = "The sign-in service can't be reached. Try again in a moment."


def test_storage_that_is_gone_lets_nobody_in(tmp_path: Path) -> None:
    """The database is overwritten while the app runs: websockets are closed, no cookie is believed."""
    with serve(APPS / "guarded", tmp_path) as served:
        make_admin(served)
        cookie, _ = served.sign_in("alice")
        with client(served, cookie=cookie) as browser:
            assert "signed in: alice" in browser.texts
            break_database(tmp_path)
            browser.send()
            assert browser.closed()[0] in {1013, 4401}
        with client(served, cookie=cookie) as later:
            assert b"signed in" not in later.everything
        assert served.process.poll() is None, "the process lives"


def test_login_says_that_storage_is_gone(tmp_path: Path) -> None:
    """The ticket is a good one, but nobody can say whose: the page says what to do, and no more."""
    with serve(APPS / "guarded", tmp_path) as served:
        make_admin(served)
        with client(served) as browser:
            _, ticket = served.sign_in("alice", browser.form[1]["challenge"])
            break_database(tmp_path)
            browser.send_ticket(ticket)
            assert (browser.texts, browser.components, browser.exceptions) == ([SENTENCE], {}, [])


def test_login_says_in_plain_mode_that_storage_is_gone(tmp_path: Path) -> None:
    """For who is signed in on an open page, and for who comes with a cookie."""
    with plain(tmp_path) as served:
        cookie, _ = served.sign_in("alice")
        with client(served, cookie=cookie) as browser:
            assert "signed in: alice" in browser.texts
            break_database(tmp_path)
            browser.rerun()
            assert (browser.texts, browser.components, browser.exceptions) == ([SENTENCE], {}, [])
        with client(served, cookie=cookie) as later:
            assert (later.texts, later.components, later.exceptions) == ([SENTENCE], {}, [])


def test_sign_out_says_that_storage_is_gone(tmp_path: Path) -> None:
    """Whoever believes to be signed out, and is not, leaves the page to the next person."""
    with plain(tmp_path) as served:
        cookie, _ = served.sign_in("alice")
        with client(served, cookie=cookie) as browser:
            break_database(tmp_path)
            browser.rerun({browser.buttons["Sign out"]: True})
            assert (browser.texts, browser.components, browser.exceptions) == ([SENTENCE], {}, [])


def break_database(directory: Path) -> None:
    """Make every read of the database fail, also of pages that SQLite holds in memory."""
    path = directory / ".gatehouse" / "gatehouse.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # The index comes last: as soon as it is wrong, everything is read again.
    for part in (path, path.with_name(path.name + "-shm")):
        with part.open("r+b") as file:
            file.write(os.urandom(part.stat().st_size))
    time.sleep(2)  # the change feed fails, and the cache is distrusted after one second
