"""Signing in over Streamlit's websocket, as the form does it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from client import client
from served import APPS, Served, make_admin, serve


def test_ticket_becomes_the_user_without_another_run(app: Served) -> None:
    """The run that brings the ticket shows what is behind the login, and nothing of the form."""
    with client(app) as browser:
        assert browser.texts == []
        data = browser.form[1]
        assert data["view"] == "login"
        assert data["path"] == "/_gatehouse"
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
    told = [ast.literal_eval(text.removeprefix("st.user: ")) for text in (by_ticket, by_cookie)]
    assert told[0] == told[1]


def test_claims_of_the_apps_own_provider_stay(tmp_path: Path) -> None:
    """What `st.login` says of somebody is beside what we say, not instead of it."""
    secret = "what st.login signs with, in this app"
    environment = {"STREAMLIT_SERVER_COOKIE_SECRET": secret}
    with serve(APPS / "guarded", tmp_path, environment=environment) as served:
        ours = make_admin(served)
        claims = {
            "origin": served.origin,
            "is_logged_in": True,
            "iss": "https://idp.example",
            "username": "al",
        }
        theirs = create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()
        with client(served, cookie=f"{ours}; _streamlit_user={theirs}") as browser:
            text = next(text for text in browser.texts if text.startswith("st.user: "))
            told = ast.literal_eval(text.removeprefix("st.user: "))
            assert "signed in: alice" in browser.texts
            assert (told["iss"], told["roles"]) == ("https://idp.example", ["admin"])


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
