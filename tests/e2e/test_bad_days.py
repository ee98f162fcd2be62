"""The endpoint can't be reached, or comes back."""

from __future__ import annotations

import pytest
from conftest import Serve, Someone
from playwright.sync_api import Route, expect

from form import Form, expect_content
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"


@pytest.fixture(scope="module")
def app(serve: Serve) -> Served:
    app = serve(ROOT / "examples" / "quickstart", gate="script")
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    return app


def test_an_unreachable_endpoint_is_said_and_the_way_back_is_offered(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.route("**/_gatehouse/config", lambda route: route.abort())
    page.goto(app.url)
    form = Form(page)
    form.expect_title("We can't reach the sign-in service")
    page.unroute("**/_gatehouse/config")
    form.button("Try again").click()
    form.sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")


def test_nothing_typed_is_lost_when_the_network_fails_while_signing_in(app: Served, someone: Someone) -> None:
    def cut(route: Route) -> None:
        route.abort("connectionfailed")

    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.expect_title("Sign in")
    page.route("**/_gatehouse/login", cut)
    form.sign_in("bob", PASSWORD)
    expect(form.card.get_by_text("We couldn't reach the sign-in service.")).to_be_visible()
    expect(form.field("Username or e-mail")).to_have_value("bob")
    expect(form.field("Password")).to_have_value(PASSWORD)
    page.unroute("**/_gatehouse/login")
    form.button("Sign in").click()
    expect_content(page, "Hello bob")


def test_a_killed_server_keeps_who_was_signed_in(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")
    app.stop(kill=True)
    app.start()
    page.reload()
    expect_content(page, "Hello bob")


def test_a_restart_under_the_open_form_costs_no_second_click(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.expect_title("Sign in")
    form.field("Username or e-mail").fill("bob")
    app.restart()
    # Streamlit connects anew by itself; until then it covers the page with a word about it.
    expect(page.get_by_test_id("stConnectionStatus")).to_have_count(0)
    form.sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")
