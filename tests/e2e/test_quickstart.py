"""The whole way through examples/quickstart: first administrator, registration, sign in, stay, sign out."""

from __future__ import annotations

import pytest
from conftest import Serve, Someone
from playwright.sync_api import BrowserContext, Cookie, expect

from browser import form_was_drawn
from form import Form, expect_content, sign_out
from mails import Mailbox
from served import ROOT, Served

ADMIN, ADMIN_PASSWORD = "ada", "correct battery staple ada"
BOB, BOB_EMAIL, BOB_PASSWORD = "bob", "bob@example.org", "quiet harbor window lamp"


@pytest.fixture(scope="module", params=["app", "script"])
def app(serve: Serve, mailbox: Mailbox, request: pytest.FixtureRequest) -> Served:
    """The quickstart with open registration, an administrator made by the printed link, and Bob."""
    settings = 'app_name = "Quickstart"\nregistration = "open"\n' + mailbox.settings()
    app = serve(ROOT / "examples" / "quickstart", settings=settings, gate=request.param)
    app.setup_link()
    typed = BOB_PASSWORD + "\n"
    app.command("users", "add", BOB, "--email", BOB_EMAIL, "--role", "editor", typed=typed)
    return app


def signed_in(app: Served, context: BrowserContext, *, keep: bool = False) -> None:
    page = context.new_page()
    page.goto(app.url)
    Form(page).sign_in(BOB, BOB_PASSWORD, keep=keep)
    expect_content(page, "Hello bob")


def test_the_printed_link_makes_the_first_administrator_once(app: Served, someone: Someone) -> None:
    link = app.setup_link()
    page = someone().new_page()
    page.goto(link)
    form = Form(page)
    form.expect_title("Welcome. Let's set things up")
    form.field("Username").fill(ADMIN)
    form.field("Password").fill(ADMIN_PASSWORD)
    form.button("Create account").click()
    expect_content(page, "Hello ada")
    expect(page.get_by_text("admin")).to_be_visible()

    late = someone().new_page()
    late.goto(link)
    Form(late).expect_title("This link doesn't work any more")


def test_registration_is_confirmed_by_the_mailed_link(
    app: Served, mailbox: Mailbox, someone: Someone
) -> None:
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.follow("Create an account")
    form.expect_title("Create your account")
    # One mailbox serves both modes.
    name, address = f"carol-{app.gate}", f"carol-{app.gate}@example.org"
    form.register(name, address, "seven little green boats")
    form.expect_title("Check your mail")

    page.goto(mailbox.link(address, "verify"))
    expect(form.card.get_by_text("Your address is confirmed.")).to_be_visible()
    form.field("Username or e-mail").fill(name)
    form.field("Password").fill("seven little green boats")
    form.button("Sign in").click()
    expect_content(page, f"Hello {name}")


@pytest.mark.parametrize("identifier", [BOB, BOB_EMAIL, "BOB", "  bob@Example.org "])
def test_sign_in_takes_username_or_address(app: Served, someone: Someone, identifier: str) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in(identifier, BOB_PASSWORD)
    expect_content(page, "Hello bob")


def test_a_wrong_password_is_said_in_the_form_and_keeps_what_was_typed(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.sign_in("nobody", "not the password")
    expect(form.card.get_by_text("That name and password don't match.")).to_be_visible()
    expect(form.field("Username or e-mail")).to_have_value("nobody")
    expect(form.field("Password")).to_have_value("not the password")

    form.sign_in(BOB, BOB_PASSWORD)
    expect_content(page, "Hello bob")


def test_reload_second_tab_and_restart_never_draw_the_form(app: Served, someone: Someone) -> None:
    context = someone()
    signed_in(app, context, keep=True)
    page = context.pages[0]
    if app.gate == "script":
        assert form_was_drawn(page), "otherwise nothing is seen below, either"

    page.reload()
    expect_content(page, "Hello bob")
    assert not form_was_drawn(page)

    tab = context.new_page()
    tab.goto(app.url)
    expect_content(tab, "Hello bob")
    assert not form_was_drawn(tab)

    with context.expect_page() as opened:
        tab.evaluate("window.open(location.href, '_blank', 'popup')")
    expect_content(opened.value, "Hello bob")
    assert not form_was_drawn(opened.value)

    app.restart()
    for waiting in context.pages:
        waiting.reload()
        expect_content(waiting, "Hello bob")
        assert not form_was_drawn(waiting)


def test_keep_me_signed_in_outlives_the_browser_and_its_absence_does_not(
    app: Served, someone: Someone
) -> None:
    def session_only(context: BrowserContext) -> list[Cookie]:
        cookies = context.cookies(app.url)
        ours = [cookie for cookie in cookies if cookie["name"].startswith("gatehouse-")]
        assert ours
        assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in ours)
        return [cookie for cookie in ours if cookie["expires"] == -1]

    short, long = someone(), someone()
    signed_in(app, short)
    signed_in(app, long, keep=True)
    assert session_only(short)
    assert not session_only(long)


def test_one_click_signs_out_in_every_tab(app: Served, someone: Someone) -> None:
    context = someone()
    signed_in(app, context)
    tabs = [context.pages[0], context.new_page(), context.new_page()]
    for tab in tabs[1:]:
        tab.goto(app.url)
        expect_content(tab, "Hello bob")

    sign_out(tabs[1])
    for tab in tabs:
        Form(tab).expect_title("Sign in")
        expect(tab.get_by_role("heading", name="Hello bob")).to_have_count(0)

    tabs[0].reload()
    Form(tabs[0]).expect_title("Sign in")


def test_signing_in_reaches_the_other_tabs(app: Served, someone: Someone) -> None:
    context = someone()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(app.url)
        Form(page).expect_title("Sign in")
    Form(first).sign_in(BOB, BOB_PASSWORD)
    expect_content(first, "Hello bob")
    expect_content(second, "Hello bob")


def test_an_operator_in_another_process_disables_somebody_who_is_signed_in(
    app: Served, someone: Someone
) -> None:
    app.command("users", "add", "dan", "--role", "editor", typed="a rather long password\n")
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("dan", "a rather long password")
    expect_content(page, "Hello dan")

    app.command("users", "disable", "dan")
    Form(page).expect_title("Sign in")
    expect(page.get_by_role("heading", name="Hello dan")).to_have_count(0)
    Form(page).sign_in("dan", "a rather long password")
    expect(Form(page).card.get_by_text("That name and password don't match.")).to_be_visible()


def test_nothing_of_a_password_reaches_the_websocket(app: Served, someone: Someone) -> None:
    sent: list[bytes] = []
    page = someone().new_page()

    def keep(payload: str | bytes) -> None:
        sent.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framesent", keep))
    page.goto(app.url)
    Form(page).sign_in(BOB, BOB_PASSWORD)
    expect_content(page, "Hello bob")
    assert sent
    assert not any(BOB_PASSWORD.encode() in frame for frame in sent)
