"""The ways to the views of second factors and of the account page."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from form import Form
from mails import Mailbox
from served import Served
from views import PASSWORD, View, login, login_full_page, narrow, signed_in

CODES = [
    f"{word}-m4xd-8ksp-{word}"
    for word in ("7kq2", "b9fw", "c2rv", "d4mz", "f8tj", "g3xh", "h6wr", "j9cn", "k2pb", "m7ds")
]
KEY = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#fff"/>'
    '<path d="M1 1h2v2H1zM5 1h2v2H5zM1 5h2v2H1zM4 4h1v1H4z"/></svg>'
)


def answer(page: Page, route: str, **state: object) -> None:
    """The endpoint's answer, where only the view matters."""
    page.route(f"**/_gatehouse/{route}", lambda asked: asked.fulfill(json=state))


def challenge(app: Served, mailbox: Mailbox, page: Page) -> None:
    answer(page, "login", state="challenge", flow="flow", factors=["totp", "recovery_code"])
    login_full_page(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    Form(page).field("Six-digit code").wait_for()


def challenge_in_app(app: Served, mailbox: Mailbox, page: Page) -> None:
    answer(page, "login", state="challenge", flow="flow", factors=["totp", "recovery_code"])
    login(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    Form(page).field("Six-digit code").wait_for()


def challenge_error(app: Served, mailbox: Mailbox, page: Page) -> None:
    challenge(app, mailbox, page)
    page.unroute("**/_gatehouse/login")
    problem = {"code": "code_rejected", "field": "code", "retry_after": None}
    page.route("**/_gatehouse/login", lambda route: route.fulfill(status=401, json=problem))
    Form(page).field("Six-digit code").fill("123456")
    Form(page).button("Confirm").click()
    Form(page).card.get_by_text("That code isn't right").wait_for()


def challenge_recovery_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    challenge(app, mailbox, page)
    Form(page).button("Use a recovery code instead").click()
    Form(page).field("Recovery code").wait_for()


def enroll(app: Served, mailbox: Mailbox, page: Page) -> None:
    answer(page, "login", state="enroll", flow="flow")
    answer(page, "enrollment", state="totp", flow="flow", key=KEY, picture=PICTURE)
    login_full_page(app, mailbox, page)
    Form(page).sign_in("bob", PASSWORD)
    Form(page).field("Six-digit code").wait_for()


def enroll_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    enroll(app, mailbox, page)


def enroll_refused(app: Served, mailbox: Mailbox, page: Page) -> None:
    """All of it, with what is said where no passkey can be made."""
    page.set_viewport_size({"width": 700, "height": 1000})
    enroll(app, mailbox, page)
    page.unroute("**/_gatehouse/enrollment")
    # Nothing can be made of these.
    answer(page, "enrollment", state="passkey", flow="flow", options="{}")
    Form(page).button("Use a passkey instead").click()
    Form(page).card.get_by_text("This browser can't make a passkey here.").wait_for()


def german_enroll(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 1000})
    answer(page, "enrollment", state="totp", flow="flow", key=KEY, picture=PICTURE)
    # As who comes back from a provider.
    page.goto(f"{app.url}/_gatehouse/#enroll=flow")
    page.get_by_role("button", name="Stattdessen einen Passkey einrichten").wait_for()


def recovery_codes(app: Served, mailbox: Mailbox, page: Page) -> None:
    enroll(app, mailbox, page)
    page.unroute("**/_gatehouse/enrollment")
    answer(page, "enrollment", state="complete", codes=CODES)
    Form(page).field("Six-digit code").fill("123456")
    Form(page).button("Turn on").click()
    Form(page).card.get_by_text(CODES[9]).wait_for()


def recovery_codes_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    recovery_codes(app, mailbox, page)


def account(app: Served, mailbox: Mailbox, page: Page) -> None:
    signed_in(app, mailbox, page)
    page.goto(f"{app.url}/_gatehouse/account")
    page.locator(".gh-row").first.wait_for()


def account_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    account(app, mailbox, page)


ACCOUNT = {
    "username": "bob",
    "email": "bob@example.org",
    "email_verified": True,
    "roles": ["viewer"],
    "managed": False,
    "factor_required": False,
    "factors": [],
    "recovery_codes": 0,
    "sessions": [],
    "phone": False,
    "has_password": False,
    "linked": [
        {
            "id": "a",
            "name": "company",
            "label": "Example Inc.",
            "created_at": 1767225600000,
            "last_used_at": 1767312000000,
        }
    ],
    "linkable": [{"name": "github", "label": "GitHub"}],
    "pending_address": {"email": "bob.new@example.org", "approval": True, "confirmation": True},
}


def kept(kind: str, name: str, *, used: bool = True) -> dict[str, object]:
    last = 1767312000000 if used else None
    return {"id": name, "kind": kind, "name": name, "created_at": 1767225600000, "last_used_at": last}


FACTORS = {
    "phone": True,
    "has_password": True,
    "pending_address": None,
    "recovery_codes": 3,
    "factors": [
        kept("passkey", "Chrome on Linux"),
        kept("passkey", "The blue key on the ring with the keys of the garden shed", used=False),
        kept("totp", ""),
        kept("sms", "…56"),
        kept("sms", "The old phone"),
    ],
}


def shows(page: Page, **changed: object) -> None:
    """The account as the page is told of it."""
    overview = {"state": "overview", "account": ACCOUNT | changed}
    page.route(
        "**/_gatehouse/account",
        lambda asked: asked.fulfill(json=overview) if asked.request.method == "POST" else asked.continue_(),
    )


def many_factors(app: Served, mailbox: Mailbox, page: Page) -> None:
    signed_in(app, mailbox, page)
    shows(page, **FACTORS)
    page.goto(f"{app.url}/_gatehouse/account")
    page.get_by_text("Phone …56").wait_for()
    page.get_by_role("button", name="Add another authenticator app").scroll_into_view_if_needed()


def many_factors_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    many_factors(app, mailbox, page)


def a_phone_is_added(app: Served, mailbox: Mailbox, page: Page) -> None:
    signed_in(app, mailbox, page)
    shows(page, phone=True)
    page.goto(f"{app.url}/_gatehouse/account")
    page.get_by_role("button", name="Add a phone for codes by SMS").click()
    page.get_by_label("Phone number").wait_for()


def without_a_password(page: Page) -> None:
    """The settings of an app that takes codes and passkeys in its place."""
    more = {"codes": ["mail", "sms"], "passkeys": "localhost"}
    page.route("**/_gatehouse/config", lambda asked: asked.fulfill(json=asked.fetch().json() | more))


def every_way(app: Served, mailbox: Mailbox, page: Page) -> None:
    without_a_password(page)
    login_full_page(app, mailbox, page)
    Form(page).button("Email me a code instead").wait_for()


def every_way_in_app(app: Served, mailbox: Mailbox, page: Page) -> None:
    without_a_password(page)
    login(app, mailbox, page)
    Form(page).button("Email me a code instead").wait_for()


def code_by_mail(app: Served, mailbox: Mailbox, page: Page) -> None:
    every_way(app, mailbox, page)
    answer(page, "login", state="code_sent", flow="flow", channel="mail")
    Form(page).field("Username or e-mail").fill("bob")
    Form(page).button("Email me a code instead").click()
    Form(page).field("Code").wait_for()


def code_by_sms_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    login_full_page(app, mailbox, page)
    asked = {"state": "challenge", "flow": "flow", "factors": ["sms", "recovery_code"]}
    sent = {"state": "code_sent", "flow": "flow", "channel": "sms"}

    def told(route: Route) -> None:
        step = (route.request.post_data_json or {}).get("step")
        route.fulfill(json=sent if step == "send_sms" else asked)

    page.route("**/_gatehouse/login", told)
    Form(page).sign_in("bob", PASSWORD)
    Form(page).card.get_by_text("A code is on its way.").wait_for()


def link_by_mail(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(f"{app.url}/_gatehouse/#sign-in=token")
    page.locator("[data-screen=code-link]").wait_for()


def challenge_passkey(app: Served, mailbox: Mailbox, page: Page) -> None:
    every_way_in_app(app, mailbox, page)
    answer(page, "login", state="challenge", flow="flow", factors=["passkey", "totp", "recovery_code"])
    Form(page).sign_in("bob", PASSWORD)
    Form(page).expect_title("Confirm with your passkey")


def german_factors(app: Served, _mailbox: Mailbox, page: Page) -> None:
    shows(page, **FACTORS)
    page.goto(f"{app.url}/_gatehouse/account")
    page.get_by_text("The blue key").wait_for()


def linked_accounts(app: Served, mailbox: Mailbox, page: Page) -> None:
    signed_in(app, mailbox, page)
    shows(page)
    page.goto(f"{app.url}/_gatehouse/account")
    page.get_by_role("button", name="Link GitHub").wait_for()


def linked_accounts_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    linked_accounts(app, mailbox, page)


def proof_at_a_provider(app: Served, mailbox: Mailbox, page: Page) -> None:
    linked_accounts(app, mailbox, page)
    page.unroute("**/_gatehouse/account")
    problem = {"code": "reauthentication_required", "field": None, "retry_after": None}
    page.route("**/_gatehouse/account", lambda asked: asked.fulfill(status=403, json=problem))
    page.get_by_role("button", name="Link GitHub").click()
    page.get_by_role("button", name="Go to Example Inc.").wait_for()


def first_password(app: Served, mailbox: Mailbox, page: Page) -> None:
    linked_accounts(app, mailbox, page)
    page.get_by_role("button", name="Set a password").click()
    page.get_by_label("New password").wait_for()


def approve_address(app: Served, _mailbox: Mailbox, page: Page) -> None:
    page.goto(f"{app.url}/_gatehouse/account#approve=token")
    page.get_by_role("button", name="It was me").wait_for()


def confirm_address_narrow(app: Served, _mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    page.goto(f"{app.url}/_gatehouse/account#confirm-address=token")
    page.get_by_role("button", name="Confirm address").wait_for()


FACTOR_VIEWS: list[View] = [
    challenge,
    challenge_in_app,
    challenge_error,
    challenge_recovery_narrow,
    enroll,
    enroll_narrow,
    enroll_refused,
    german_enroll,
    recovery_codes,
    recovery_codes_narrow,
    account,
    account_narrow,
    many_factors,
    many_factors_narrow,
    a_phone_is_added,
    every_way,
    every_way_in_app,
    code_by_mail,
    code_by_sms_narrow,
    link_by_mail,
    challenge_passkey,
    german_factors,
    linked_accounts,
    linked_accounts_narrow,
    proof_at_a_provider,
    first_password,
    approve_address,
    confirm_address_narrow,
]
