"""Attacks on an app behind the gate, each shown to succeed on the same app without it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from kit import (
    APPS,
    PASSWORD,
    Client,
    Served,
    Trigger,
    address_of_last_login,
    client,
    make_admin,
    serve,
    trigger,
)
from websockets.exceptions import InvalidStatus


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


def test_takeover_succeeds_naively(naive: Served) -> None:
    """With an empty `st.user` whoever presents the id is the owner."""
    with signed_in_naively(naive) as owner:
        session = owner.session_id
        with client(naive, resume=session) as thief:
            assert "kept: a secret of alice" in thief.texts


def test_takeover_in_plain_mode(tmp_path: Path) -> None:
    """Without the gate the session is marked non-resumable at sign-in."""
    with plain(tmp_path) as served, signed_in_by_ticket(served) as (owner, _):
        assert "signed in: alice" in owner.texts
        with client(served, resume=owner.session_id) as thief:
            assert thief.session_id != owner.session_id
            assert b"a secret of alice" not in thief.everything


@contextlib.contextmanager
def plain(directory: Path) -> Iterator[Served]:
    """Serve the guarded app with plain Streamlit; the endpoint has a port of its own."""
    with serve(APPS / "guarded", directory, gate=False) as served:
        with client(served) as first:
            served.endpoint_port = first.form[1]["endpoint"]["port"]
        make_admin(served)
        yield served


# The handshake's cookie names one session, the redeemed ticket another.


def test_ticket_of_someone_else_drops_both(tmp_path: Path) -> None:
    """Neither is believed, and both end: one of the two was slipped in."""
    with serve(APPS / "slipped", tmp_path) as served:
        mine = make_admin(served)
        with client(served, cookie=mine) as browser:
            assert "user: alice" in browser.texts
            slipped, ticket = served.sign_in("alice", browser.form[1]["challenge"])
            browser.send(trigger(browser.form[0], "ticket", ticket))
            assert browser.closed()[0] == 4401
        for cookie in (mine, slipped):
            with client(served, cookie=cookie) as later:
                assert "user: None" in later.texts


def test_ticket_with_another_challenge_is_refused(app: Served) -> None:
    """A ticket that was caught on its way is worth nothing on the thief's websocket."""
    with client(app) as owner, client(app) as thief:
        _, ticket = app.sign_in("alice", owner.form[1]["challenge"])
        thief.send_ticket(ticket)
        assert thief.texts == []
        assert thief.form[1]["view"] == "login"


# A role that contains the name of another, and a name that is not ASCII.


def test_superadmin_readonly_is_no_admin(app: Served) -> None:
    """Roles are a list, in Python and in `st.user`, and compared name for name."""
    add_user(app, "reader", "superadmin-readonly")
    cookie, _ = app.sign_in("reader")
    with client(app, cookie=cookie) as browser:
        assert "admin: False" in browser.texts
        assert any("'roles': ['superadmin-readonly']" in text for text in browser.texts)
    with client(app, cookie=cookie, page="admin") as browser:
        assert browser.form[1]["view"] == "not_allowed"
        assert b"the plans of the administrators" not in browser.everything


def test_superadmin_readonly_succeeds_by_mapped_headers(naive_headers: Served) -> None:
    """A role that arrives as text contains `admin`."""
    with client(naive_headers, headers={"X-Roles": "superadmin-readonly"}) as browser:
        assert "admin: True" in browser.texts


def test_name_that_is_not_ascii_stays_intact(app: Served) -> None:
    """It travels as JSON in a signed cookie of the scope, not as Latin-1 in a header."""
    add_user(app, "Jürgen")
    cookie, _ = app.sign_in("Jürgen")
    with client(app, cookie=cookie) as browser:
        assert "signed in: Jürgen" in browser.texts
        assert any("'username': 'Jürgen'" in text for text in browser.texts)


# Two apps on one host.


def test_two_apps_on_one_host_leave_each_other_alone(app: Served, tmp_path: Path) -> None:
    """Cookies know no ports: each app's has a name of its own, and neither app sees the other's."""
    with serve(APPS / "guarded", tmp_path) as second:
        theirs = make_admin(second)
        ours, _ = app.sign_in("alice")
        assert theirs.split("=")[0] != ours.split("=")[0]
        both = f"{ours}; {theirs}"
        second.sign_out(both)
        with client(app, cookie=both) as browser:
            assert "signed in: alice" in browser.texts
        with client(second, cookie=both) as browser:
            assert browser.form[1]["view"] == "login"


# Component values made by hand.

JSON_VALUES: list[object] = [
    None,
    True,
    0,
    -1.5,
    1e308,
    "",
    "x" * 100_000,
    [],
    [[]],
    {},
    {"ticket": {}},
    ["a"],
]


@pytest.mark.parametrize("value", JSON_VALUES, ids=lambda value: json.dumps(value)[:20])
def test_forged_component_values_are_ignored(app: Served, value: object) -> None:
    """No value is an identity, and none raises anything that the page would show."""
    with client(app) as browser:
        form = browser.form[0]
        browser.send_ticket(value)
        assert (browser.texts, browser.exceptions) == ([], [])
        for state in ({"ticket": value}, {"username": "alice", "roles": ["admin"]}, value):
            browser.rerun({form: json.dumps(state)})
            assert (browser.texts, browser.exceptions) == ([], [])
        browser.rerun({f"$$STREAMLIT_INTERNAL_KEY_{form}__events": Trigger(json.dumps(value))})
        assert (browser.texts, browser.exceptions) == ([], [])
        assert browser.form[1]["view"] == "login"


def test_forged_component_value_of_25_mb_is_ignored(app: Served) -> None:
    """What Streamlit takes (4 MB) is too long to be a ticket; what it does not take closes the websocket."""
    with client(app) as browser:
        browser.send_ticket("x" * 4_000_000)
        assert (browser.texts, browser.exceptions) == ([], [])
        assert browser.form[1]["view"] == "login"
        browser.send(trigger(browser.form[0], "ticket", "x" * 25_000_000))
        assert browser.closed()[0] == 1009
    with client(app) as browser:
        assert browser.form[1]["view"] == "login"


def test_forged_component_value_nested_without_end(app: Served) -> None:
    """Python can't read it: the websocket is closed, where Streamlit alone shows the traceback."""
    for value in ("[" * 100_000, '{"a":' * 100_000):
        with client(app) as browser:
            form = browser.form[0]
            for widget in (f"$$STREAMLIT_INTERNAL_KEY_{form}__events", form):
                browser.send({widget: Trigger(value)})
            assert browser.closed()[0] == 1008
            assert b"recursion" not in browser.everything


def test_user_cookie_copied_out_of_an_app_is_dropped(app: Served) -> None:
    """Streamlit's signed cookie is in the scope, so an app can show it: it opens nothing afterwards."""
    cookie, _ = app.sign_in("alice")
    with client(app, cookie=cookie) as browser:
        text = next(text for text in browser.texts if text.startswith("cookies: "))
        copied = eval(text.removeprefix("cookies: "))["_streamlit_user"]  # noqa: S307
    app.sign_out(cookie)
    with client(app, cookie=f"_streamlit_user={copied}") as thief:
        assert thief.form[1]["view"] == "login"
        assert b"signed in" not in thief.everything


# A callback left over from before a revoke.


def press(browser: Client) -> None:
    """Press the button whose callback leaves a trace."""
    with contextlib.suppress(Exception):
        browser.send({browser.buttons["Delete everything"]: True})


def test_callback_left_over_from_before_a_revoke(app: Served) -> None:
    """The websocket is closed with 4401 within a second, and the callback does not run."""
    trace = app.directory / "callback-ran"
    cookie, _ = app.sign_in("alice")
    with client(app, cookie=cookie) as browser:
        browser.rerun({browser.buttons["Delete everything"]: True})
        assert trace.read_text() == "x", "the callback runs while the session lives"
        app.sign_out(cookie)
        press(browser)
        code, took = browser.closed()
        assert code == 4401
        assert took < 1
    time.sleep(0.5)
    assert trace.read_text() == "x"


def test_callback_left_over_succeeds_naively(naive: Served) -> None:
    """Streamlit runs the callback before the script that would refuse."""
    trace = naive.directory / "callback-ran"
    with signed_in_naively(naive) as browser:
        (naive.directory / "revoked").write_text("alice")
        button = browser.buttons["Delete everything"]
        try:
            assert browser.rerun().texts == [], "the guard at the top refuses"
            browser.rerun({button: True})
        finally:
            (naive.directory / "revoked").unlink()
    assert trace.read_text() == "x"


@pytest.mark.parametrize("command", [["users", "disable"], ["users", "revoke"], ["users", "roles"]])
def test_command_line_in_another_process_closes_the_sockets(app: Served, command: list[str]) -> None:
    """What another process writes is seen within a second, without a message on the websocket."""
    name = f"victim-{command[1]}"
    add_user(app, name, "reader")
    cookie, _ = app.sign_in(name)
    with client(app, cookie=cookie) as browser:
        assert f"signed in: {name}" in browser.texts
        app.command(*command, name, *(["editor"] if command[1] == "roles" else []))
        code, took = browser.closed()
        assert code == 4401
        assert took < 1


# A websocket from another page.


def refused(served: Served, headers: Mapping[str, str | None]) -> bool:
    """Say whether a handshake is refused."""
    try:
        with client(served, headers=headers):
            return False
    except InvalidStatus as status:
        return status.response.status_code == 403


def test_websocket_from_another_origin(app: Served) -> None:
    """Another port of localhost, no Origin, another site, null."""
    for origin in (
        "http://localhost:9999",
        None,
        "https://evil.example",
        "null",
        f"https://localhost:{app.port}",
    ):
        assert refused(app, {"Origin": origin}), origin
    assert not refused(app, {})


def test_websocket_from_another_origin_succeeds_naively(naive: Served) -> None:
    """Streamlit takes every port of localhost, and no Origin at all."""
    assert not refused(naive, {"Origin": "http://localhost:9999"})
    assert not refused(naive, {"Origin": None})


def test_websocket_after_dns_rebinding(app: Served) -> None:
    """The name led here, but it is not this app's."""
    assert refused(app, {"Host": "evil.example", "Origin": "http://evil.example"})
    assert refused(app, {"Host": "evil.example:8501", "Origin": "http://evil.example:8501"})


def test_websocket_after_dns_rebinding_succeeds_naively(naive: Served) -> None:
    """Host and Origin agree, which is all that Streamlit asks."""
    assert not refused(naive, {"Host": "evil.example", "Origin": "http://evil.example"})


# What the gate injects, sent from outside; and what the app may read.


def test_spoofed_headers_are_stripped(app: Served) -> None:
    """Neither in the handshake nor spelled otherwise does one of ours come through."""
    cookie, _ = app.sign_in("alice")
    with client(app, cookie=cookie) as victim:
        text = next(text for text in victim.texts if text.startswith("headers: "))
        headers = {k.lower(): v for k, v in eval(text.removeprefix("headers: ")).items()}  # noqa: S307
        handle = headers["x-gatehouse-handle"]
        for name in ("X-Gatehouse-Handle", "x_gatehouse_handle", "X-GATEHOUSE_HANDLE"):
            with client(app, headers={name: handle}) as thief:
                assert thief.form[1]["view"] == "login"
                assert b"signed in" not in thief.everything


def test_spoofed_headers_succeed_naively(naive: Served) -> None:
    """Streamlit shows the script whatever was sent."""
    with signed_in_naively(naive) as browser:
        assert any("headers" in text for text in browser.texts)
    with client(naive, headers={"X-Gatehouse-Handle": "forged"}) as browser:
        browser.rerun({browser.buttons["Sign in as alice"]: True})
        assert any("forged" in text for text in browser.texts)


def test_session_token_is_not_in_the_context(app: Served) -> None:
    """What an app, or what was injected into it, reads of its visitors."""
    cookie, _ = app.sign_in("alice")
    token = cookie.split("=")[1]
    with client(app, cookie=f"{cookie}; theirs=1") as browser:
        assert any("theirs" in text for text in browser.texts), "other cookies stay"
        assert token.encode() not in browser.everything
        assert cookie.split("=")[0].encode() not in browser.everything


def test_session_token_is_in_the_context_naively(naive: Served) -> None:
    """Without the gate every cookie is there for the reading."""
    with client(naive, cookie="gatehouse-x=s3cret") as browser:
        browser.rerun({browser.buttons["Sign in as alice"]: True})
        assert any("s3cret" in text for text in browser.texts)


def test_forwarded_address_is_not_believed(app: Served) -> None:
    """From 127.0.0.1 uvicorn would take a bare X-Forwarded-For for the visitor's address."""
    step = {"step": "password", "identifier": "alice", "password": PASSWORD, "keep": False, "challenge": None}
    assert app.post("/login", step, headers={"X-Forwarded-For": "203.0.113.9"})[0] == 200
    assert address_of_last_login(app) == "127.0.0.1"


def add_user(served: Served, username: str, *roles: str) -> None:
    """Add someone by the command line, in a process of its own."""
    given = [argument for role in roles for argument in ("--role", role)]
    served.command(
        "users", "add", username, *given, "--password-stdin", "--no-must-change", stdin=PASSWORD + "\n"
    )
