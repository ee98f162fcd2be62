"""The account page as its owner uses it: on the page of its own and inside the app."""

from __future__ import annotations

import json

import pytest
from authenticator import Authenticator
from conftest import Serve, Someone
from playwright.sync_api import Page, expect

from form import Form, expect_content
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"


@pytest.fixture(scope="module")
def app(serve: Serve) -> Served:
    app = serve(ROOT / "examples" / "strong_page", gate="script")
    for name in ("ann", "bob"):
        app.command("users", "add", name, typed=PASSWORD + "\n")
    return app


def section(page: Page, title: str) -> Form:
    form = Form(page)
    form.card = page.locator(".gh-card").filter(has=page.get_by_role("heading", name=title, exact=True))
    return form


def test_a_factor_is_set_up_named_and_removed_inside_the_app(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/account")
    Form(page).sign_in("ann", PASSWORD)
    factors = section(page, "Two-step verification")
    factors.button("Set up an authenticator app").click()
    authenticator = Authenticator(page.locator(".gh-secret").inner_text())
    page.get_by_label("Six-digit code").fill(authenticator.code())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="I've stored them, continue").click()
    expect(factors.card.get_by_text("10 left")).to_be_visible()

    factors.button("Rename").click()
    factors.card.get_by_label("Name", exact=True).fill("Phone")
    page.keyboard.press("Enter")
    expect(factors.card.get_by_text("Phone")).to_be_visible()

    factors.button("Remove").click()
    factors.card.get_by_role("button", name="Yes").click()
    expect(factors.button("Set up an authenticator app")).to_be_visible()


def test_other_sessions_end_and_the_data_is_downloaded(app: Served, someone: Someone) -> None:
    other = someone().new_page()
    other.goto(app.url)
    Form(other).sign_in("bob", PASSWORD)
    expect_content(other, "Hello bob")

    page = someone().new_page()
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).sign_in("bob", PASSWORD)
    page.wait_for_url(lambda url: "_gatehouse" not in url)
    page.goto(f"{app.url}/_gatehouse/account")
    sessions = section(page, "Where you're signed in")
    expect(sessions.card.locator(".gh-row")).to_have_count(2)
    sessions.button("Sign out everywhere else").click()
    sessions.card.get_by_role("button", name="Yes").click()
    expect(sessions.card.locator(".gh-row")).to_have_count(1)
    Form(other).expect_title("Sign in")

    with page.expect_download() as download:
        section(page, "Your data").button("Download my data").click()
    assert json.loads(download.value.path().read_text())["account"]["username"] == "bob"
