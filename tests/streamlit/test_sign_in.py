"""Signing in over Streamlit's websocket, as the form does it."""

from __future__ import annotations

from client import client
from served import Served


def test_ticket_becomes_the_user_without_another_run(app: Served) -> None:
    """The run that brings the ticket shows what is behind the login, and nothing of the form."""
    with client(app) as browser:
        assert browser.texts == []
        data = browser.form[1]
        assert data["view"] == "login"
        assert data["endpoint"] == {"path": "/_gatehouse"}
        _, ticket = app.sign_in("alice", data["challenge"])
        browser.send_ticket(ticket)
        assert "signed in: alice" in browser.texts
        assert "roles: admin" in browser.texts
        assert browser.components == {}


def test_cookie_signs_in_at_the_handshake(app: Served) -> None:
    """A reload, a second tab, a new window: no form is drawn even for a moment."""
    cookie, _ = app.sign_in("alice")
    with client(app, cookie=cookie) as browser:
        assert "signed in: alice" in browser.texts
        assert browser.components == {}


def test_st_user_is_complete(app: Served) -> None:
    """A real bool and a real list, the same after a ticket and after a handshake."""
    with client(app) as browser:
        cookie, ticket = app.sign_in("alice", browser.form[1]["challenge"])
        browser.send_ticket(ticket)
        by_ticket = next(text for text in browser.texts if text.startswith("st.user"))
        assert "'is_logged_in': True" in by_ticket
        assert "'roles': ['admin']" in by_ticket
    with client(app, cookie=cookie) as browser:
        by_cookie = next(text for text in browser.texts if text.startswith("st.user"))
    told = [eval(text.removeprefix("st.user: ")) for text in (by_ticket, by_cookie)]  # noqa: S307
    assert told[0] == told[1]


def test_owner_resumes_the_session_that_began_with_a_ticket(app: Served) -> None:
    """A lost connection costs nothing: what the session kept is still there."""
    with client(app) as browser:
        cookie, ticket = app.sign_in("alice", browser.form[1]["challenge"])
        session = browser.send_ticket(ticket).session_id
    with client(app, cookie=cookie, resume=session) as again:
        assert again.session_id == session


def test_sign_out_in_one_tab_closes_the_others(app: Served) -> None:
    """One click on the app's own button ends the session everywhere."""
    cookie, _ = app.sign_in("alice")
    with client(app, cookie=cookie) as one, client(app, cookie=cookie) as other:
        one.send({one.buttons["Sign out"]: True})
        assert other.closed()[0] == 4401
        assert one.closed()[0] == 4401
    with client(app, cookie=cookie) as later:
        assert later.form[1]["view"] == "login"
