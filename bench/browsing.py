"""What a person waits for, in Chromium: until the form stands there, and from the click to the content."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import peers
from browser import launch
from figures import PAIRS, Row, difference, median, ratio

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
  if (!window.formAt && seen(document.querySelector('input[type=password]'))) {
    window.formAt = performance.now();
  }
  const title = [...document.querySelectorAll('h1')].find((h1) => h1.textContent.startsWith('Hello'));
  if (!sessionStorage.contentAt && seen(title)) sessionStorage.contentAt = clock();
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


def forms(home: Path) -> list[Row]:
    bare, ours, theirs, full = ([] for _ in range(4))  # type: list[float], list[float], list[float], list[float]
    with sync_playwright() as playwright, ExitStack() as stack:
        apps = [
            peers.bare(home / "bare"),
            peers.gatehouse(home / "gatehouse", "script"),
            peers.authenticator(home / "ten", 10),
            peers.gatehouse(home / "covered"),
        ]
        for app in apps:
            stack.callback(app.start().stop)
        browser = launch(playwright)
        for app in apps:
            cold(browser, app.url)
        for _ in range(PAIRS):
            bare.append(cold(browser, apps[0].url))
            ours.append(cold(browser, apps[1].url))
            full.append(cold(browser, apps[3].url))
            theirs.append(cold(browser, apps[2].url))
        browser.close()
    samples = {"bare": bare, "gatehouse": ours, "full_page": full, "authenticator": theirs}
    return [
        Row("form visible, cold, in the page", ratio(ours, bare), "× bare form", 1.05, samples=samples),
        Row("form visible, cold, full page", ratio(full, bare), "× bare form", 0.15),
        Row("… bare st.form", median(bare), "ms"),
        Row("… Gatehouse in the page", median(ours), "ms"),
        Row("… Gatehouse full page", median(full), "ms"),
        Row("… streamlit-authenticator, 10 users", median(theirs), "ms"),
    ]


def clicks(home: Path) -> list[Row]:
    bare, ours, full, ten, thousand = ([] for _ in range(5))  # type: list[float], list[float], list[float], list[float], list[float]
    with sync_playwright() as playwright, ExitStack() as stack:
        apps = [
            peers.bare(home / "bare"),
            peers.gatehouse(home / "gatehouse", "script"),
            peers.authenticator(home / "ten", 10),
            peers.authenticator(home / "thousand", 1000),
            peers.gatehouse(home / "covered"),
        ]
        for app in apps:
            stack.callback(app.start().stop)
        peers.add_bob(apps[1])
        peers.add_bob(apps[4])
        browser = launch(playwright)
        for number in range(PAIRS + 1):
            pair = (
                clicked(browser, apps[0].url, fill("Username"), "Sign in"),
                clicked(browser, apps[1].url, fill("Username or e-mail"), "Sign in"),
            )
            if number == 0:
                continue
            bare.append(pair[0])
            ours.append(pair[1])
            full.append(clicked(browser, apps[4].url, fill("Username or e-mail"), "Sign in"))
            ten.append(clicked(browser, apps[2].url, fill("Username"), "Login"))
            if number <= 5:
                thousand.append(clicked(browser, apps[3].url, fill("Username"), "Login"))
        browser.close()
    hash_ms = 24.0
    samples = {"bare": bare, "gatehouse": ours, "full_page": full}
    samples |= {"authenticator_10": ten, "authenticator_1000": thousand}
    return [
        Row(
            "click → content, more than a bare form",
            difference(ours, bare),
            "ms",
            hash_ms + 100,
            note="the budget has one hash of 24 ms in it",
            samples=samples,
        ),
        Row("… bare st.form", median(bare), "ms"),
        Row("… Gatehouse in the page", median(ours), "ms"),
        Row("… Gatehouse full page", median(full), "ms", note="Streamlit is loaded after the click"),
        Row("… streamlit-authenticator, 10 users", median(ten), "ms"),
        Row("… streamlit-authenticator, 1,000 users", median(thousand), "ms", note="5 samples"),
    ]
