"""What a person waits for, in Chromium: until the form stands there, and from the click to the content."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import hanko
import peers
from browser import launch
from figures import PAIRS, Row, difference, median, ratio

BARE, IN_PAGE, FULL = "bare st.form", "Gatehouse in the page", "Gatehouse, full page"
TEN, THOUSAND = "streamlit-authenticator, 10 users", "streamlit-authenticator, 1,000 users"
#: How often the slowest is measured.
SLOW = 4
HANKO = "Hanko's element, a page of its own"

# Both marks are taken in the page at the next frame, on a clock that survives a reload.
MARKS = """
const clock = () => performance.timeOrigin + performance.now();
addEventListener('click', (event) => {
  if (event.target.closest('button')?.textContent.trim() === document.benchButton) {
    sessionStorage.clickedAt = clock();
  }
}, true);
document.benchButton = sessionStorage.benchButton ?? 'Sign in';
const look = () => {
  const seen = (element) => element && element.getClientRects().length > 0;
  // Hanko's element keeps its form in a shadow, and asks for the name first.
  const element = document.querySelector('hanko-auth')?.shadowRoot;
  const field = element?.querySelector('input') ?? document.querySelector('input[type=password]');
  if (!window.formAt && seen(field)) {
    window.formAt = performance.now();
  }
  const title = [...document.querySelectorAll('h1')].find((h1) => h1.textContent.startsWith('Hello'));
  if (!sessionStorage.contentAt && !window.leaving && seen(title)) sessionStorage.contentAt = clock();
  requestAnimationFrame(look);
};
look();
"""


def cold(browser: Browser, url: str) -> float:
    """Milliseconds from the navigation to the visible password field, nothing cached."""
    # The full page allows no script of ours to be evaluated.
    context = browser.new_context(bypass_csp=True)
    context.add_init_script(MARKS)
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.formAt > 0")
    milliseconds: float = page.evaluate("window.formAt")
    context.close()
    return milliseconds


def clicked(browser: Browser, url: str, fill: Callable[[Page], None], button: str) -> float:
    """Milliseconds from the click on `button` to the visible content."""
    context = browser.new_context(bypass_csp=True)
    context.add_init_script(MARKS)
    page = context.new_page()
    page.goto(url)
    page.evaluate("name => { document.benchButton = sessionStorage.benchButton = name }", button)
    fill(page)
    # Filling a field makes Streamlit run the script; wait until that is over.
    page.wait_for_timeout(700)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_function("sessionStorage.contentAt > 0")
    milliseconds: float = page.evaluate("sessionStorage.contentAt - sessionStorage.clickedAt")
    context.close()
    return milliseconds


def fill(name: str) -> Callable[[Page], None]:
    def both(page: Page) -> None:
        page.get_by_label(name, exact=True).fill(peers.NAME)
        page.get_by_label("Password", exact=True).fill(peers.PASSWORD)

    return both


def reloaded(page: Page) -> float:
    """Milliseconds from a reload to the visible content, signed in."""
    page.evaluate("window.leaving = true; sessionStorage.removeItem('contentAt')")
    page.reload(wait_until="commit")
    page.wait_for_function("sessionStorage.contentAt > 0")
    milliseconds: float = page.evaluate("sessionStorage.contentAt - performance.timeOrigin")
    return milliseconds


def signed_in(browser: Browser, url: str, filled: Callable[[Page], None], button: str) -> Page:
    """A page whose next loads are timed."""
    page = browser.new_context(bypass_csp=True).new_page()
    page.add_init_script(MARKS)
    page.goto(url)
    filled(page)
    page.wait_for_timeout(700)
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("heading", name="Hello bob").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    return page


def forms(home: Path) -> list[Row]:
    samples: dict[str, list[float]] = {}
    with sync_playwright() as playwright, ExitStack() as stack:
        apps = {
            BARE: peers.bare(home / "bare"),
            IN_PAGE: peers.gatehouse(home / "gatehouse", "script"),
            FULL: peers.gatehouse(home / "covered"),
            TEN: peers.authenticator(home / "ten", 10),
        }
        urls = {}
        for name, app in apps.items():
            stack.callback(app.start().stop)
            urls[name] = app.url
        urls[HANKO] = stack.enter_context(hanko.served())
        browser = launch(playwright)
        stack.callback(browser.close)
        for number in range(-1, PAIRS):
            for name, url in urls.items():
                if name == TEN and number % 2:
                    continue
                taken = cold(browser, url)
                if number >= 0:
                    samples.setdefault(name, []).append(taken)
    bare = samples[BARE]
    return [
        Row(
            "form visible, cold, in the page",
            ratio(samples[IN_PAGE], bare),
            "× bare form",
            1.05,
            samples=samples,
        ),
        Row(
            "form visible, cold, full page", ratio(samples[FULL], bare), "× bare form", 0.15, samples=samples
        ),
        *(Row(f"form visible: {name}", median(taken), "ms") for name, taken in samples.items()),
    ]


def clicks(home: Path) -> list[Row]:
    samples: dict[str, list[float]] = {}
    with sync_playwright() as playwright, ExitStack() as stack:
        ours, theirs = (fill("Username or e-mail"), "Sign in"), (fill("Username"), "Login")
        apps = {
            BARE: (peers.bare(home / "bare"), fill("Username"), "Sign in"),
            IN_PAGE: (peers.gatehouse(home / "gatehouse", "script"), *ours),
            FULL: (peers.gatehouse(home / "covered"), *ours),
            TEN: (peers.authenticator(home / "ten", 10), *theirs),
            THOUSAND: (peers.authenticator(home / "thousand", 1000), *theirs),
        }
        for app, *_ in apps.values():
            stack.callback(app.start().stop)
        for name in (IN_PAGE, FULL):
            peers.add_bob(apps[name][0])
        browser = launch(playwright)
        stack.callback(browser.close)
        for number in range(-1, PAIRS):
            for name, (app, filled, button) in apps.items():
                if (name == THOUSAND and number >= SLOW) or (name == TEN and number % 2):
                    continue
                taken = clicked(browser, app.url, filled, button)
                if number >= 0:
                    samples.setdefault(name, []).append(taken)
    hash_ms = 24.0
    rows = [
        Row(
            "click → content, more than a bare form",
            difference(samples[IN_PAGE], samples[BARE]),
            "ms",
            hash_ms + 100,
            note="the budget has one hash of 24 ms in it",
            samples=samples,
        )
    ]
    notes = {FULL: "Streamlit is loaded after the click", THOUSAND: f"{SLOW} samples"}
    for name, all_taken in samples.items():
        rows.append(Row(f"click → content: {name}", median(all_taken), "ms", note=notes.get(name, "")))
    return rows


def reloads(home: Path) -> list[Row]:
    """F5, signed in; the bare form has forgotten everybody by then, so an app without a login stands here."""
    samples: dict[str, list[float]] = {}
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = launch(playwright)
        stack.callback(browser.close)
        pages: dict[str, Page] = {}
        for name, app, field, button in (
            (IN_PAGE, peers.gatehouse(home / "gatehouse", "script"), "Username or e-mail", "Sign in"),
            (FULL, peers.gatehouse(home / "covered"), "Username or e-mail", "Sign in"),
            (TEN, peers.authenticator(home / "ten", 10), "Username", "Login"),
        ):
            stack.callback(app.start().stop)
            if name != TEN:
                peers.add_bob(app)
            pages[name] = signed_in(browser, app.url, fill(field), button)
        free = peers.app("looked_up", home / "free")
        stack.callback(free.start().stop)
        page = browser.new_context().new_page()
        page.add_init_script(MARKS)
        page.goto(free.url)
        pages["bare app without a login"] = page
        for number in range(-1, PAIRS):
            for name, page in pages.items():
                taken = reloaded(page)
                if number >= 0:
                    samples.setdefault(name, []).append(taken)
    return [
        Row(f"reload → content: {name}", median(taken), "ms", samples={"ms": taken})
        for name, taken in samples.items()
    ]
