"""Two-step verification as people meet it: set up on a page that needs it, asked for at the next sign-in, by
keyboard alone, and a way in when the phone is lost.
"""

from __future__ import annotations

import pytest
from authenticator import set_up
from conftest import Serve, Someone
from playwright.sync_api import expect

from form import Form, expect_content
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"
APP = ROOT / "examples" / "strong_page"


@pytest.fixture(scope="module", params=["app", "script"])
def app(serve: Serve, request: pytest.FixtureRequest) -> Served:
    app = serve(APP, gate=request.param)
    for name in ("ann", "bob", "cleo"):
        app.command("users", "add", name, typed=PASSWORD + "\n")
    return app


@pytest.fixture(scope="module")
def strict(serve: Serve) -> Served:
    app = serve(APP, settings='mfa = "required"\n')
    app.command("users", "add", "dora", typed=PASSWORD + "\n")
    return app


def test_a_page_that_needs_two_factors_sets_one_up_in_place_and_asks_for_it_later(
    app: Served, someone: Someone
) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("ann", PASSWORD)
    expect_content(page, "Hello ann")
    page.get_by_text("Payments").first.click()
    authenticator, _ = set_up(page)
    expect_content(page, "Payments")

    other = someone().new_page()
    other.goto(app.url)
    form = Form(other)
    form.sign_in("ann", PASSWORD)
    form.expect_title("Enter the code from your app")
    form.field("Six-digit code").fill("000000")
    form.button("Confirm").click()
    expect(form.card.get_by_text("That code isn't right")).to_be_visible()
    form.field("Six-digit code").fill(authenticator.code())
    form.button("Confirm").click()
    expect_content(other, "Hello ann")
    other.get_by_text("Payments").first.click()
    expect_content(other, "Payments")


def test_by_keyboard_alone_and_by_a_recovery_code(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/payments")
    Form(page).sign_in("bob", PASSWORD)
    _, codes = set_up(page)
    expect_content(page, "Payments")

    other = someone().new_page()
    other.goto(app.url)
    form = Form(other)
    form.sign_in("bob", PASSWORD)
    form.expect_title("Enter the code from your app")
    expect(form.field("Six-digit code")).to_be_focused()
    form.button("Use a recovery code instead").focus()
    other.keyboard.press("Enter")
    expect(form.field("Recovery code")).to_be_focused()
    other.keyboard.type(codes[0].upper())
    other.keyboard.press("Enter")
    expect_content(other, "Hello bob")

    third = someone().new_page()
    third.goto(app.url)
    form = Form(third)
    form.sign_in("bob", PASSWORD)
    form.button("Use a recovery code instead").click()
    form.field("Recovery code").fill(codes[0])
    form.button("Confirm").click()
    expect(form.card.get_by_text("That code isn't right")).to_be_visible()
    expect(form.field("Recovery code")).to_have_value(codes[0])


def test_where_two_factors_are_required_the_first_sign_in_sets_one_up(
    strict: Served, someone: Someone
) -> None:
    page = someone().new_page()
    page.goto(strict.url)
    Form(page).sign_in("dora", PASSWORD)
    authenticator, _ = set_up(page)
    expect_content(page, "Hello dora")
    # One reload later the cookie says the same.
    page.reload()
    expect_content(page, "Hello dora")

    other = someone().new_page()
    other.goto(strict.url)
    form = Form(other)
    form.sign_in("dora", PASSWORD)
    form.field("Six-digit code").fill(authenticator.code())
    form.button("Confirm").click()
    expect_content(other, "Hello dora")


def test_the_operator_opens_the_way_back_and_it_ends_every_session(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/payments")
    Form(page).sign_in("cleo", PASSWORD)
    set_up(page)
    expect_content(page, "Payments")
    app.command("users", "reset-factors", "cleo")
    Form(page).expect_title("Sign in")
    Form(page).sign_in("cleo", PASSWORD)
    Form(page).expect_title("Set up your authenticator app")
