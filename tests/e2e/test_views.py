"""Every view, in both modes: a picture of it, and axe-core finds nothing serious."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conftest import ARTIFACTS, Serve, Someone
from playwright.sync_api import Page

from form import Form, expect_content
from mails import Mailbox
from served import ROOT, Served

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "quiet harbor window lamp"


@pytest.fixture(scope="module")
def app(serve: Serve, mailbox: Mailbox) -> Served:
    settings = (
        'app_name = "Quickstart"\n'
        'tagline = "Numbers, drawn quickly."\n'
        'registration = "open"\n'
        "[limits]\nmails_per_address = 100\n"
    )
    app = serve(ROOT / "examples" / "roles" / "pages_folder", settings=settings + mailbox.settings())
    app.command("users", "add", "bob", "--email", "bob@example.org", typed=PASSWORD + "\n")
    return app


View = Callable[[Served, Mailbox, Page], None]


def login(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(app.url)
    Form(page).expect_title("Sign in")


def login_error(app: Served, mailbox: Mailbox, page: Page) -> None:
    login(app, mailbox, page)
    Form(page).sign_in("bob", "not the password")
    Form(page).card.get_by_text("That name and password don't match.").wait_for()


def login_full_page(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).expect_title("Sign in")


def login_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    login(app, mailbox, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def registration(app: Served, mailbox: Mailbox, page: Page) -> None:
    login(app, mailbox, page)
    Form(page).follow("Create an account")
    Form(page).expect_title("Create your account")
    Form(page).field("Username").fill("carol")
    Form(page).field("Password").fill("password1")
    Form(page).card.get_by_text("Attackers try this one first.").wait_for()


def check_mail(app: Served, mailbox: Mailbox, page: Page) -> None:
    recovery(app, mailbox, page)
    Form(page).field("Username or e-mail").fill("bob")
    Form(page).button("Send the link").click()
    Form(page).expect_title("Check your mail")


def recovery(app: Served, mailbox: Mailbox, page: Page) -> None:
    login(app, mailbox, page)
    Form(page).follow("Forgot password?")
    Form(page).expect_title("Forgot your password?")


def reset(app: Served, mailbox: Mailbox, page: Page) -> None:
    check_mail(app, mailbox, page)
    page.goto(mailbox.link("bob@example.org", "reset"))
    Form(page).expect_title("Choose a new password")


def setup(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(app.setup_link())
    Form(page).expect_title("Welcome. Let's set things up")


def broken_link(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(f"{app.url}/_gatehouse/#reset={'A' * 43}")
    Form(page).expect_title("This link doesn't work any more")


def unreachable(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", lambda route: route.abort())
    page.goto(app.url)
    Form(page).expect_title("We can't reach the sign-in service")


def not_allowed(app: Served, mailbox: Mailbox, page: Page) -> None:
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Welcome, bob")
    page.goto(f"{app.url}/Admin")
    Form(page).expect_title("This page isn't open to you")


def signed_in(app: Served, mailbox: Mailbox, page: Page) -> None:
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Welcome, bob")
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).expect_title("You're signed in")


def change_password(app: Served, mailbox: Mailbox, page: Page) -> None:
    signed_in(app, mailbox, page)
    Form(page).follow("Change password")
    Form(page).expect_title("Change your password")


VIEWS: list[View] = [
    login,
    login_error,
    login_full_page,
    login_narrow,
    registration,
    check_mail,
    recovery,
    reset,
    setup,
    broken_link,
    unreachable,
    not_allowed,
    signed_in,
    change_password,
]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_axe_finds_nothing_serious(
    app: Served, mailbox: Mailbox, someone: Someone, view: View, mode: str
) -> None:
    page = someone(dark=mode == "dark").new_page()
    view(app, mailbox, page)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{view.__name__}-{mode}.png")
    # Through the debugger: the page's own policy rightly runs no script of a stranger.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run('.gh-card')")
    serious = [
        {"rule": rule["id"], "help": rule["help"], "where": [node["target"] for node in rule["nodes"]]}
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert not serious, json.dumps(serious, indent=1)
    assert found["passes"], "axe looked at nothing"
