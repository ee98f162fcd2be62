"""What the end-to-end tests share: a browser, a mail server, and servers that last as long as a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

import browser as chromium
from mails import Mailbox
from served import Served

ARTIFACTS = Path(__file__).parent / "artifacts"


class Serve(Protocol):
    """Starts an app that lives as long as the module's tests."""

    def __call__(self, app: Path, **options: Any) -> Served: ...


class Someone(Protocol):
    """Opens a browser profile that lives as long as one test."""

    def __call__(self, **options: Any) -> BrowserContext: ...


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(app: Path, **options: Any) -> Served:
            served = Served(app, tmp_path_factory.mktemp("home") / "app", **options)
            stack.callback(served.stop)
            return served.start()

        yield start


@pytest.fixture
def someone(running_browser: Browser, request: pytest.FixtureRequest) -> Iterator[Someone]:
    contexts: list[BrowserContext] = []

    def new(**options: Any) -> BrowserContext:
        contexts.append(chromium.person(running_browser, **options))
        return contexts[-1]

    yield new
    failed = getattr(request.node, "failed", False)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        if failed:
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTIFACTS / f"failed-{request.node.name}-{number}.png")
    for context in contexts:
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Lets the fixtures know that the test failed, so that they keep a picture."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
