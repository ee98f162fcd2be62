"""Pages by role, each guarded in the page itself: with `st.navigation` and with a `pages/` folder."""

from __future__ import annotations

import pytest
from conftest import Serve, Someone
from playwright.sync_api import expect

from form import Form, expect_content
from served import ROOT, Served

PASSWORD = "quiet harbor window lamp"


def people(app: Served) -> Served:
    app.command("users", "add", "ann", "--role", "admin", typed=PASSWORD + "\n")
    app.command("users", "add", "ed", "--role", "editor", typed=PASSWORD + "\n")
    app.command("users", "add", "sue", "--role", "superadmin-readonly", typed=PASSWORD + "\n")
    return app


@pytest.fixture(scope="module")
def navigation(serve: Serve) -> Served:
    return people(serve(ROOT / "examples" / "roles" / "navigation"))


@pytest.fixture(scope="module")
def folder(serve: Serve) -> Served:
    return people(serve(ROOT / "examples" / "roles" / "pages_folder"))


def test_the_menu_and_the_pages_follow_the_roles(navigation: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(navigation.url)
    Form(page).sign_in("ed", PASSWORD)
    expect_content(page, "Welcome, ed")
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_text("Reports")).to_be_visible()
    expect(menu.get_by_text("Administration")).to_have_count(0)
    menu.get_by_text("Reports").click()
    expect_content(page, "Reports")


def test_a_callback_of_a_page_runs_for_its_role(navigation: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{navigation.url}/admin")
    Form(page).sign_in("ann", PASSWORD)
    page.get_by_role("button", name="Clear the cache").click()
    expect(page.get_by_text("Cleared 1 times.")).to_be_visible()


def test_a_page_of_the_folder_asks_for_itself(folder: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(f"{folder.url}/Admin")
    Form(page).expect_title("Sign in")
    expect(page.get_by_role("heading", name="Administration")).to_have_count(0)
    Form(page).sign_in("ann", PASSWORD)
    expect_content(page, "Administration")


@pytest.mark.parametrize("name", ["ed", "sue"])
def test_a_page_of_another_role_says_so(folder: Served, someone: Someone, name: str) -> None:
    page = someone().new_page()
    page.goto(f"{folder.url}/Admin")
    Form(page).sign_in(name, PASSWORD)
    Form(page).expect_title("This page isn't open to you")
    expect(page.get_by_role("heading", name="Administration")).to_have_count(0)


def test_a_role_that_is_taken_away_is_gone_on_the_open_page(folder: Served, someone: Someone) -> None:
    folder.command("users", "add", "tom", "--role", "admin", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(f"{folder.url}/Admin")
    Form(page).sign_in("tom", PASSWORD)
    expect_content(page, "Administration")
    folder.command("users", "roles", "tom", "editor")
    expect(page.get_by_role("heading", name="Administration")).to_have_count(0)
