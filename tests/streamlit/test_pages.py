"""The page that an address leads to, over the sign-in: what a browser knows of it, and what it forgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import Client, client
from kit import plain
from served import APPS, Served, make_admin, serve

PLANS = "plans: {'from': 'mail'}"


@pytest.fixture(scope="module", params=["gatehouse run", "streamlit run", "below a path"])
def navigated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an app that comes to `st.navigation` only when someone is signed in."""
    directory = tmp_path_factory.mktemp("navigated")
    below = ["--server.baseUrlPath", "tools/app"] if request.param == "below a path" else []
    if request.param == "streamlit run":
        with plain(directory, "navigated") as served:
            yield served
    else:
        with serve(APPS / "navigated", directory, options=below) as served:
            served.base = "/tools/app" if below else ""
            make_admin(served)
            yield served


def send_ticket(served: Served, browser: Client) -> Client:
    """Sign in as the form does."""
    return browser.send_ticket(served.sign_in("alice", browser.form[1]["challenge"])[1])


def test_page_of_the_address_is_there_after_the_sign_in(navigated: Served) -> None:
    """From the first run on a browser takes the main script for its page, which is the default page."""
    with client(navigated, page="plans", query="from=mail") as browser:
        assert send_ticket(navigated, browser).texts == [PLANS]
        assert browser.rerun().texts == [PLANS]


def test_page_is_kept_over_runs_that_sign_nobody_in(navigated: Served) -> None:
    """A theme is switched, a ticket is refused: the form stays, and so does the page."""
    with client(navigated, page="plans", query="from=mail") as browser:
        browser.rerun()
        browser.send_ticket("no ticket of anybody's")
        assert send_ticket(navigated, browser).texts == [PLANS]


def test_page_that_outlived_its_session_is_kept(navigated: Served) -> None:
    """The server was restarted under the form: a new session hears only what the browser still knows."""
    with client(navigated, page="plans", query="from=mail") as browser:
        known = browser.page_hash
    with client(navigated, page="plans", query="from=mail", page_hash=known) as browser:
        assert send_ticket(navigated, browser).texts == [PLANS]
    with client(navigated, page_hash=known) as browser:
        assert send_ticket(navigated, browser).texts == ["home"]


def test_page_that_is_none_is_said_to_be_none(navigated: Served) -> None:
    """As for somebody who is signed in already."""
    cookie, _ = navigated.sign_in("alice")
    for known in ("", cookie):
        with client(navigated, page="nothing", cookie=known) as browser:
            if not known:
                assert not browser.missing
                send_ticket(navigated, browser)
            assert (browser.texts, browser.missing) == (["home"], True)


def test_page_that_was_chosen_later_stays_chosen(navigated: Served) -> None:
    """The page that was asked for first has no say any more."""
    with client(navigated, page="plans") as browser:
        plans = send_ticket(navigated, browser).page_hash
        home = next(page for page in browser.pages if page != plans)
        browser.page_hash = home
        assert browser.rerun().texts == ["home"]
        assert browser.rerun().texts == ["home"]
