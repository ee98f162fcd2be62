"""What a page's content policy blocked or reported, as the browser itself says it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Error, Page, expect

from served import Served

_COLLECT = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push([event.disposition, event.effectiveDirective, event.blockedURI]);
});
"""


class Violation(NamedTuple):
    """One rule that was broken: `enforce` blocks, `report` only says so."""

    disposition: str
    directive: str
    blocked: str


def watch(context: BrowserContext) -> BrowserContext:
    """Collects violations in every page and frame of a profile from now on."""
    context.add_init_script(_COLLECT)
    return context


def violations(page: Page) -> set[Violation]:
    """What was broken so far, on the page and in its frames."""
    found: set[Violation] = set()
    for frame in page.frames:
        try:
            found.update(Violation(*each) for each in frame.evaluate("window.violations || []"))
        except Error:
            # A frame that is blocked or on its way has nothing to say.
            continue
    return found


def expect_violation(page: Page, *, disposition: str, directive: str, blocked: str) -> None:
    """Waits until exactly this rule is broken; `blocked` is how the blocked address begins."""

    def broken() -> bool:
        found = violations(page)
        return any(
            each[:2] == (disposition, directive) and each.blocked.startswith(blocked) for each in found
        )

    until(page, broken, f"{directive} blocks {blocked}")


def until(page: Page, condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}: {violations(page)}"
        page.wait_for_timeout(50)


def show(app: Served, page: Page, element: str) -> None:
    """Opens one element of apps/elements, and waits until its script is through."""
    page.goto(f"{app.url}/?element={element}")
    # The first run imports everything that draws.
    expect(page.get_by_text("Drawn to the end")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)
