"""Attacks on what passes the gate, each shown to succeed on an app without it."""

from __future__ import annotations

import ast
import contextlib
import time
from pathlib import Path

import pytest

from client import Client, client
from kit import plain, refused, signed_in_naively
from served import (
    APPS,
    Served,
    address_of_login,
    make_admin,
    serve,
    session_cookie,
    wait_for,
)

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


COMMANDS = {
    "disable": [],
    "revoke": [],
    "roles": ["editor"],
    "delete": ["--yes"],
    "set-password": ["--password-stdin", "--no-must-change"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_line_in_another_process_closes_the_sockets(app: Served, command: str) -> None:
    """What another process writes is seen within a second, without a message on the websocket."""
    name = f"victim-{command}"
    app.add_user(name, "reader")
    cookie, _ = app.sign_in(name)
    with client(app, cookie=cookie) as browser:
        assert f"signed in: {name}" in browser.texts
        app.command("users", command, name, *COMMANDS[command], stdin="another long password\n")
        code, took = browser.closed()
        assert code == 4401
        assert took < 1


def test_command_line_in_another_process_succeeds_too_late_in_plain_mode(tmp_path: Path) -> None:
    """Nobody closes the websocket, and what was left over on the page runs before the script refuses."""
    with plain(tmp_path) as served:
        cookie, _ = served.sign_in("alice")
        with client(served, cookie=cookie) as browser:
            assert "signed in: alice" in browser.texts
            button = browser.buttons["Delete everything"]
            served.command("users", "revoke", "alice")
            wait_for(lambda: browser.rerun().texts == [], "the script refuses")
            browser.rerun({button: True})
            assert browser.form[1]["view"] == "login"
        assert (tmp_path / "callback-ran").read_text() == "x"


# A websocket from another page.


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
        headers = {k.lower(): v for k, v in ast.literal_eval(text.removeprefix("headers: ")).items()}
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


# What a proxy would say of a visitor, said by the visitor.

CLAIMS = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}


def test_forwarded_headers_are_not_believed(app: Served) -> None:
    """Neither where somebody is, nor what the app is called or how it is reached."""
    address, found = address_of_login(app, CLAIMS)
    assert address == "127.0.0.1"
    assert not any("Secure" in line or "__Host-" in line for line in found), "the cookie would be lost"
    with client(app, cookie=session_cookie(found), headers=CLAIMS) as browser:
        assert "signed in: alice" in browser.texts
        assert "address: None" in browser.texts
    assert refused(app, {**CLAIMS, "Host": "evil.example", "Origin": "https://evil.example"})
    assert "evil.example" not in app.output()


def test_forwarded_headers_succeed_naively(bare: Served) -> None:
    """From 127.0.0.1 uvicorn takes a bare X-Forwarded-For for the visitor's address."""
    with client(bare, headers=CLAIMS) as browser:
        assert "address: 203.0.113.9" in browser.texts


def test_forwarded_address_of_a_declared_proxy(tmp_path: Path) -> None:
    """The rightmost hop counts that is no proxy of ours; what stands before it the visitor has written."""
    proxies = {"GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8"}
    with serve(APPS / "guarded", tmp_path, environment=proxies) as served:
        make_admin(served)
        for line in ("198.51.100.7", "203.0.113.9, 198.51.100.7", "203.0.113.9, 198.51.100.7, 10.1.2.3"):
            assert address_of_login(served, {**CLAIMS, "X-Forwarded-For": line})[0] == "198.51.100.7"
