"""Links into an app, opened by somebody who has to sign in first."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Serve, Someone
from playwright.sync_api import Page, expect

from form import Form, expect_content, sign_out
from served import OLDEST, ROOT, Served

PASSWORD = "quiet harbor window lamp"
LINK = "/admin?from=mail"
WAYS: dict[str, dict[str, Any]] = {
    "gatehouse run": {"below": "/tools/app"},
    "script": {"below": "/tools/app", "gate": "script"},
    "streamlit run": {"plain": True},
    "oldest": {"environment": OLDEST, "gate": "script"},
}


@pytest.fixture(scope="module", params=WAYS)
def navigation(serve: Serve, request: pytest.FixtureRequest) -> Served:
    """Serves an app that comes to `st.navigation` only when someone is signed in."""
    return serve(ROOT / "examples" / "roles" / "navigation", **WAYS[request.param])


def open_link(app: Served, page: Page, link: str = LINK) -> Form:
    page.goto(app.url + link)
    form = Form(page)
    form.expect_title("Sign in")
    # In plain mode the database is made at the first `login()`.
    if "ann" not in app.command("users", "list"):
        app.command("users", "add", "ann", "--role", "admin", typed=PASSWORD + "\n")
    return form


def expect_page(app: Served, page: Page, link: str = LINK) -> None:
    expect_content(page, "Administration")
    assert page.url == app.url + link


def test_a_deep_link_survives_the_sign_in(navigation: Served, someone: Someone) -> None:
    page = someone().new_page()
    open_link(navigation, page).sign_in("ann", PASSWORD)
    expect_page(navigation, page)
    page.get_by_role("button", name="Clear the cache").click()
    expect(page.get_by_text("Cleared 1 times.")).to_be_visible()
    expect_page(navigation, page)


def test_a_deep_link_survives_a_wrong_password_and_a_sign_out(navigation: Served, someone: Someone) -> None:
    page = someone().new_page()
    form = open_link(navigation, page)
    form.sign_in("ann", "not this one")
    expect(form.card.get_by_role("alert").first).to_be_visible()
    form.sign_in("ann", PASSWORD)
    expect_page(navigation, page)
    sign_out(page)
    form.expect_title("Sign in")
    form.sign_in("ann", PASSWORD)
    expect_page(navigation, page)


def test_a_deep_link_survives_a_restart_under_the_form(navigation: Served, someone: Someone) -> None:
    page = someone().new_page()
    form = open_link(navigation, page)
    navigation.restart()
    if navigation.plain:
        # The endpoint's port is another one now.
        page.reload()
    form.sign_in("ann", PASSWORD)
    content = page.get_by_role("heading", name="Administration")
    again = form.card.get_by_text("The page changed while you signed in.")
    # A ticket that found no connection is given up after ten seconds, and the page loaded anew.
    expect(content.or_(again)).to_be_visible(timeout=30_000)
    if again.is_visible():
        # The form was the earlier server's, and so was its challenge.
        form.sign_in("ann", PASSWORD)
    expect_page(navigation, page)


def test_a_deep_link_into_a_folder_of_pages(serve: Serve, someone: Someone) -> None:
    app = serve(ROOT / "examples" / "roles" / "pages_folder")
    page = someone().new_page()
    open_link(app, page, "/Admin?from=mail").sign_in("ann", PASSWORD)
    expect_page(app, page, "/Admin?from=mail")


def test_the_set_up_link_leads_home_below_a_path(serve: Serve, someone: Someone) -> None:
    app = serve(ROOT / "examples" / "quickstart", plain=True, below="/tools/app")
    page = someone().new_page()
    page.goto(app.url)
    Form(page).expect_title("Sign in")
    page.goto(app.setup_link())
    form = Form(page)
    form.field("Username").fill("ann")
    form.field("Password").fill(PASSWORD)
    form.button("Create account").click()
    expect_content(page, "Hello ann")
    assert page.url == app.url + "/"
