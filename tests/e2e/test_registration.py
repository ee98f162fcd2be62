"""Registration by invitation and by e-mail domain, and what the form says while a password is chosen."""

from __future__ import annotations

import re

import pytest
from conftest import Serve, Someone
from playwright.sync_api import expect

from form import Form, expect_content
from mails import Mailbox
from served import ROOT, Served

PASSWORD = "seven little green boats"


@pytest.fixture(scope="module")
def invited(serve: Serve, mailbox: Mailbox) -> Served:
    settings = 'app_name = "Quickstart"\nregistration = "invite"\n' + mailbox.settings()
    return serve(ROOT / "examples" / "quickstart", settings=settings)


@pytest.fixture(scope="module")
def domains(serve: Serve, mailbox: Mailbox) -> Served:
    settings = (
        'app_name = "Quickstart"\nregistration = "domains"\nregistration_domains = ["example.org"]\n'
        'registration_roles = ["reader"]\n'
    )
    return serve(ROOT / "examples" / "quickstart", settings=settings + mailbox.settings())


def test_without_an_invitation_there_is_no_way_to_register(invited: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(invited.url)
    form = Form(page)
    form.expect_title("Sign in")
    expect(form.button("Create an account")).to_have_count(0)


def test_an_invitation_by_mail_makes_an_account_with_its_role_once(
    invited: Served, mailbox: Mailbox, someone: Someone
) -> None:
    invited.command(
        "invite",
        "--email",
        "dora@example.org",
        "--role",
        "editor",
        "--url",
        f"http://localhost:{invited.port}",
    )
    link = mailbox.link("dora@example.org", "invite")
    page = someone().new_page()
    page.goto(link)
    form = Form(page)
    form.expect_title("You're invited")
    expect(form.field("E-mail")).to_have_value("dora@example.org")
    assert "#" not in page.url, "the token stays in the address"
    form.field("Username").fill("dora")
    form.field("Password").fill(PASSWORD)
    form.button("Create account").click()
    expect_content(page, "Hello dora")
    expect(page.get_by_text("editor")).to_be_visible()

    late = someone().new_page()
    late.goto(link)
    Form(late).expect_title("This link doesn't work any more")


def test_only_the_named_domain_may_register(domains: Served, mailbox: Mailbox, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(domains.url)
    form = Form(page)
    form.follow("Create an account")
    form.register("erin", "erin@elsewhere.example", PASSWORD)
    expect(form.card.get_by_text("This address can't register here.")).to_be_visible()
    expect(form.field("Username")).to_have_value("erin")

    form.field("E-mail").fill("erin@example.org")
    form.button("Create account").click()
    form.expect_title("Check your mail")
    page.goto(mailbox.link("erin@example.org", "verify"))
    form.sign_in("erin", PASSWORD)
    expect_content(page, "Hello erin")
    expect(page.get_by_text("reader")).to_be_visible()


def test_the_form_guides_while_a_password_is_chosen(domains: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(domains.url)
    form = Form(page)
    form.follow("Create an account")
    form.field("Username").fill("fred")
    password = form.field("Password")
    password.press_sequentially("short")
    expect(form.card.get_by_text("3 more characters.")).to_be_visible()
    password.fill("password1")
    expect(form.card.get_by_text("Attackers try this one first.")).to_be_visible()
    password.fill(PASSWORD)
    expect(form.card.get_by_text(re.compile("Strong|Good"))).to_be_visible()


def test_strength_is_asked_of_the_endpoint_and_not_at_every_key(domains: Served, someone: Someone) -> None:
    page = someone().new_page()
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/password/strength" in request.url else None
    )
    page.goto(domains.url)
    form = Form(page)
    form.follow("Create an account")
    form.field("Password").press_sequentially(PASSWORD, delay=15)
    expect(form.card.get_by_text(re.compile("Strong|Good"))).to_be_visible()
    questions = [url for url in asked if url.endswith("/password/strength")]
    assert 1 <= len(questions) < len(PASSWORD) / 2
