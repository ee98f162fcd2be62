"""The oldest supported and the newest Streamlit, under the gate and by a plain `streamlit run`."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import expect

from browser import form_was_drawn
from form import Form, expect_content, sign_out
from served import NEWEST, OLDEST, ROOT

PASSWORD = "quiet harbor window lamp"


@pytest.mark.parametrize("plain", [False, True], ids=["gatehouse run", "streamlit run"])
@pytest.mark.parametrize("environment", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_sign_in_stay_and_sign_out(serve: Serve, someone: Someone, environment: Path, plain: bool) -> None:
    app = serve(ROOT / "examples" / "quickstart", environment=environment, plain=plain)
    context = someone()
    page = context.new_page()
    page.goto(app.url)
    form = Form(page)
    form.expect_title("Sign in")
    # In plain mode the database is made at the first `login()`.
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    form.sign_in("bob", PASSWORD, keep=True)
    expect_content(page, "Hello bob")

    page.get_by_role("slider").first.press("ArrowRight")
    expect_content(page, "Hello bob")
    page.reload()
    expect_content(page, "Hello bob")
    assert not form_was_drawn(page)

    app.restart()
    tab = context.new_page()
    tab.goto(app.url)
    expect_content(tab, "Hello bob")
    assert not form_was_drawn(tab)

    page.reload()
    expect_content(page, "Hello bob")
    sign_out(page)
    for each in (page, tab):
        Form(each).expect_title("Sign in")
        expect(each.get_by_role("heading", name="Hello bob")).to_have_count(0)
