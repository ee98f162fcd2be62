"""The ways to every view, as somebody takes them: each ends where a picture can be taken."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from form import Form, expect_content
from mails import Mailbox
from served import Served

PASSWORD = "quiet harbor window lamp"

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


def login_full_page_dialog(app: Served, mailbox: Mailbox, page: Page) -> None:
    """Too many attempts, said on the page of its own."""
    problem = {"code": "too_many_attempts", "field": None, "retry_after": 90}
    page.route("**/_gatehouse/login", lambda route: route.fulfill(status=429, json=problem))
    login_full_page(app, mailbox, page)
    Form(page).sign_in("bob", "not the password")
    Form(page).card.get_by_text("Too many attempts.").wait_for()


def narrow(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})


def login_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    login(app, mailbox, page)


def registration_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    registration(app, mailbox, page)


def login_full_page_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    login_full_page(app, mailbox, page)


def login_zoomed(app: Served, mailbox: Mailbox, page: Page) -> None:
    """A window of 1000 px at 200 % is one of 500."""
    page.set_viewport_size({"width": 500, "height": 400})
    login(app, mailbox, page)


def large_letters(page: Page) -> None:
    """Only the letters are twice as large, as some set their browser once and for all."""
    page.set_viewport_size({"width": 640, "height": 800})
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.documentElement.style.fontSize = '32px')"
    )


def login_large_letters(app: Served, mailbox: Mailbox, page: Page) -> None:
    large_letters(page)
    login_full_page(app, mailbox, page)
    Form(page).button("Sign in").click()
    Form(page).card.get_by_text("Enter a password.").wait_for()


def loading(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", wait_for_ever)
    page.goto(app.url)
    expect(page.locator(".gh-loading > .gh-skeleton")).to_have_css("opacity", "1")


def loading_full_page(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", wait_for_ever)
    page.goto(f"{app.url}/_gatehouse/")
    expect(page.locator(".gh-loading > .gh-skeleton")).to_have_css("opacity", "1")


def working(app: Served, mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/login", wait_for_ever)
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    page.locator(".gh-form[aria-busy=true]").wait_for()


def wait_for_ever(_route: Route) -> None:
    """The answer never comes."""


def missing(app: Served, mailbox: Mailbox, page: Page) -> None:
    """Everything that can be wrong at once."""
    login(app, mailbox, page)
    Form(page).follow("Create an account")
    Form(page).field("Username").fill("-carol-")
    Form(page).field("Password").fill("short")
    Form(page).button("Create account").click()
    Form(page).card.get_by_text("Enter your e-mail address.").wait_for()


def german_login(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(app.url)
    Form(page).expect_title("Anmelden")
    Form(page).button("Anmelden").click()
    Form(page).card.get_by_text("Geben Sie ein Passwort ein.").wait_for()


def german_registration(app: Served, _mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).follow("Konto anlegen")
    Form(page).expect_title("Konto anlegen")


def alone(route: Route) -> None:
    """The settings of an app with one password for everybody."""
    changed = {"login": "password_only", "registration": "closed", "recovery": False}
    route.fulfill(json=route.fetch().json() | changed)


def one_password(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", alone)
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).expect_title("Sign in")
    expect(Form(page).field("Password")).to_be_focused()


def one_password_wrong(app: Served, mailbox: Mailbox, page: Page) -> None:
    one_password(app, mailbox, page)
    problem = {"code": "credentials_rejected", "field": None, "retry_after": None}
    page.route("**/_gatehouse/login", lambda route: route.fulfill(status=401, json=problem))
    Form(page).field("Password").fill("not the one")
    Form(page).button("Sign in").click()
    Form(page).card.get_by_text("That isn't the password.").wait_for()


def one_password_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    one_password_wrong(app, mailbox, page)


def german_one_password(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", alone)
    page.goto(f"{app.url}/_gatehouse/")
    Form(page).expect_title("Anmelden")


def german_unreachable(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/_gatehouse/config", lambda route: route.abort())
    page.goto(app.url)
    Form(page).expect_title("Der Anmeldedienst ist nicht erreichbar")


def turned(route: Route) -> None:
    """German, written from right to left: no language that runs that way is there yet."""
    words = route.fetch().json()
    route.fulfill(json={**words, "dir": "rtl"})


def german_right_to_left(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.route("**/assets/de-*.json", turned)
    page.goto(app.url)
    page.locator(".gh-root[dir=rtl] .gh-form").wait_for()
    Form(page).field("Passwort").fill("geheim und lang")
    Form(page).button("Anmelden").click()
    Form(page).card.get_by_text("Geben Sie Benutzername oder E-Mail ein.").wait_for()


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


def not_allowed_full_page(app: Served, mailbox: Mailbox, page: Page) -> None:
    """In the place of a page whose rule somebody does not meet."""
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Welcome, bob")
    page.goto(f"{app.url}/Ledger")
    Form(page).expect_title("This page isn't open to you")


def login_in_place(app: Served, _mailbox: Mailbox, page: Page) -> None:
    """In the place of a page that asks for a sign-in."""
    page.goto(f"{app.url}/Ledger")
    Form(page).expect_title("Sign in")


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


def change_password_in_app(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(f"{app.url}/Account")
    Form(page).sign_in("bob", PASSWORD)
    Form(page).expect_title("Change your password")


def must_change(app: Served, mailbox: Mailbox, page: Page) -> None:
    answer = {"state": "new_password", "flow": "A" * 43}
    page.route("**/_gatehouse/login", lambda route: route.fulfill(json=answer))
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    Form(page).expect_title("Choose your own password")


VIEWS: list[View] = [
    login,
    login_error,
    login_full_page,
    login_full_page_dialog,
    login_full_page_narrow,
    login_narrow,
    login_zoomed,
    login_large_letters,
    one_password,
    one_password_wrong,
    one_password_narrow,
    loading,
    loading_full_page,
    working,
    missing,
    registration,
    registration_narrow,
    check_mail,
    recovery,
    reset,
    setup,
    broken_link,
    unreachable,
    not_allowed,
    not_allowed_full_page,
    login_in_place,
    signed_in,
    change_password,
    change_password_in_app,
    must_change,
    german_login,
    german_registration,
    german_one_password,
    german_unreachable,
    german_right_to_left,
]
