"""The forms as a person meets them: by their labels, on any page that shows them."""

from __future__ import annotations

from playwright.sync_api import Frame, Locator, Page, expect


class Form:
    """The card on a page."""

    def __init__(self, page: Page | Frame) -> None:
        self.page = page
        self.card = page.locator(".gh-card")

    def field(self, label: str) -> Locator:
        return self.card.get_by_label(label, exact=True)

    def button(self, label: str) -> Locator:
        return self.card.get_by_role("button", name=label, exact=True)

    def way(self, label: str) -> Locator:
        """A way in with an account of somebody else."""
        return self.card.get_by_role("link", name=label, exact=True)

    def follow(self, label: str) -> None:
        """Clicks what leads to another view: a quiet line, drawn as a link or as a button."""
        link = self.card.get_by_role("link", name=label, exact=True)
        self.button(label).or_(link).click()

    def expect_title(self, title: str) -> None:
        expect(self.card.get_by_role("heading", name=title, exact=True)).to_be_visible()

    def sign_in(self, identifier: str, password: str, *, keep: bool = False) -> None:
        self.field("Username or e-mail").fill(identifier)
        self.field("Password").fill(password)
        if keep:
            self.field("Keep me signed in").check()
        self.button("Sign in").click()

    def register(self, username: str, email: str, password: str) -> None:
        self.field("Username").fill(username)
        self.field("E-mail").fill(email)
        self.field("Password").fill(password)
        self.button("Create account").click()

    def choose_password(self, password: str) -> None:
        self.field("New password").fill(password)
        self.button("Save the new password").click()


def expect_content(page: Page | Frame, heading: str) -> None:
    """The app's own content stands there, and nothing of the form."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator(".gh-card")).to_have_count(0)


def sign_out(page: Page | Frame) -> None:
    """One click on the app's own button."""
    page.get_by_role("button", name="Sign out").click()
