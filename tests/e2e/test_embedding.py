"""Signing in inside a frame of another site: `127.0.0.1` shows the app of `localhost`."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from conftest import Someone
from playwright.sync_api import BrowserContext, Error, Frame, Page, expect

from provider import Provider

from form import Form, expect_content, sign_out
from served import ROOT, Served

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "quiet harbor window lamp"
SETTINGS = """
app_name = "Weather"
embed_origins = ["{portal}"]
mfa_roles = ["admin"]

[providers.company]
label = "Example Inc."
register = true
groups_claim = "groups"
[providers.company.roles]
staff = ["editor"]

[providers.doubtful]
label = "Doubtful"
"""
JANE = {"preferred_username": "jane", "groups": ["staff"]}


class Portal(http.server.BaseHTTPRequestHandler):
    """A page that shows in a frame what its address names."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(f"<iframe src='{self.path[1:]}' width=900 height=700></iframe>".encode())

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


@pytest.fixture(scope="module")
def portals() -> Iterator[list[str]]:
    """Two sites: one is named in the settings, the other is not."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module", params=["app", "script"])
def app(
    request: pytest.FixtureRequest, portals: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with ExitStack() as stack:
        source = ROOT / "examples" / "roles" / "navigation"
        settings = SETTINGS.format(portal=portals[0])
        app = Served(source, tmp_path_factory.mktemp("home") / "app", settings=settings, gate=request.param)
        stack.callback(app.stop)
        for provider in (Provider("company", app, "1001", **JANE), Provider("doubtful", app, None)):
            stack.callback(provider.stop)
        app.start()
        app.command("users", "add", "bob", typed=PASSWORD + "\n")
        yield app


def framed(page: Page, app: Served, portal: str, path: str = "/") -> Frame:
    """The app in the portal's frame, with its form."""
    page.goto(f"{portal}/{app.url}{path}")
    element = page.wait_for_selector("iframe")
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def ours(context: BrowserContext, kind: str) -> list[dict[str, object]]:
    return [dict(cookie) for cookie in context.cookies() if cookie["name"].startswith(f"gatehouse-{kind}")]


def test_by_password(app: Served, portals: list[str], someone: Someone) -> None:
    context = someone()
    page = context.new_page()
    frame = framed(page, app, portals[0])
    form = Form(frame)
    form.expect_title("Sign in")
    # Browsers let nobody use one inside a page of another origin.
    expect(form.button("Sign in with a passkey")).to_have_count(0)
    form.sign_in("bob", PASSWORD)
    expect_content(frame, "Welcome, bob")
    cookies = ours(context, "embedded-")
    assert {(one["sameSite"], one["secure"], one["httpOnly"]) for one in cookies} == {("None", True, True)}
    page.reload()
    frame = framed(page, app, portals[0])
    expect_content(frame, "Welcome, bob")
    # At the app's own address nobody is signed in by that: browsers keep the two apart.
    alone = context.new_page()
    alone.goto(app.url)
    Form(alone).expect_title("Sign in")
    expect(Form(alone).button("Sign in with a passkey")).to_be_visible()
    sign_out(frame)
    Form(frame).expect_title("Sign in")


def test_a_page_that_is_not_named_can_not_frame_it(app: Served, portals: list[str], someone: Someone) -> None:
    page = someone().new_page()
    for path in ("/", "/_gatehouse/", "/_gatehouse/account"):
        with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
            page.goto(f"{portals[1]}/{app.url}{path}")
        assert page.frame_locator("iframe").locator(".gh-card").count() == 0


def to_the_window(page: Page, form: Form, label: str) -> Page:
    """The window's first page."""
    with page.expect_popup() as opened:
        form.way(f"Continue with {label}").click()
    window = opened.value
    expect(window.get_by_role("heading", name="Sign in to Weather")).to_be_visible()
    return window


def test_by_a_provider_in_a_window(app: Served, portals: list[str], someone: Someone) -> None:
    context = someone()
    page = context.new_page()
    frame = framed(page, app, portals[0], "/reports?from=mail")
    form = Form(frame)
    form.expect_title("Sign in")
    window = to_the_window(page, form, "Example Inc.")
    window.evaluate(AXE.read_text())
    found = window.evaluate("axe.run()")
    assert not [rule["id"] for rule in found["violations"]], found["violations"]
    window.get_by_role("link", name="Continue with Example Inc.").focus()
    window.keyboard.press("Enter")
    expect_content(frame, "Reports")
    assert frame.url == f"{app.url}/reports?from=mail"
    # The window signed nobody in, and is gone or says that it can be closed.
    said = window.get_by_role("heading", name="You can close this window")
    deadline = time.monotonic() + 10
    while not window.is_closed():
        try:
            expect(said).to_be_visible(timeout=1000)
            break
        except (AssertionError, Error):
            # It may have closed meanwhile.
            assert time.monotonic() < deadline, "the window neither closes nor says that it can be closed"
    alone = context.new_page()
    alone.goto(app.url)
    Form(alone).expect_title("Sign in")


def test_who_turns_back_at_the_provider_reads_so_in_the_frame(
    app: Served, portals: list[str], someone: Someone
) -> None:
    page = someone().new_page()
    frame = framed(page, app, portals[0])
    window = to_the_window(page, Form(frame), "Doubtful")
    window.get_by_role("link", name="Continue with Doubtful").click()
    form = Form(frame)
    refused = "You turned back before you were signed in."
    expect(form.card.get_by_role("alert").filter(has_text=refused)).to_be_visible()
    form.sign_in("bob", PASSWORD)
    expect_content(frame, "Welcome, bob")


def test_a_window_that_is_closed_leaves_the_form_as_it_was(
    app: Served, portals: list[str], someone: Someone
) -> None:
    page = someone().new_page()
    frame = framed(page, app, portals[0])
    form = Form(frame)
    form.field("Username or e-mail").fill("jan")
    to_the_window(page, form, "Example Inc.").close()
    expect(form.field("Username or e-mail")).to_have_value("jan")
    expect(form.field("Username or e-mail")).to_be_editable()
    expect(form.card.get_by_role("alert").filter(has_text=".")).to_have_count(0)
    # Once more, and this time to the end.
    window = to_the_window(page, form, "Example Inc.")
    window.get_by_role("link", name="Continue with Example Inc.").click()
    expect_content(frame, "Welcome, jane")


def test_a_form_of_another_site_opens_no_such_window(
    app: Served, portals: list[str], someone: Someone
) -> None:
    """The attacker's challenge, sent from his own page."""
    page = someone().new_page()
    page.goto(f"{portals[1]}/about:blank")
    page.evaluate(
        """(action) => {
          const form = document.createElement('form');
          Object.assign(form, {method: 'post', action});
          const field = document.createElement('input');
          form.append(Object.assign(field, {name: 'collect', value: 'A'.repeat(43)}));
          document.body.append(form);
          form.submit();
        }""",
        f"{app.url}/_gatehouse/provider/company",
    )
    expect(page.get_by_text("foreign_origin")).to_be_visible()
