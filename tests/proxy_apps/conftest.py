"""A browser, and each app served once with the front before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import browser as chromium
from proxied import Proxied, Serve


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    started: dict[str, Proxied] = {}
    with ExitStack() as stack:

        def start(name: str) -> Proxied:
            if name not in started:
                started[name] = Proxied(name, tmp_path_factory.mktemp(name) / "home")
                stack.callback(started[name].stop)
                started[name].start()
            return started[name]

        yield start


@pytest.fixture
def page(running_browser: Browser) -> Iterator[Page]:
    context = chromium.person(running_browser)
    yield context.new_page()
    context.close()
