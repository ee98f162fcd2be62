"""Attacks with values that somebody made by hand, each shown to succeed where they are believed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Trigger, client, trigger
from served import APPS, Served, make_admin, serve

# A role that contains the name of another, and a name that is not ASCII.


def test_superadmin_readonly_is_no_admin(app: Served) -> None:
    """Roles are a list, in Python and in `st.user`, and compared name for name."""
    app.add_user("reader", "superadmin-readonly")
    cookie, _ = app.sign_in("reader")
    with client(app, cookie=cookie) as browser:
        assert "admin: False" in browser.texts
        assert any("'roles': ['superadmin-readonly']" in text for text in browser.texts)
    with client(app, cookie=cookie, page="admin") as browser:
        assert browser.form[1]["view"] == "not_allowed"
        assert b"the plans of the administrators" not in browser.everything


def test_superadmin_readonly_succeeds_by_mapped_headers(bare: Served) -> None:
    """A role that arrives as text contains `admin`."""
    with client(bare, headers={"X-Roles": "superadmin-readonly"}) as browser:
        assert "admin: True" in browser.texts


NAMES = ["Jürgen", "Ærøskøbing", "Ольга", "Ελένη", "小林", "김민준", "محمد"]


@pytest.mark.parametrize("name", NAMES)
def test_name_in_any_script_stays_intact(app: Served, name: str) -> None:
    """It travels as JSON in a signed cookie of the scope, not as Latin-1 in a header."""
    app.add_user(name)
    cookie, _ = app.sign_in(name)
    with client(app, cookie=cookie) as browser:
        assert f"signed in: {name}" in browser.texts
        assert any(f"'username': '{name}'" in text for text in browser.texts)


@pytest.mark.parametrize("name", NAMES)
def test_name_in_any_script_is_broken_by_mapped_headers(bare: Served, name: str) -> None:
    """A header is bytes: the proxy means UTF-8, Streamlit reads Latin-1, and the app sees another name."""
    broken = name.encode().decode("latin-1")
    with client(bare, headers={"X-Name": broken}) as browser:
        assert f"name: {broken}" in browser.texts


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


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an app that believes its component, with plain Streamlit."""
    with serve(APPS / "trusting", tmp_path_factory.mktemp("trusting"), gate=False) as served:
        yield served


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


def test_forged_component_value_succeeds_where_it_is_believed(trusting: Served) -> None:
    """One frame of a websocket makes an administrator, or shows how the app is written."""
    with client(trusting) as browser:
        form = browser.form[0]
        assert browser.rerun(trigger(form, "user", {"username": "alice"})).texts == ["signed in: alice"]
        assert browser.rerun(trigger(form, "user", 5)).exceptions == ["'int' object is not subscriptable"]


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


def test_forged_component_value_of_4_mb_succeeds_where_it_is_believed(trusting: Served) -> None:
    """It goes through the app's own code, and to whoever sees what the app shows."""
    with client(trusting) as browser:
        browser.rerun(trigger(browser.form[0], "user", {"username": "x" * 4_000_000}))
        assert len(browser.texts[0]) > 4_000_000


DEEP = ["[" * 100_000, '{"a":' * 100_000]


@pytest.mark.parametrize("value", DEEP, ids=["lists", "objects"])
def test_forged_component_value_nested_without_end(app: Served, value: str) -> None:
    """Python can't read it: the websocket is closed."""
    for state in (False, True):
        with client(app) as browser:
            form = browser.form[0]
            browser.send({form if state else f"$$STREAMLIT_INTERNAL_KEY_{form}__events": Trigger(value)})
            assert browser.closed()[0] == 1008
            assert b"recursion" not in browser.everything


@pytest.mark.parametrize("value", DEEP, ids=["lists", "objects"])
def test_forged_component_value_nested_without_end_succeeds_naively(trusting: Served, value: str) -> None:
    """Streamlit alone shows the traceback to whoever sent it."""
    with client(trusting) as browser:
        browser.send({f"$$STREAMLIT_INTERNAL_KEY_{browser.form[0]}__events": Trigger(value)})
        browser.read()
        assert b"recursion" in browser.everything


# Streamlit's signed cookie, which is in the scope of the websocket, so that an app can show it.

SECRET = {"STREAMLIT_SERVER_COOKIE_SECRET": "the same for both, so that both believe the signature"}


@pytest.mark.parametrize("gate", [True, False], ids=["dropped", "succeeds naively"])
def test_user_cookie_copied_out_of_an_app(tmp_path: Path, gate: bool) -> None:
    """At the gate a cookie that names a session of ours is nobody's; Streamlit believes its signature."""
    (tmp_path / "bare").mkdir()
    with serve(APPS / "guarded", tmp_path, environment=SECRET) as served:
        cookie = make_admin(served)
        with client(served, cookie=cookie) as browser:
            text = next(text for text in browser.texts if text.startswith("cookies: "))
            copied = "_streamlit_user=" + ast.literal_eval(text.removeprefix("cookies: "))["_streamlit_user"]
        served.sign_out(cookie)
        if gate:
            with client(served, cookie=copied) as thief:
                assert thief.form[1]["view"] == "login"
                assert b"signed in" not in thief.everything
    if not gate:
        same_origin = {"Origin": served.origin}
        with (
            serve(APPS / "bare", tmp_path / "bare", gate=False, environment=SECRET) as naive,
            client(naive, cookie=copied, headers=same_origin) as thief,
        ):
            assert any("'username': 'alice'" in text for text in thief.texts)
