"""The account page as its owner uses it: on the page of its own and inside the app."""

from __future__ import annotations

import json

import pytest
from authenticator import Authenticator
from conftest import Serve, Someone
from playwright.sync_api import Page, expect

from form import Form, expect_content
from mails import Mailbox
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


@pytest.fixture(scope="module")
def mailing(serve: Serve, mailbox: Mailbox) -> Served:
    app = serve(ROOT / "examples" / "quickstart", settings=mailbox.settings())
    for name in ("cleo", "dora"):
        app.command("users", "add", name, "--email", f"{name}@example.org", typed=PASSWORD + "\n")
    return app


def account_page(app: Served, page: Page, name: str) -> None:
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).sign_in(name, PASSWORD)
    page.wait_for_url(lambda url: "_gatehouse" not in url)
    page.goto(f"{app.url}/_gatehouse/account")


def wants_address(page: Page, address: str) -> Form:
    profile = section(page, "Profile")
    profile.button("Change address").click()
    expect(profile.field("New e-mail address")).to_be_focused()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(profile.card.get_by_text(f"Changing to {address}")).to_be_visible()
    return profile


def test_an_address_changes_when_both_addresses_agree(
    mailing: Served, mailbox: Mailbox, someone: Someone
) -> None:
    page = someone().new_page()
    account_page(mailing, page, "cleo")
    wants_address(page, "cleo.new@example.org")

    # Somebody else's browser, where nobody is signed in: the mail is read on a phone.
    phone = someone().new_page()
    phone.goto(mailbox.link("cleo.new@example.org", "confirm-address"))
    form = Form(phone)
    form.expect_title("Is this your address?")
    assert "#" not in phone.url, "the token stays in the address"
    form.button("Confirm address").click()
    form.expect_title("One more link")

    phone.goto(mailbox.link("cleo@example.org", "approve"))
    form.expect_title("Change your address?")
    form.button("It was me").focus()
    phone.keyboard.press("Enter")
    form.expect_title("Your address is changed")

    page.reload()
    expect(section(page, "Profile").card.get_by_text("cleo.new@example.org")).to_be_visible()
    other = someone().new_page()
    other.goto(mailing.url)
    Form(other).sign_in("cleo.new@example.org", PASSWORD)
    expect_content(other, "Hello cleo")


def test_a_change_that_was_cancelled_changes_nothing(
    mailing: Served, mailbox: Mailbox, someone: Someone
) -> None:
    page = someone().new_page()
    account_page(mailing, page, "dora")
    profile = wants_address(page, "dora.new@example.org")
    link = mailbox.link("dora.new@example.org", "confirm-address")
    profile.button("Keep the present address").click()
    expect(profile.button("Change address")).to_be_visible()
    # Pasted into the open page.
    page.goto(link)
    Form(page).button("Confirm address").click()
    Form(page).expect_title("That link doesn't work")


def test_printing_recovery_codes_prints_nothing_else(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/account")
    Form(page).sign_in("bob", PASSWORD)
    factors = section(page, "Two-step verification")
    factors.button("Set up an authenticator app").click()
    authenticator = Authenticator(page.locator(".gh-secret").inner_text())
    page.get_by_label("Six-digit code").fill(authenticator.code())
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".gh-codes li")).to_have_count(10)
    others = [
        page.get_by_role("heading", name="Profile"),
        page.get_by_role("button", name="I've stored them, continue"),
    ]
    for other in others:
        expect(other).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".gh-codes li").first).to_be_visible()
    for other in others:
        expect(other).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="I've stored them, continue").click()
