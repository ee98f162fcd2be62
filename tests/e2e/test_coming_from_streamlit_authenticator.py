"""People of streamlit-authenticator, taken over by the command and signing in as they always did."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Someone
from playwright.sync_api import Page, expect

from form import Form, sign_out
from served import ROOT, Served

EXAMPLE = ROOT / "examples" / "from_streamlit_authenticator"


@pytest.fixture(scope="module")
def taken_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app after, with the people of the app before: they come before its first start."""
    app = Served(EXAMPLE / "after", tmp_path_factory.mktemp("home") / "app")
    shutil.copy(EXAMPLE / "before" / "config.yaml", app.home)
    report = app.command("import", "streamlit-authenticator", "config.yaml")
    assert "3 taken, of 3 in all" in report, report
    app.start()
    yield app
    app.stop()


def stored(home: Path, username: str) -> str:
    """What the database holds of somebody's password."""
    with closing(sqlite3.connect(f"file:{home}/.gatehouse/gatehouse.db?mode=ro", uri=True)) as database:
        found = database.execute("SELECT password FROM identity WHERE username = ?", (username,)).fetchone()
    return str(found[0])


def expect_greeting(page: Page, heading: str) -> None:
    """The app's content, which has a form of its own for the password."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator("[data-screen=login]")).to_have_count(0)


def test_an_old_password_signs_in_with_its_old_hash_and_then_with_a_new_one(
    taken_over: Served, someone: Someone
) -> None:
    assert stored(taken_over.home, "ann").startswith("$2b$12$")
    page = someone().new_page()
    page.goto(taken_over.url)
    Form(page).sign_in("ann", "Kites-over-7-hills")
    expect_greeting(page, "Hello ann")
    expect(page.get_by_role("heading", name="Correct a reading")).to_be_visible()
    assert stored(taken_over.home, "ann").startswith("$argon2id$")
    sign_out(page)
    Form(page).expect_title("Sign in")
    again = someone().new_page()
    again.goto(taken_over.url)
    Form(again).sign_in("Ann", "Kites-over-7-hills")
    expect_greeting(again, "Hello ann")


def test_white_space_around_an_old_password_still_signs_in(taken_over: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(taken_over.url)
    Form(page).sign_in("bob", "Tides!under9moons ")
    expect_greeting(page, "Hello bob")
    expect(page.get_by_role("heading", name="Correct a reading")).to_have_count(0)


def test_a_password_in_clear_text_was_hashed_on_the_way(taken_over: Served, someone: Someone) -> None:
    assert stored(taken_over.home, "cleo").startswith("$argon2id$")
    page = someone().new_page()
    page.goto(taken_over.url)
    Form(page).sign_in("cleo", "seven quiet herons")
    expect_greeting(page, "Hello cleo")


def test_somebody_who_was_taken_over_changes_the_password(taken_over: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(taken_over.url)
    Form(page).sign_in("cleo", "seven quiet herons")
    expect_greeting(page, "Hello cleo")
    page.get_by_text("Password", exact=True).click()
    form = Form(page)
    form.field("Current password").fill("seven quiet herons")
    form.choose_password("eight louder geese")
    expect(page.get_by_text("The password was changed.")).to_be_visible()
