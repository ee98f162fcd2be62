"""Attacks on other people's sessions, each shown to succeed where its one defense is missing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import client, trigger
from kit import CookieJar, plain, signed_in_by_ticket, signed_in_naively
from served import APPS, PASSWORD, Served, make_admin, serve

# A page under pages/, asked for by name, by someone who never opened app.py.


def test_page_without_the_main_script(app: Served) -> None:
    """The page asks for itself: nothing of it is sent."""
    with client(app, page="admin") as anonymous:
        assert anonymous.form[1]["view"] == "login"
        assert b"the plans of the administrators" not in anonymous.everything


def test_page_without_the_main_script_succeeds_naively(naive: Served) -> None:
    """Streamlit runs the page without the guard in app.py."""
    with client(naive, page="admin") as anonymous:
        assert "the plans of the administrators" in anonymous.texts


# Someone presents the session id of a person who signed in by a ticket a second ago.


def test_takeover_of_a_session_while_its_owner_is_online(app: Served) -> None:
    """The session is the owner's alone from the run that redeemed the ticket."""
    with signed_in_by_ticket(app) as (owner, _), client(app, resume=owner.session_id) as thief:
        assert thief.session_id != owner.session_id
        assert b"a secret of alice" not in thief.everything


def test_takeover_of_a_session_after_its_owner_left(app: Served) -> None:
    """The same when the owner's connection is gone."""
    with signed_in_by_ticket(app) as (owner, _):
        session = owner.session_id
    with client(app, resume=session) as thief:
        assert thief.session_id != session
        assert b"a secret of alice" not in thief.everything


def test_takeover_by_another_user(app: Served) -> None:
    """The same for someone who has a session of their own."""
    other, _ = app.sign_in("alice")
    with signed_in_by_ticket(app) as (owner, _), client(app, resume=owner.session_id, cookie=other) as thief:
        assert thief.session_id != owner.session_id


@pytest.mark.parametrize("online", [True, False])
def test_takeover_succeeds_naively(naive: Served, online: bool) -> None:
    """With an empty `st.user` whoever presents the id is the owner."""
    with contextlib.ExitStack() as owners:
        session = owners.enter_context(signed_in_naively(naive)).session_id
        if not online:
            owners.close()
        with client(naive, resume=session) as thief:
            assert "kept: a secret of alice" in thief.texts


def test_takeover_in_plain_mode(tmp_path: Path) -> None:
    """Without the gate the session is marked non-resumable at sign-in."""
    with plain(tmp_path) as served:
        with signed_in_by_ticket(served) as (owner, _):
            assert "signed in: alice" in owner.texts
            session = owner.session_id
            with client(served, resume=session) as thief:
                assert thief.session_id != session
                assert b"a secret of alice" not in thief.everything
        with client(served, resume=session) as thief:
            assert thief.session_id != session
            assert b"a secret of alice" not in thief.everything


# The handshake's cookie names one person, the redeemed ticket another.


def test_ticket_of_someone_else_drops_both(tmp_path: Path) -> None:
    """Neither is believed, and both end: one of the two was slipped in."""
    with serve(APPS / "slipped", tmp_path) as served:
        mine = make_admin(served)
        served.add_user("mallory")
        with client(served, cookie=mine) as browser:
            assert "user: alice" in browser.texts
            slipped, ticket = served.sign_in("mallory", browser.form[1]["challenge"])
            browser.send(trigger(browser.form[0], "ticket", ticket))
            assert browser.closed()[0] == 4401
        for cookie in (mine, slipped):
            with client(served, cookie=cookie) as later:
                assert "user: None" in later.texts


def test_ticket_of_someone_else_succeeds_when_believed_alone(tmp_path: Path) -> None:
    """Where nobody compares the two there are two people on one page: what alice writes, mallory reads."""
    with serve(APPS / "alone", tmp_path) as served:
        mine = make_admin(served)
        served.add_user("mallory")
        with client(served, cookie=mine) as browser:
            _, ticket = served.sign_in("mallory", browser.form[1]["challenge"])
            assert browser.send_ticket(ticket).texts == ["ticket: mallory", "user: alice"]


# Someone else's ticket, caught on its way.


def test_stolen_ticket_is_refused(app: Served) -> None:
    """It fits the challenge of its owner's websocket, and no other."""
    with client(app) as owner, client(app) as thief:
        _, ticket = app.sign_in("alice", owner.form[1]["challenge"])
        thief.send_ticket(ticket)
        assert thief.texts == []
        assert thief.form[1]["view"] == "login"


def test_stolen_ticket_succeeds_with_one_challenge_for_all(tmp_path: Path) -> None:
    """Whoever brings the ticket first is who it stands for."""
    with serve(APPS / "unbound", tmp_path) as served:
        make_admin(served)
        with client(served) as owner, client(served) as thief:
            _, ticket = served.sign_in("alice", owner.form[1]["challenge"])
            assert thief.send_ticket(ticket).texts == ["signed in: alice"]


# Two apps on one host: cookies know no ports, and those of the whole host no paths.


@contextlib.contextmanager
def two_apps(directory: Path, by: str, *, one_name: bool = False) -> Iterator[tuple[Served, Served]]:
    """Serve two apps on one host; with `one_name` the second names its cookies as the first does."""
    bases = ["/first", "/second/app"] if by == "paths" else ["", ""]
    public = {"GATEHOUSE_PUBLIC_URL": "https://apps.example.org"} if by == "paths" else {}
    with contextlib.ExitStack() as stack:
        apps: list[Served] = []
        for number, base in enumerate(bases):
            folder = directory / str(number)
            folder.mkdir()
            options = ["--server.baseUrlPath", base]
            if apps and one_name:
                with serve(APPS / "guarded", folder, options=options, environment=public):
                    pass
                database = ".gatehouse/gatehouse.db"
                with sqlite3.connect(apps[0].directory / database) as first:
                    instance = first.execute("SELECT instance FROM meta").fetchone()
                with sqlite3.connect(folder / database) as second:
                    second.execute("UPDATE meta SET instance = ?", instance)
            served = stack.enter_context(serve(APPS / "guarded", folder, options=options, environment=public))
            served.base, served.public = base, public.get("GATEHOUSE_PUBLIC_URL", "")
            make_admin(served)
            apps.append(served)
        yield apps[0], apps[1]


def in_the_first_after_a_visit_to_the_second(first: Served, second: Served) -> str:
    """Sign in to both in one browser and out of the second; say what the first shows then."""
    browser = CookieJar()
    step = {"step": "password", "identifier": "alice", "password": PASSWORD, "keep": False, "challenge": None}
    browser.post(first, "/login", step)
    browser.post(second, "/login", step)
    with client(second, cookie=str(browser)) as page:
        assert "signed in: alice" in page.texts
    browser.post(second, "/logout", {})
    with client(second, cookie=str(browser)) as page:
        assert page.form[1]["view"] == "login"
    with client(first, cookie=str(browser)) as page:
        return page.texts[0] if page.texts else str(page.form[1]["view"])


@pytest.mark.parametrize("by", ["ports", "paths"])
def test_two_apps_on_one_host_leave_each_other_alone(tmp_path: Path, by: str) -> None:
    """The cookies of each have a name of their own, made with its database."""
    with two_apps(tmp_path, by) as (first, second):
        assert in_the_first_after_a_visit_to_the_second(first, second) == "signed in: alice"


@pytest.mark.parametrize("by", ["ports", "paths"])
def test_two_apps_with_cookies_of_one_name_sign_each_other_out(tmp_path: Path, by: str) -> None:
    """As with every login that has one name for its cookie."""
    with two_apps(tmp_path, by, one_name=True) as (first, second):
        assert in_the_first_after_a_visit_to_the_second(first, second) == "login"


# A fragment's timer goes on after a revoke: Streamlit runs it without the top of the script.


def test_fragment_left_over_from_before_a_revoke(tmp_path: Path) -> None:
    """With a guard of its own a fragment shows nothing more, without the gate, too; others go on."""
    with plain(tmp_path, "fragmented") as served, signed_in_by_ticket(served) as (browser, _):
        assert {"the guarded plans", "the trusting plans"} <= set(browser.texts)
        guarded, trusting = browser.fragments
        assert browser.rerun(fragment=guarded).texts == ["the guarded plans"]
        served.command("users", "revoke", "alice")
        assert browser.rerun(fragment=trusting).texts == ["the trusting plans"]
        assert browser.rerun(fragment=guarded).texts == []
