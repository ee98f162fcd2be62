"""Passkeys as people meet them: made on the account page, then by one button, in the field's autofill, and
after the password; on the page of its own and inside the app.
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serve, Someone
from passkeys import Device
from playwright.sync_api import Page, expect

from form import Form, expect_content
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"
APP = ROOT / "examples" / "strong_page"


@pytest.fixture(scope="module", params=["app", "script"])
def app(serve: Serve, request: pytest.FixtureRequest) -> Served:
    app = serve(APP, gate=request.param)
    for name in ("ann", "bob", "cleo", "dora", "emil", "fred", "ivo"):
        app.command("users", "add", name, typed=PASSWORD + "\n")
    return app


def factors(page: Page) -> Form:
    form = Form(page)
    title = page.get_by_role("heading", name="Two-step verification", exact=True)
    form.card = page.locator(".gh-card").filter(has=title)
    return form


def add(page: Page, app: Served, *, first: bool = True) -> Form:
    """Make a passkey on the account page of who is signed in."""
    page.goto(f"{app.url}/_gatehouse/account")
    form = factors(page)
    form.button("Add a passkey").click()
    if first:
        form.card.get_by_role("button", name="I've stored them, continue").click()
    expect(form.card.get_by_text("The passkey is saved.")).to_be_visible()
    return form


def somebody(app: Served, someone: Someone, name: str) -> list[dict[str, Any]]:
    """A person who has made a passkey: what their device keeps."""
    page = someone().new_page()
    page.goto(app.url)
    device = Device(page)
    # In the field of the form nothing is chosen for them while they type.
    device.answers(False)
    Form(page).sign_in(name, PASSWORD)
    expect_content(page, f"Hello {name}")
    device.answers(True)
    add(page, app)
    return device.credentials()


def arrive(
    app: Served,
    someone: Someone,
    kept: list[dict[str, Any]],
    *,
    quiet: bool = False,
    offered: bool = True,
) -> tuple[Page, Device]:
    """Open the sign-in form with a device that keeps these.

    `quiet`: they are chosen in the field at once. `offered=False`: a browser whose fields offer none, so that
    nobody signs in before the button is pressed.
    """
    page = someone().new_page()
    if not offered:
        page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    device = Device(page, automaticPresenceSimulation=quiet)
    device.take(kept)
    page.goto(app.url)
    return page, device


def test_a_passkey_is_made_named_renamed_and_removed(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    device = Device(page, automaticPresenceSimulation=False)
    Form(page).sign_in("ann", PASSWORD)
    expect_content(page, "Hello ann")
    device.answers(True)
    form = add(page, app)
    row = form.card.locator(".gh-row").first
    expect(row.get_by_text("Passkey", exact=False)).to_be_visible()
    form.button("Rename").click()
    form.card.get_by_label("Name", exact=True).fill("Laptop")
    page.keyboard.press("Enter")
    expect(form.card.get_by_text("Laptop")).to_be_visible()

    # The same device makes no second one.
    form.button("Add a passkey").click()
    expect(form.card.get_by_text("This passkey is set up already.")).to_be_visible()

    form.button("Remove").first.click()
    form.card.get_by_role("button", name="Yes").click()
    expect(form.button("Set up an authenticator app")).to_be_visible()


def test_one_button_signs_in(app: Served, someone: Someone) -> None:
    kept = somebody(app, someone, "bob")
    page, device = arrive(app, someone, kept, offered=False)
    form = Form(page)
    form.expect_title("Sign in")
    device.answers(True)
    form.button("Sign in with a passkey").click()
    expect_content(page, "Hello bob")
    # It is two factors at once: nothing more is asked for.
    page.get_by_text("Payments").first.click()
    expect_content(page, "Payments")
    page.reload()
    expect_content(page, "Payments")
    page.goto(f"{app.url}/_gatehouse/account")
    row = factors(page).card.locator(".gh-row").first
    expect(row.get_by_text("last used", exact=False)).to_be_visible()


def test_the_field_offers_it_and_one_choice_signs_in(app: Served, someone: Someone) -> None:
    kept = somebody(app, someone, "cleo")
    page, _ = arrive(app, someone, kept, quiet=True)
    # The simulated person chooses what the field offers.
    expect_content(page, "Hello cleo")


def test_after_the_password_it_is_the_second_factor(app: Served, someone: Someone) -> None:
    kept = somebody(app, someone, "dora")
    page, device = arrive(app, someone, kept)
    form = Form(page)
    expect(form.field("Username or e-mail")).to_have_attribute("autocomplete", "username webauthn")
    form.sign_in("dora", PASSWORD)
    form.expect_title("Confirm with your passkey")
    device.verifies(False)
    device.answers(True)
    form.button("Confirm").click()
    expect(form.card.get_by_text("No passkey was used.")).to_be_visible()
    device.verifies(True)
    form.button("Confirm").click()
    expect_content(page, "Hello dora")


@pytest.mark.parametrize("gate", ["app", "script"])
def test_where_a_factor_is_required_a_passkey_can_be_it(serve: Serve, someone: Someone, gate: str) -> None:
    app = serve(APP, gate=gate, settings='mfa = "required"\n')
    app.command("users", "add", "hana", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(app.url)
    device = Device(page, automaticPresenceSimulation=False)
    form = Form(page)
    form.sign_in("hana", PASSWORD)
    form.expect_title("Set up your authenticator app")
    device.verifies(False)
    device.answers(True)
    form.button("Use a passkey instead").click()
    expect(form.card.get_by_text("No passkey was made")).to_be_visible()
    device.verifies(True)
    form.button("Use a passkey instead").click()
    form.expect_title("Store your recovery codes")
    form.button("I've stored them, continue").click()
    expect_content(page, "Hello hana")

    # From then on it is all that is asked for.
    other, _ = arrive(app, someone, device.credentials(), quiet=True)
    expect_content(other, "Hello hana")


def test_a_page_that_asks_for_a_second_factor_takes_a_passkey_that_is_made_for_it(
    app: Served, someone: Someone
) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/payments")
    device = Device(page, automaticPresenceSimulation=False)
    form = Form(page)
    form.sign_in("ivo", PASSWORD)
    form.expect_title("Set up your authenticator app")
    device.answers(True)
    form.button("Use a passkey instead").click()
    form.expect_title("Store your recovery codes")
    form.button("I've stored them, continue").click()
    expect_content(page, "Payments")


def test_who_turns_back_keeps_what_was_typed(app: Served, someone: Someone) -> None:
    kept = somebody(app, someone, "emil")
    page, device = arrive(app, someone, kept, offered=False)
    form = Form(page)
    form.field("Username or e-mail").fill("emil")
    device.verifies(False)
    device.answers(True)
    form.button("Sign in with a passkey").click()
    expect(form.card.get_by_text("No passkey was used.")).to_be_visible()
    expect(form.field("Username or e-mail")).to_have_value("emil")
    form.field("Password").fill(PASSWORD)
    form.button("Sign in").click()
    form.expect_title("Confirm with your passkey")
    form.button("Use a recovery code instead").click()
    form.expect_title("Enter a recovery code")


def test_inside_the_app_and_on_the_page_of_its_own(serve: Serve, someone: Someone) -> None:
    app = serve(APP, gate="script")
    app.command("users", "add", "gina", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(f"{app.url}/account")
    device = Device(page, automaticPresenceSimulation=False)
    Form(page).sign_in("gina", PASSWORD)
    form = factors(page)
    expect(form.button("Add a passkey")).to_be_visible()
    device.answers(True)
    form.button("Add a passkey").click()
    form.card.get_by_role("button", name="I've stored them, continue").click()
    expect(form.card.get_by_text("The passkey is saved.")).to_be_visible()

    alone, second = arrive(app, someone, device.credentials())
    second.answers(True)
    alone.goto(f"{app.url}/_gatehouse/")
    alone.wait_for_url(lambda url: "_gatehouse" not in url)
    expect_content(alone, "Hello gina")


def test_a_browser_without_passkeys_shows_nothing_of_them(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(app.url)
    form = Form(page)
    form.expect_title("Sign in")
    expect(form.button("Sign in with a passkey")).to_have_count(0)
    form.sign_in("fred", PASSWORD)
    expect_content(page, "Hello fred")
    page.goto(f"{app.url}/_gatehouse/account")
    expect(factors(page).button("Set up an authenticator app")).to_be_visible()
    expect(factors(page).button("Add a passkey")).to_have_count(0)


def test_where_they_are_off_nobody_is_offered_one(serve: Serve, someone: Someone) -> None:
    app = serve(APP, settings="passkeys = false\n")
    page = someone().new_page()
    page.goto(app.url)
    Form(page).expect_title("Sign in")
    expect(Form(page).button("Sign in with a passkey")).to_have_count(0)
