"""Two people, two browsers, in both modes of the gate; what the page shows to who reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import expect

from form import Form, expect_content, sign_out
from served import NEWEST, OLDEST, ROOT, Served

PASSWORD = "quiet harbor window lamp"
APPS = Path(__file__).parent / "apps"


@pytest.fixture(scope="module", params=["app", "script"])
def app(serve: Serve, request: pytest.FixtureRequest) -> Served:
    """An app in which an administrator can disable the others; Ann is one, Bob is not."""
    settings = '[pages]\nledger = ["accountant"]\n'
    app = serve(APPS / "disabling", settings=settings, gate=request.param)
    app.command("users", "add", "ann", "--role", "admin", typed=PASSWORD + "\n")
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    return app


def test_an_administrator_in_one_browser_disables_who_is_signed_in_in_another(
    app: Served, someone: Someone
) -> None:
    app.command("users", "add", "dan", typed=PASSWORD + "\n")
    ann, dan = someone().new_page(), someone().new_page()
    for page, name in ((ann, "ann"), (dan, "dan")):
        page.goto(app.url)
        Form(page).sign_in(name, PASSWORD)
        expect_content(page, f"Hello {name}")
    ann.get_by_label("Whom").fill("dan")
    ann.get_by_label("Whom").press("Enter")
    ann.get_by_role("button", name="Disable").click()
    expect(ann.get_by_text("Disabled dan")).to_be_visible()
    # From here on the other has two seconds, without touching anything.
    expect(Form(dan).field("Username or e-mail")).to_be_visible(timeout=2_000)
    expect(dan.get_by_role("heading", name="Hello dan")).to_have_count(0)
    expect_content(ann, "Hello ann")


def test_another_person_in_the_same_tab_finds_nothing_of_the_first(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")
    page.get_by_label("Note").fill("bob's own note")
    page.get_by_label("Note").press("Enter")
    expect(page.get_by_text("Noted: bob's own note")).to_be_visible()
    picture = str(page.locator("img[src*='/media/']").first.evaluate("image => image.src"))
    assert page.request.get(picture).ok

    sign_out(page)
    Form(page).sign_in("ann", PASSWORD)
    expect_content(page, "Hello ann")
    expect(page.get_by_label("Note")).to_have_value("")
    assert "bob" not in page.content()
    assert page.request.get(picture).status == 404
    page.go_back()
    assert "bob" not in page.content()


def test_a_page_without_its_role_leads_to_its_address_which_says_so(app: Served, someone: Someone) -> None:
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")
    page.get_by_test_id("stSidebarNav").get_by_text("ledger").click()
    Form(page).expect_title("This page isn't open to you")
    assert page.url == f"{app.url}/ledger"
    expect(Form(page).card.get_by_text("accountant")).to_be_visible()
    Form(page).follow("Go to the app")
    expect_content(page, "Hello bob")

    app.command("users", "add", f"carol-{app.port}", "--role", "accountant", typed=PASSWORD + "\n")
    page.goto(f"{app.url}/ledger?from=mail")
    Form(page).button("Use another account").click()
    Form(page).sign_in(f"carol-{app.port}", PASSWORD)
    expect_content(page, "The ledger")
    assert page.url == f"{app.url}/ledger?from=mail"


@pytest.mark.parametrize("environment", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_a_tab_that_slept_over_the_end_of_its_session_shows_the_form(
    serve: Serve, someone: Someone, environment: Path
) -> None:
    app = serve(ROOT / "examples" / "quickstart", environment=environment)
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(app.url)
    Form(page).sign_in("bob", PASSWORD)
    expect_content(page, "Hello bob")
    # The server is away while the session ends: nobody is there to close the websocket.
    app.stop()
    app.command("users", "revoke", "bob")
    app.start()
    Form(page).expect_title("Sign in")
    expect(page.get_by_role("heading", name="Hello bob")).to_have_count(0)


READS_EVERYTHING = """
import streamlit as st
import streamlit.components.v2 as components
{login}
components.component("reader", js='''
export default function ({{ parentElement }}) {{
  window.typed = "";
  addEventListener("input", (event) => {{ window.typed += event.target.value; }}, true);
  const look = () => [...document.querySelectorAll("input")].map((one) => one.value).join(" ");
  setInterval(() => {{ window.seen = (window.seen ?? "") + look(); }}, 20);
}}
''', html="<i>reads</i>")()
"""


@pytest.mark.parametrize("gate", ["app", "script"])
def test_a_component_that_reads_the_page(serve: Serve, someone: Someone, tmp_path: Path, gate: str) -> None:
    """In the full-page mode there is nothing to read: no script of the app's is in the form's page.

    Inside an app every component reads every field; SECURITY.md says so.
    """
    (tmp_path / "app.py").write_text(
        READS_EVERYTHING.format(login="" if gate == "app" else "import streamlit_gatehouse as gatehouse")
        + ("" if gate == "app" else "gatehouse.login()\n")
    )
    app = serve(tmp_path / "app.py", gate=gate)
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    page = someone().new_page()
    page.goto(app.url)
    form = Form(page)
    form.field("Username or e-mail").fill("bob")
    form.field("Password").press_sequentially(PASSWORD)
    if gate == "script":
        page.wait_for_function("window.seen !== undefined")
    read = page.evaluate("(window.seen ?? '') + (window.typed ?? '')")
    assert (PASSWORD in read) == (gate == "script")
    form.button("Sign in").click()
    expect(page.get_by_text("reads")).to_be_visible()
    if gate == "app":
        page.wait_for_function("window.seen !== undefined")
        assert PASSWORD not in page.evaluate("window.seen + window.typed")
