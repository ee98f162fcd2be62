"""Forgotten and changed passwords: links by mail, and what happens to the other sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import expect

from form import Form, expect_content
from mails import Mailbox
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"


@pytest.fixture(scope="module")
def app(serve: Serve, mailbox: Mailbox) -> Served:
    app = serve(ROOT / "examples" / "quickstart", settings='app_name = "Quickstart"\n' + mailbox.settings())
    for name in ("erin", "frank", "grace"):
        typed = PASSWORD + "\n"
        app.command("users", "add", name, "--email", f"{name}@example.org", typed=typed)
    return app


def test_a_forgotten_password_is_replaced_by_mail_and_every_session_ends(
    app: Served, mailbox: Mailbox, someone: Someone
) -> None:
    elsewhere = someone().new_page()
    elsewhere.goto(app.url)
    Form(elsewhere).sign_in("erin", PASSWORD)
    expect_content(elsewhere, "Hello erin")

    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.follow("Forgot password?")
    form.field("Username or e-mail").fill("erin")
    form.button("Send the link").click()
    form.expect_title("Check your mail")

    link = mailbox.link("erin@example.org", "reset")
    page.goto(link)
    form.expect_title("Choose a new password")
    form.choose_password("fresh paint on the gate")
    expect(form.card.get_by_text("Your new password is saved.")).to_be_visible()
    Form(elsewhere).expect_title("Sign in")

    form.sign_in("erin", "fresh paint on the gate")
    expect_content(page, "Hello erin")

    again = someone().new_page()
    again.goto(link)
    Form(again).expect_title("This link doesn't work any more")


def test_an_unknown_name_gets_the_same_answer_and_no_mail(
    app: Served, mailbox: Mailbox, someone: Someone
) -> None:
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.follow("Forgot password?")
    form.field("Username or e-mail").fill("nobody@example.org")
    form.button("Send the link").click()
    form.expect_title("Check your mail")
    assert mailbox.to("nobody@example.org") == []


def test_changing_the_password_keeps_this_session_and_ends_the_others(app: Served, someone: Someone) -> None:
    context, other = someone(), someone()
    for browser in (context, other):
        page = browser.new_page()
        page.goto(app.url)
        Form(page).sign_in("frank", PASSWORD)
        expect_content(page, "Hello frank")

    page = context.new_page()
    page.goto(f"{app.url}/_gatehouse/")
    form = Form(page)
    form.follow("Change password")
    form.field("Current password").fill("not this one")
    form.choose_password("another lamp in the window")
    expect(form.card.get_by_text("That isn't your current password.")).to_be_visible()
    form.field("Current password").fill(PASSWORD)
    form.choose_password("another lamp in the window")
    form.expect_title("Your password is changed")

    Form(other.pages[0]).expect_title("Sign in")
    context.pages[0].reload()
    expect_content(context.pages[0], "Hello frank")


def test_a_temporary_password_has_to_be_replaced_at_sign_in(app: Served, someone: Someone) -> None:
    app.command("users", "set-password", "grace", typed="only for a minute\n")
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.sign_in("grace", "only for a minute")
    form.expect_title("Choose your own password")
    form.field("New password").fill("my very own lamp")
    form.button("Save and go on").click()
    expect_content(page, "Hello grace")


def test_a_password_is_changed_inside_the_app_which_is_told_once(serve: Serve, someone: Someone) -> None:
    app = serve(Path(__file__).parent / "apps" / "account.py")
    app.command("users", "add", "heidi", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.sign_in("heidi", PASSWORD)
    form.expect_title("Change your password")
    form.field("Current password").fill(PASSWORD)
    form.choose_password("another lamp in the window")
    expect(page.get_by_text("Changed 1 times.")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Ran again.")).to_be_visible()
    expect(page.get_by_text("Changed 1 times.")).to_be_visible()

    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.sign_in("heidi", PASSWORD)
    expect(form.card.get_by_text("That name and password don't match.")).to_be_visible()


def test_signing_in_by_keyboard_alone(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).expect_title("Sign in")
    app.command("users", "add", "kim", typed=PASSWORD + "\n")
    page.keyboard.type("kim")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_content(page, "Hello kim")
