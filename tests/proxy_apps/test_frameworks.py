"""Four frameworks behind the front, as people use them: the form first, then the app, and the form again."""

from __future__ import annotations

import hashlib
import http.client
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from form import Form
from proxied import PASSWORD, Proxied, Serve, wait_for


def use_streamlit(page: Page) -> None:
    expect(page.get_by_role("heading", name="Hello bob")).to_be_visible(timeout=30_000)
    page.get_by_label("Say something").fill("hello")
    page.get_by_label("Say something").press("Enter")
    expect(page.get_by_text("You typed hello.")).to_be_visible()
    content = bytes(range(256)) * 20_000
    file = {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.get_by_text(f"Got {hashlib.sha256(content).hexdigest()}.")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Get it").click()
    assert download.value.path().stat().st_size == 1_000_000


def use_fastapi(page: Page) -> None:
    page.get_by_role("button", name="Who am I?").click()
    expect(page.get_by_text('"username":"bob"')).to_be_visible()


def use_shiny(page: Page) -> None:
    expect(page.get_by_text("Hello bob")).to_be_visible()
    page.get_by_label("Say something").fill("hello")
    expect(page.get_by_text("You typed hello.")).to_be_visible()


def use_files(page: Page) -> None:
    page.get_by_role("link", name="Second page").click()
    expect(page.get_by_role("heading", name="The second page")).to_be_visible()


USES: dict[str, Callable[[Page], None]] = {
    "streamlit": use_streamlit,
    "fastapi": use_fastapi,
    "shiny": use_shiny,
    "files": use_files,
}
#: Whose page holds a websocket, by which it learns at once that its session has ended.
AT_ONCE = ("streamlit", "shiny")


def ask_again(page: Page) -> None:
    """A page without a websocket learns it by what it fetches, or when it is asked for again."""
    button = page.get_by_role("button", name="Who am I?")
    if button.count():
        button.click()
    else:
        page.reload()


def sign_in(page: Page, proxied: Proxied, name: str, path: str = "/") -> None:
    page.goto(proxied.url + path)
    Form(page).sign_in(name, PASSWORD)
    expect(page.locator(".gh-card")).to_have_count(0)


@pytest.mark.parametrize("name", USES)
def test_sign_in_use_and_be_disabled(name: str, serve: Serve, page: Page) -> None:
    proxied = serve(name)
    proxied.add("bob")
    sign_in(page, proxied, "bob")
    USES[name](page)
    proxied.command("users", "disable", "bob")
    if name not in AT_ONCE:
        wait_for(lambda: page.request.get(proxied.url + "/me").status == 401, proxied.front.text)
        ask_again(page)
    # Within two seconds of a person's own clock, where the page is told.
    expect(Form(page).field("Password")).to_be_visible(timeout=5000)
    proxied.command("users", "delete", "bob", "--yes")


@pytest.mark.parametrize("name", USES)
def test_nobody_gets_a_byte_of_it(name: str, serve: Serve) -> None:
    proxied = serve(name)
    connection = http.client.HTTPConnection("localhost", proxied.front.port)
    for path in ("/", "/me", "/second.html", "/_stcore/health", "/_stcore/host-config", "/static/x"):
        connection.request("GET", path, headers={"Accept": "*/*"})
        answer = connection.getresponse()
        text = answer.read()
        assert (answer.status, b"signed_out" in text) == (401, True), path
    connection.close()


def test_the_deep_link_is_kept(serve: Serve, page: Page) -> None:
    proxied = serve("files")
    proxied.add("carol")
    sign_in(page, proxied, "carol", "/second.html?year=2026")
    expect(page.get_by_role("heading", name="The second page")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/second\.html\?year=2026$"))


def test_a_page_waits_for_its_app(serve: Serve, page: Page) -> None:
    proxied = serve("files")
    proxied.add("dora")
    sign_in(page, proxied, "dora")
    proxied.app.stop()
    page.goto(proxied.url)
    expect(page.get_by_role("heading", name="The app isn't answering")).to_be_visible()
    proxied.app.start()
    expect(page.get_by_role("heading", name="A site of files")).to_be_visible(timeout=15_000)


def test_roles_in_the_token(serve: Serve, page: Page) -> None:
    proxied = serve("fastapi")
    proxied.add("erin", "admin")
    proxied.add("frank", "superadmin-readonly")
    sign_in(page, proxied, "erin", "/admin")
    expect(page.get_by_text("The keys of the house")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, proxied, "frank", "/admin")
    expect(page.get_by_text("Only for administrators")).to_be_visible()
    forged = page.request.get(f"{proxied.app_url}/me", headers={"X-Auth-Token": "e30.e30.x"})
    assert forged.status == 401, "the app itself believes nothing but a token that it could check"
