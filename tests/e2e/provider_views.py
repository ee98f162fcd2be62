"""The ways to the views of signing in with an account of somebody else."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from form import Form
from mails import Mailbox
from served import Served
from views import View, login, login_full_page, narrow

WAYS = ("GitHub", "Example Inc.")
LONG = "The Worshipful Company of Quiet Herons"


def offered(*labels: str, page: Page) -> None:
    """The settings of an app with providers."""
    buttons = [{"name": f"way{n}", "label": label, "href": ""} for n, label in enumerate(labels)]

    def told(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"providers": buttons})

    page.route("**/_gatehouse/config", told)


def ways(app: Served, mailbox: Mailbox, page: Page) -> None:
    offered(*WAYS, page=page)
    login_full_page(app, mailbox, page)
    Form(page).way("Continue with GitHub").wait_for()


def ways_in_app(app: Served, mailbox: Mailbox, page: Page) -> None:
    offered(*WAYS, page=page)
    login(app, mailbox, page)
    Form(page).way("Continue with GitHub").wait_for()


def ways_narrow(app: Served, mailbox: Mailbox, page: Page) -> None:
    narrow(page)
    offered("GitHub", LONG, page=page)
    login_full_page(app, mailbox, page)
    Form(page).way(f"Continue with {LONG}").focus()


def german_ways(app: Served, _mailbox: Mailbox, page: Page) -> None:
    offered(*WAYS, page=page)
    page.goto(app.url)
    Form(page).way("Weiter mit Example Inc.").wait_for()


def turned_back(app: Served, _mailbox: Mailbox, page: Page) -> None:
    offered(*WAYS, page=page)
    page.goto(f"{app.url}/_gatehouse/#refused=provider_cancelled")
    Form(page).card.get_by_text("You turned back before you were signed in.").wait_for()


def unlinked_narrow(app: Served, _mailbox: Mailbox, page: Page) -> None:
    """The longest of the sentences."""
    narrow(page)
    offered(*WAYS, page=page)
    page.goto(f"{app.url}/_gatehouse/#refused=provider_unlinked")
    Form(page).card.get_by_text("There is an account with your address.").wait_for()


def german_unknown(app: Served, _mailbox: Mailbox, page: Page) -> None:
    offered(*WAYS, page=page)
    page.goto(f"{app.url}/_gatehouse/#refused=provider_unknown")
    Form(page).card.get_by_text("Dieses Konto hat hier noch keinen Zugang.").wait_for()


PROVIDER_VIEWS: list[View] = [
    ways,
    ways_in_app,
    ways_narrow,
    german_ways,
    turned_back,
    unlinked_narrow,
    german_unknown,
]
