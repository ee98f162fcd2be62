"""Signing in with an account of somebody else, at a certified provider that runs on this machine: by its
button, on the page of its own and inside Streamlit, with a second factor after it, and when it fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from authenticator import set_up
from conftest import Someone
from playwright.sync_api import Page, expect

from provider import Provider

from form import Form, expect_content, sign_out
from served import ROOT, Served

APP = ROOT / "examples" / "roles" / "navigation"
LINK = "/reports?from=mail"
PASSWORD = "quiet harbor window lamp"
SETTINGS = """
mfa_roles = ["admin"]

[providers.company]
label = "Example Inc."
register = true
groups_claim = "groups"
[providers.company.roles]
staff = ["editor"]

[providers.treasury]
label = "the Treasury"
register = true
groups_claim = "groups"
[providers.treasury.roles]
chiefs = ["admin"]

[providers.partner]
label = "Partner"

[providers.doubtful]
label = "Doubtful"

[providers.away]
client_id = "gatehouse"
client_secret = "a secret of sixteen and more"
issuer = "http://127.0.0.1:9"
label = "Away"
"""
JANE = {
    "email": "jane@example.org",
    "email_verified": True,
    "preferred_username": "jane",
    "groups": ["staff"],
}
CHIEF = {"preferred_username": "chief", "groups": ["chiefs"]}


@pytest.fixture(scope="module", params=["app", "script"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with ExitStack() as stack:
        app = Served(APP, tmp_path_factory.mktemp("home") / "app", settings=SETTINGS, gate=request.param)
        stack.callback(app.stop)
        for provider in (
            Provider("company", app, "1001", **JANE),
            Provider("treasury", app, "2002", **CHIEF),
            Provider("partner", app, "3003", preferred_username="nobody"),
            Provider("doubtful", app, None),
        ):
            stack.callback(provider.stop)
        app.start()
        app.command("users", "add", "bob", typed=PASSWORD + "\n")
        yield app


def expect_refused(app: Served, page: Page, sentence: str) -> None:
    """A card that says why, with a form that works, and the place to go to afterwards still known."""
    form = Form(page)
    form.expect_title("Sign in")
    expect(form.card.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    assert "refused" not in page.url
    expect(form.field("Username or e-mail")).to_be_focused()
    form.sign_in("bob", PASSWORD)
    expect_content(page, "Welcome, bob")
    assert page.url == f"{app.url}/?from=mail"


def test_the_button_signs_in_and_leads_back_to_the_deep_link(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url + LINK)
    Form(page).expect_title("Sign in")
    Form(page).way("Continue with Example Inc.").click()
    expect_content(page, "Reports")
    assert page.url == app.url + LINK
    # The cookie says the same one reload later, and who comes again is the same person.
    page.reload()
    expect_content(page, "Reports")
    sign_out(page)
    Form(page).way("Continue with Example Inc.").click()
    expect_content(page, "Reports")
    expect(page.get_by_test_id("stSidebar").get_by_text("jane", exact=True)).to_be_visible()


def test_the_page_of_its_own_leads_to_the_app(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).way("Continue with Example Inc.").click()
    expect_content(page, "Welcome, jane")
    assert page.url == app.url + "/"


def test_another_tab_is_signed_in_when_it_is_loaded_anew(app: Served, someone: Someone) -> None:
    context = someone()
    waiting, page = context.new_page(), context.new_page()
    waiting.goto(app.url)
    Form(waiting).expect_title("Sign in")
    page.goto(app.url)
    Form(page).way("Continue with Example Inc.").click()
    expect_content(page, "Welcome, jane")
    waiting.reload()
    expect_content(waiting, "Welcome, jane")


def test_by_keyboard_alone(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.button("Sign in").focus()
    page.keyboard.press("Tab")
    expect(form.way("Continue with Away")).to_be_focused()
    page.keyboard.press("Tab")
    way = form.way("Continue with Example Inc.")
    expect(way).to_be_focused()
    # Who moves by keyboard sees where the focus is.
    visible = "way => way.matches(':focus-visible') && getComputedStyle(way).outlineStyle"
    assert way.evaluate(visible) == "solid"
    page.keyboard.press("Enter")
    expect_content(page, "Welcome, jane")


def test_keep_me_signed_in_counts_on_this_way_too(app: Served, someone: Someone) -> None:
    for keep in (True, False):
        page = someone().new_page()
        page.goto(app.url)
        form = Form(page)
        # Whoever changes their mind is believed the last time.
        box = form.field("Keep me signed in")
        box.check()
        box.set_checked(keep)
        form.way("Continue with Example Inc.").click()
        expect_content(page, "Welcome, jane")
        (session,) = [one for one in page.context.cookies() if is_session(one["name"])]
        assert (session["expires"] > time.time() + 20 * 86_400) == keep


def test_the_second_factor_is_asked_for_after_it(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/admin?from=mail")
    Form(page).way("Continue with the Treasury").click()
    authenticator, _ = set_up(page)
    expect_content(page, "Administration")
    assert page.url == f"{app.url}/admin?from=mail"

    other = someone().new_page()
    other.goto(f"{app.url}/admin?from=mail")
    Form(other).way("Continue with the Treasury").click()
    form = Form(other)
    form.expect_title("Enter the code from your app")
    assert "challenge" not in other.url, "what carries the sign-in is out of the address"
    assert not any(is_session(cookie["name"]) for cookie in other.context.cookies())
    form.field("Six-digit code").fill("000000")
    form.button("Confirm").click()
    expect(form.card.get_by_text("That code isn't right")).to_be_visible()
    form.field("Six-digit code").fill(authenticator.code())
    form.button("Confirm").click()
    expect_content(other, "Administration")
    assert other.url == f"{app.url}/admin?from=mail"


def is_session(cookie: str) -> bool:
    """Whether it says who is signed in: not the cookie of a device, or of a way to a provider."""
    return re.match(r"gatehouse-(?!device-|provider-)", cookie) is not None


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("Doubtful", "You turned back before you were signed in."),
        ("Partner", "That account has no access here yet."),
        ("Away", "We can't reach that service right now."),
    ],
)
def test_what_comes_to_nothing_is_said_and_the_form_works(
    app: Served, someone: Someone, label: str, sentence: str
) -> None:
    page = someone().new_page()
    page.goto(f"{app.url}/?from=mail")
    Form(page).way(f"Continue with {label}").click()
    expect_refused(app, page, sentence)


def test_what_the_provider_refuses_is_said_too(app: Served, someone: Someone) -> None:
    """Its answer is another sign-in's: somebody opened an old link, or an attacker's."""
    page = someone().new_page()
    page.goto(f"{app.url}/_gatehouse/provider/callback/company?code=x&state={'A' * 43}")
    form = Form(page)
    expect(form.card.get_by_role("alert").filter(has_text="That took a little too long.")).to_be_visible()
    form.way("Continue with Example Inc.").click()
    expect_content(page, "Welcome, jane")


def test_an_account_that_is_another_persons_is_not_taken_over(app: Served, someone: Someone) -> None:
    """Somebody here has the address that the provider verified: that alone opens nothing."""
    app.command("users", "add", "owner", "--email", "chief@example.org", typed=PASSWORD + "\n")
    provider = Provider("partner", app, "4004", email="chief@example.org", email_verified=True)
    try:
        app.restart()
        page = someone().new_page()
        page.goto(f"{app.url}/?from=mail")
        Form(page).way("Continue with Partner").click()
        expect_refused(app, page, "There is an account with your address.")
    finally:
        provider.stop()


def test_in_german(app: Served, someone: Someone) -> None:
    page = someone(locale="de-DE").new_page()
    page.goto(app.url + LINK)
    form = Form(page)
    form.expect_title("Anmelden")
    form.way("Weiter mit Doubtful").click()
    refused = "Sie sind umgekehrt, bevor Sie angemeldet waren."
    expect(form.card.get_by_role("alert").filter(has_text=refused)).to_be_visible()
    form.way("Weiter mit Example Inc.").click()
    expect_content(page, "Reports")
    assert page.url == app.url + LINK


def test_the_example_signs_in_with_groups_as_roles(
    someone: Someone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = ROOT / "examples" / "oidc"
    example = Served(source, tmp_path_factory.mktemp("home") / "app")
    # With its own settings: the provider alone is another.
    (example.home / "gatehouse.toml").write_text((source / "gatehouse.toml").read_text())
    provider = Provider("company", example, "1001", **JANE)
    try:
        example.start()
        page = someone().new_page()
        page.goto(example.url)
        Form(page).way("Continue with Example Inc.").click()
        expect_content(page, "Hello jane")
        expect(page.get_by_text("Your address is jane@example.org.")).to_be_visible()
        expect(page.get_by_label("News")).to_be_visible()
    finally:
        example.stop()
        provider.stop()
