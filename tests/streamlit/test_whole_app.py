"""`gate = "app"`: nothing of an app is served before sign-in; each attack succeeds in an app without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from client import Client, client
from kit import refused
from served import APPS, Served, make_admin, serve, wait_for

HTML = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
SECRETS = (b"of the house", b"plans", b"figures")


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an app that knows nothing of Gatehouse, as `gatehouse run` does by default."""
    directory = tmp_path_factory.mktemp("covered")
    with serve(APPS / "unaware", directory, mode="app") as served:
        make_admin(served)
        served.add_user("bob")
        yield served


@pytest.fixture(scope="module")
def uncovered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the same app with plain Streamlit."""
    with serve(APPS / "unaware", tmp_path_factory.mktemp("uncovered"), gate=False) as served:
        yield served


def runs(served: Served) -> int:
    """Count the runs of the app's script so far."""
    trace = served.directory / "runs"
    return len(trace.read_text()) if trace.exists() else 0


def turned_away(served: Served, **given: str | dict[str, str | None]) -> tuple[int, bytes]:
    """Open a websocket: with which code it is closed, and what it said before."""
    try:
        with client(served, **given) as browser:  # type: ignore[arg-type]
            return 0, browser.everything
    except ConnectionClosed as closed:
        return (closed.rcvd.code if closed.rcvd else 0), b""


def media(browser: Client) -> str:
    """Find the address of the file that the page offers."""
    found = re.search(rb"/media/[0-9a-f]+\.\w+", browser.everything)
    assert found is not None
    return found[0].decode()


PATHS = [
    "/media/0000.csv",
    "/app/static/file.txt",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/_stcore/upload_file/a/b",
    "/component/x/index.html",
    "/static/favicon.png",
    "/_stcore/bidi-components/streamlit-gatehouse.form/streamlit.js",
]


def test_nothing_is_served_before_sign_in(covered: Served) -> None:
    """No page name, no script run, no media, no static file, no agent: a page is the form, the rest 401."""
    before = runs(covered)
    for path in ["/", "/plans", "/plans?x=1", "/no-such-page", *PATHS]:
        status, headers, body = covered.get(path, HTML)
        assert status == 200, path
        assert b"data-front=" in body, path
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert not any(secret in body for secret in SECRETS), path
        status, headers, body = covered.get(path)
        assert (status, headers["content-type"]) == (401, "application/json"), path
        assert headers["www-authenticate"] == "Gatehouse", "the page's watcher knows our answer by it"
        assert b"signed_out" in body
    assert turned_away(covered) == (4401, b"")
    assert turned_away(covered, page="plans") == (4401, b"")
    assert runs(covered) == before, "no script ran"


def test_everything_is_served_naively(uncovered: Served) -> None:
    """Streamlit itself asks nobody anything."""
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json", "/app/static/file.txt"):
        assert uncovered.get(path)[0] == 200, path
    with client(uncovered, page="plans") as browser:
        assert "the plans of the house" in browser.texts
    with client(uncovered) as browser:
        address = media(browser)
        assert uncovered.get(address)[2] == b"figures of nobody"


def test_health_stays_open(covered: Served) -> None:
    """A platform has to know whether the server is there."""
    assert covered.get("/_stcore/health")[2] == b"ok"
    assert covered.get("/_stcore/health", {"Host": "10.0.0.7:8501"})[2] == b"ok", (
        "whatever it calls the machine"
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "GATEHOUSE"])
def test_other_methods_reach_nothing(covered: Served, method: str) -> None:
    """An upload, a preflight, an agent's call."""
    for path in ("/", "/_stcore/upload_file/a/b", "/_stcore/agent/interact", "/_stcore/health/../stream"):
        status, _, body = covered.ask(method, path, HTML)
        assert status in {400, 401, 404, 405}, (path, status)
        assert not any(secret in body for secret in SECRETS)


def test_who_is_signed_in_gets_the_app(covered: Served) -> None:
    """All of it, with the identity in `st.user`."""
    cookie, _ = covered.sign_in("bob")
    with client(covered, cookie=cookie) as browser:
        assert "the figures of the house" in browser.texts
        assert "kept: bob" in browser.texts
        address = media(browser)
        assert covered.get(address, {"Cookie": cookie})[2] == b"figures of bob"
        assert covered.get(address)[0] == 401
    status, _, body = covered.get("/plans", {**HTML, "Cookie": cookie})
    assert (status, b'<div id="root">' in body) == (200, True)
    assert covered.get("/app/static/file.txt", {"Cookie": cookie})[2].strip() == b"a file of the house"


SPELLINGS = [
    "X-Gatehouse-Handle",
    "x-gatehouse-handle",
    "X_GATEHOUSE_HANDLE",
    "X-Gatehouse_Handle",
    "X-GATEHOUSE-SESSION",
    "X-Gatehouse-User",
]


def test_spoofed_headers_open_nothing(covered: Served) -> None:
    """Whatever a visitor says of himself in the names that the gate uses."""
    cookie, _ = covered.sign_in("bob")
    with client(covered, cookie=cookie):
        for name in SPELLINGS:
            for value in ("alice", "ses_1", cookie.split("=")[1]):
                assert turned_away(covered, headers={name: value}) == (4401, b""), name
                assert covered.get("/media/0000.csv", {name: value})[0] == 401


def test_forged_cookies_open_nothing(covered: Served) -> None:
    """A value that was never given out, ours twice with different values, another app's, Streamlit's own."""
    cookie, _ = covered.sign_in("bob")
    name, _, value = cookie.partition("=")
    for forged in (
        f"{name}=",
        f"{name}={value}x",
        f"{name}={value[::-1]}",
        f"{name}={value}; {name}=x",
        f"gatehouse-other={value}",
        f"__Host-{name}={value}",
        f"_streamlit_user={value}",
    ):
        assert turned_away(covered, cookie=forged) == (4401, b""), forged
        assert covered.get("/_stcore/metrics", {"Cookie": forged})[0] == 401, forged
    assert covered.get("/_stcore/metrics", {"Cookie": f"a=b; {cookie}"})[0] == 200


def test_foreign_origin_and_host_open_nothing(covered: Served) -> None:
    """With the cookie, too: a page elsewhere has it sent along."""
    cookie, _ = covered.sign_in("bob")
    for headers in (
        {"Origin": "http://localhost:9999"},
        {"Origin": None},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ):
        assert refused(covered, {"Cookie": cookie, **headers}), headers
    assert covered.get("/_stcore/metrics", {"Cookie": cookie, "Host": "evil.example"})[0] == 401


def test_signed_out_tab_that_comes_back_is_sent_to_the_form(covered: Served) -> None:
    """A browser reconnects by itself: 4401 has the page load anew; the session is not resumed."""
    cookie, _ = covered.sign_in("bob")
    with client(covered, cookie=cookie) as browser:
        session = browser.session_id
        covered.sign_out(cookie)
        assert browser.closed()[0] == 4401
    assert turned_away(covered, cookie=cookie, resume=session) == (4401, b"")
    assert turned_away(covered, resume=session) == (4401, b"")


# Signing out, and in as someone else, in the same browser.


@pytest.mark.parametrize("connected", [True, False], ids=["in the open tab", "after the tab was closed"])
def test_nothing_of_the_first_person_is_left_for_the_second(covered: Served, connected: bool) -> None:
    """Neither the state of the session, nor what stood in the widgets, nor the file that the page offered."""
    name = f"dora-{connected}"
    covered.add_user(name)
    cookie, _ = covered.sign_in(name)
    with client(covered, cookie=cookie) as first:
        assert f"kept: {name}" in first.texts
        session, address = first.session_id, media(first)
        assert covered.get(address, {"Cookie": cookie})[0] == 200
        if connected:
            covered.sign_out(cookie)
            assert first.closed()[0] == 4401
    if not connected:
        covered.sign_out(cookie)
    second, _ = covered.sign_in("alice")
    with client(covered, cookie=second, resume=session) as later:
        assert later.session_id != session
        assert "kept: alice" in later.texts
        assert name.encode() not in later.everything
        gone = lambda: covered.get(address, {"Cookie": second})[0] == 404  # noqa: E731
        wait_for(gone, "the first person's file is gone")


def test_file_of_the_first_person_stays_naively(uncovered: Served) -> None:
    """Streamlit keeps the session of a closed tab, and its files with it."""
    with client(uncovered) as first:
        address = media(first)
    assert uncovered.get(address)[0] == 200


def test_owner_resumes_after_a_lost_connection(covered: Served) -> None:
    """What keeps strangers out costs the owner nothing."""
    cookie, _ = covered.sign_in("bob")
    with client(covered, cookie=cookie) as browser:
        session = browser.session_id
    with client(covered, cookie=cookie, resume=session) as again:
        assert again.session_id == session


def test_mounted_app_is_covered_by_default(tmp_path: Path) -> None:
    """`mount()` puts the same gate in front, with the same default."""
    from test_mounting import run

    with run(tmp_path, "-m", "uvicorn", "launcher:app", "--no-access-log", "--port", mode="app") as served:
        assert b"data-front=" in served.get("/", HTML)[2]
        cookie = make_admin(served)
        assert turned_away(served) == (4401, b"")
        with client(served, cookie=cookie) as browser:
            assert "user: alice" in browser.texts


def test_form_knows_the_base_path(tmp_path: Path) -> None:
    """In the place of any page its files have whole addresses, below the path that the app is below."""
    with serve(
        APPS / "unaware", tmp_path, mode="app", options=["--server.baseUrlPath", "tools/app"]
    ) as served:
        for path in ("/tools/app/", "/tools/app/plans", "/tools/app/a/b/c", "/elsewhere"):
            body = served.get(path, HTML)[2].decode()
            assert "data-front=" in body, path
            assets = re.findall(r'(?:src|href)="([^"]*assets/[^"]+)"', body)
            assert len(assets) >= 4
            for asset in assets:
                assert served.get(asset)[0] == 200, asset
