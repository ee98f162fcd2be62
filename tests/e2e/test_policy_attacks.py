"""What the content policy is for: injected markup, frames of other sites, uploads that are documents."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import Page, expect

from form import Form
from served import Served
from violations import expect_violation, show, until, violations, watch

APPS = Path(__file__).parent / "apps"
PASSWORD = "quiet harbor window lamp"


@pytest.fixture(scope="module")
def strict(serve: Serve) -> Served:
    return serve(APPS / "elements", settings='csp = "strict"', gate="script")


@pytest.fixture(scope="module")
def reporting(serve: Serve) -> Served:
    """The defaults."""
    return serve(APPS / "elements", gate="script")


@pytest.fixture(scope="module")
def portal() -> Iterator[str]:
    """Another site: it shows in a frame what its address names."""

    class Portal(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{self.path[1:]}' width=800 height=600></iframe>".encode())

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(someone: Someone) -> Page:
    return watch(someone()).new_page()


def follow_links(page: Page) -> None:
    for link in page.get_by_text("follow", exact=True).all():
        link.click()


def test_injected_markup_runs_nothing_under_strict(strict: Served, page: Page) -> None:
    """Script elements, handlers, frames with a document of their own, `javascript:` addresses."""
    show(strict, page, "injected")
    follow_links(page)
    expect_violation(page, disposition="enforce", directive="script-src-elem", blocked="inline")
    expect_violation(page, disposition="enforce", directive="script-src-attr", blocked="inline")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.pwned") is None


def test_injected_markup_runs_by_default_and_is_reported(reporting: Served, page: Page) -> None:
    """The attack is real: this app hands on what others wrote, and asks for scripts to run."""
    show(reporting, page, "injected")
    until(page, lambda: page.evaluate("window.pwned") is not None, "the injected script has run")
    expect_violation(page, disposition="report", directive="script-src-elem", blocked="inline")


def test_injected_base_and_plugins_are_blocked_by_default(reporting: Served, page: Page) -> None:
    show(reporting, page, "injected_addresses")
    expect_violation(page, disposition="enforce", directive="base-uri", blocked="https://evil.example/")
    expect_violation(page, disposition="enforce", directive="object-src", blocked=reporting.url)
    assert page.evaluate("document.baseURI").startswith(reporting.url)


def test_another_site_cannot_frame_the_app(reporting: Served, portal: str, page: Page) -> None:
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.goto(f"{portal}/{reporting.url}/?element=remote_image&embed=true")
    assert page.frame_locator("iframe").get_by_text("Drawn to the end").count() == 0


def test_a_named_site_may_frame_the_app(serve: Serve, portal: str, page: Page) -> None:
    app = serve(APPS / "elements", settings=f'frame_ancestors = ["{portal}"]', gate="script")
    page.goto(f"{portal}/{app.url}/?element=remote_image&embed=true")
    expect(page.frame_locator("iframe").get_by_text("Drawn to the end")).to_be_visible(timeout=60_000)
    # The sign-in page itself stays its own: nobody may draw over it.
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.goto(f"{portal}/{app.url}/_gatehouse/")


@pytest.mark.parametrize("csp", ["report", "strict"])
def test_our_own_page_is_always_strict(serve: Serve, page: Page, csp: str) -> None:
    """In the app's place, too: then the app itself, behind a sign-in, runs under its policy."""
    app = serve(APPS / "elements", settings=f'csp = "{csp}"', gate="app")
    app.command("users", "add", "bob", typed=PASSWORD + "\n")
    for path in ("/_gatehouse/", "/?element=remote_image"):
        answer = page.goto(app.url + path)
        assert answer is not None
        sent = answer.headers
        assert "content-security-policy-report-only" not in sent
        policy = sent["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        page.evaluate(
            """const script = document.createElement('script');
               script.text = 'window.pwned = 1';
               document.body.append(script);"""
        )
        expect_violation(page, disposition="enforce", directive="script-src-elem", blocked="inline")
        assert page.evaluate("window.pwned") is None
    Form(page).sign_in("bob", PASSWORD)
    expect(page.get_by_text("Drawn to the end")).to_be_visible(timeout=60_000)
    disposition = {"report": "report", "strict": "enforce"}[csp]
    expect_violation(
        page, disposition=disposition, directive="img-src", blocked="https://pictures.example.org/"
    )
    assert {each.disposition for each in violations(page)} == {disposition}


def media_of(page: Page) -> dict[str, str]:
    """Where the app's media are, by their types."""
    found: dict[str, str] = {}
    players = page.get_by_test_id("stAudio")
    expect(players).to_have_count(4)
    for address in players.evaluate_all("players => players.map((each) => each.src)"):
        answer = page.request.get(address)
        assert answer.ok
        found[answer.headers["content-type"].partition(";")[0]] = address
    return found


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml"])
def test_an_upload_is_no_document_with_scripts(reporting: Served, page: Page, kind: str) -> None:
    """Opened by itself on the app's origin, it runs nothing, whatever its type."""
    show(reporting, page, "uploads")
    address = media_of(page)[kind]
    page.goto(address)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#said").all_inner_texts() == (["no"] if kind == "text/html" else [])
    assert page.evaluate("self.origin") == "null"


def test_an_uploaded_script_is_none(reporting: Served, page: Page) -> None:
    """`script-src 'self'` would let it run: its type is that of text, which browsers refuse to run."""
    show(reporting, page, "uploads")
    types = media_of(page)
    assert "text/javascript" not in types
    outcome = page.evaluate(
        """(address) => new Promise((done) => {
             const script = document.createElement('script');
             script.onload = () => done('ran');
             script.onerror = () => done('refused');
             script.src = address;
             document.head.append(script);
           })""",
        types["text/plain"],
    )
    assert (outcome, page.evaluate("window.pwned")) == ("refused", None)


def test_a_static_document_runs_in_an_origin_of_its_own(reporting: Served, page: Page) -> None:
    """A report in the static folder works, but can't act for the person who looks at it."""
    page.goto(f"{reporting.url}/app/static/report.html")
    expect(page.locator("#said")).to_have_text("ran in null, unreadable")
    page.goto(f"{reporting.url}/app/static/drawing.svg")
    assert page.evaluate("document.documentElement.getAttribute('data-ran')") == "null"


def test_pictures_under_a_sandbox_are_shown(strict: Served, page: Page) -> None:
    """A drawing that may run nothing is still a picture, and so is one of the static folder."""
    show(strict, page, "uploads")
    picture = page.locator("[data-testid=stImage] img")
    until(page, lambda: bool(picture.evaluate("i => i.naturalWidth > 0")), "the picture is shown")
    shown = page.evaluate(
        """(address) => new Promise((done) => {
             const picture = new Image();
             picture.onload = () => done(picture.naturalWidth > 0);
             picture.onerror = () => done(false);
             picture.src = address;
           })""",
        "/app/static/drawing.svg",
    )
    assert shown
    assert violations(page) == set()
