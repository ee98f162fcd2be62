"""Chromium, as a person's browser: one context per person, one page per tab."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Remembers whether the form was in the page at any moment since it was loaded, even within one frame.
PROBE = """
window.formWasDrawn = false;
new MutationObserver(() => {
  if (document.querySelector('.gh-card')) window.formWasDrawn = true;
}).observe(document, {childList: true, subtree: true});
"""


# What a person would wait for on a busy machine; a test that means less says so itself.
expect.set_options(timeout=20_000)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)


def person(browser: Browser, *, dark: bool = False, locale: str = "en-US") -> BrowserContext:
    """A browser profile of its own."""
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        locale=locale,
        viewport={"width": 1000, "height": 800},
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    context.add_init_script(PROBE)
    return context


def form_was_drawn(page: Page) -> bool:
    """True if the form stood in this page at any moment since it was loaded."""
    drawn: bool = page.evaluate("window.formWasDrawn")
    return drawn
