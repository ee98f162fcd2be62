"""`[pages]`: the operator's rules hold before a run, for both kinds of pages, in both modes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.util import calc_hash
from websockets.exceptions import ConnectionClosed

from client import client
from served import APPS, Served, make_admin, serve, wait_for

HTML = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
RULES = '[pages]\nledger = ["accountant"]\nmembers = []\n'


@pytest.fixture(scope="module", params=["ruled", "ruled_navigation"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name an app with a `pages/` folder, and one with `st.navigation`."""
    return str(request.param)


@pytest.fixture(scope="module", params=["app", "script"])
def ruled(
    request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve it with rules."""
    directory = tmp_path_factory.mktemp("ruled")
    (directory / "gatehouse.toml").write_text(RULES)
    with serve(APPS / kind, directory, mode=request.param) as served:
        make_admin(served)
        served.add_user("bob", "reader")
        served.add_user("carol", "accountant")
        yield served


@pytest.fixture(scope="module")
def unruled(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve it without rules, as people do who trust the sidebar."""
    with serve(APPS / kind, tmp_path_factory.mktemp("unruled"), mode="app") as served:
        make_admin(served)
        yield served


def ran(served: Served, page: str) -> bool:
    """Say whether a line of the page has run."""
    return (served.directory / f"{page}-ran").exists()


def closed_for(served: Served, cookie: str, *, page: str = "", page_hash: str = "") -> tuple[int, str]:
    """Ask for a page by its name, or by its hash: how the gate closes."""
    try:
        with client(served, cookie=cookie) as browser:
            browser.page_hash = page_hash
            browser.rerun(page=page)
            return 0, ""
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")


def test_page_without_its_role_does_not_run(ruled: Served) -> None:
    """However a browser names it, the websocket is closed before a run, with the page that it was about."""
    cookie, _ = ruled.sign_in("bob")
    assert closed_for(ruled, cookie, page="ledger") == (4403, "ledger")
    assert closed_for(ruled, cookie, page_hash=calc_hash("ledger")) == (4403, "ledger")
    assert closed_for(ruled, cookie, page="ledger", page_hash=calc_hash("ledger")) == (4403, "ledger")
    assert not ran(ruled, "ledger")


def test_page_without_its_role_runs_naively(unruled: Served) -> None:
    """Nothing but a rule, or a guard in the page, keeps anyone out who is signed in."""
    cookie, _ = unruled.sign_in("alice")
    assert closed_for(unruled, cookie, page="ledger") == (0, "")
    assert ran(unruled, "ledger")


def test_page_that_the_script_switches_to_does_not_run(ruled: Served) -> None:
    """No browser names it: the script leads there by itself, and gets no further."""
    cookie, _ = ruled.sign_in("bob")
    with client(ruled, cookie=cookie) as browser:
        assert "first page for bob" in browser.texts
        browser.rerun({browser.buttons["To the ledger"]: True})
        assert browser.form[1]["view"] == "not_allowed"
        assert browser.form[1]["roles"] == ["accountant"]
        assert b"the page ledger" not in browser.everything
    assert not ran(ruled, "ledger")


def test_page_with_its_role_runs(ruled: Served) -> None:
    """For who has it; where the rule names no role, for who is signed in."""
    carol, _ = ruled.sign_in("carol")
    bob, _ = ruled.sign_in("bob")
    with client(ruled, cookie=carol, page="ledger") as browser:
        assert "the page ledger" in browser.texts
    (ruled.directory / "ledger-ran").unlink()
    for cookie in (carol, bob):
        with client(ruled, cookie=cookie, page="members") as browser:
            assert "the page members" in browser.texts
        with client(ruled, cookie=cookie, page="open") as browser:
            assert "the page open" in browser.texts
    (ruled.directory / "members-ran").unlink()


@pytest.mark.parametrize("mode", ["app", "script"])
def test_first_page_of_an_app_without_pages_does_not_run_under_another_name(
    tmp_path: Path, mode: str
) -> None:
    """Streamlit runs a main script that stands alone for every name and every hash."""
    (tmp_path / "gatehouse.toml").write_text('[pages]\n"/" = ["accountant"]\n')
    (tmp_path / "app.py").write_text(
        "import streamlit as st\nopen('first-ran', 'a').write('x')\nst.text('x')\n"
    )
    with serve(tmp_path, tmp_path, mode=mode) as served:
        make_admin(served)
        served.add_user("carol", "accountant")
        bob, _ = served.sign_in("alice")
        for name, known in (("", ""), ("any", ""), ("", "any"), ("", calc_hash(str(tmp_path / "app.py")))):
            for cookie in (bob, ""):
                assert asked(served, cookie, page=name, page_hash=known) in {4403, 4401}
        assert not ran(served, "first")
        carol, _ = served.sign_in("carol")
        assert asked(served, carol) == 0
        assert ran(served, "first")


def asked(served: Served, cookie: str, *, page: str = "", page_hash: str = "") -> int:
    """Ask for a page in the first message: how the gate closes."""
    try:
        with client(served, cookie=cookie, page=page, page_hash=page_hash):
            return 0
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


def test_address_of_a_page_says_who_may_not_see_it(ruled: Served) -> None:
    """The full page in its place: the form for nobody, 403 for who has not the role, the app for who has."""
    carol, _ = ruled.sign_in("carol")
    bob, _ = ruled.sign_in("bob")
    for address in ("/ledger", "/ledger/", "/ledger?x=1"):
        status, _, body = ruled.get(address, HTML)
        assert (status, b"data-front=" in body) == (200, True)
        status, _, body = ruled.get(address, {**HTML, "Cookie": bob})
        assert (status, b"accountant" in body) == (403, True)
        status, _, body = ruled.get(address.replace("ledger/", "ledger"), {**HTML, "Cookie": carol})
        assert (status, b'<div id="root">' in body) == (200, True)


def test_page_for_nobody(ruled: Served) -> None:
    """Who is not signed in is sent to the address, where the form is."""
    code, page = closed_for(ruled, "", page="members")
    assert (code, page) in {(4401, "signed out"), (4403, "members")}
    assert not ran(ruled, "members")


def test_rule_that_names_no_role_or_page_is_refused(tmp_path: Path) -> None:
    """A wrong rule guards nothing: the app does not start."""
    (tmp_path / "gatehouse.toml").write_text('[pages]\n"a/b" = ["not a role"]\n')
    with pytest.raises(AssertionError, match="one part"), serve(APPS / "ruled", tmp_path):
        pass


def test_unguarded_pages_are_named_at_start(tmp_path: Path) -> None:
    """Where the script decides, what decides nothing is open to everyone: the operator is told."""
    (tmp_path / "gatehouse.toml").write_text('[pages]\nledger = ["accountant"]\n')
    with serve(APPS / "ruled", tmp_path) as served:
        wait_for(lambda: "Open to everyone" in served.output(), "it is said")
        line = next(line for line in served.output().splitlines() if "Open to everyone" in line)
        assert line.endswith("app.py, pages/members.py, pages/open.py")


def test_guarded_pages_are_not_named(tmp_path: Path) -> None:
    """Nor is anything where the gate covers the whole app."""
    (tmp_path / "one").mkdir()
    with serve(APPS / "guarded", tmp_path / "one") as served:
        make_admin(served)
        assert "Open to everyone" not in served.output()
    (tmp_path / "two").mkdir()
    with serve(APPS / "ruled", tmp_path / "two", mode="app") as served:
        make_admin(served)
        assert "Open to everyone" not in served.output()
