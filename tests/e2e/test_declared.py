"""Users in secrets, and one password in front of an app that knows nothing of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import Page, expect

from form import Form, expect_content
from served import ROOT, Served

UNMODIFIED = Path(__file__).parent / "apps" / "unmodified.py"
ALICE, BOB, SHARED = "quiet harbor window lamp", "seven little green boats", "one lamp for everybody"


def line(name: str, password: str, roles: str = "[]") -> str:
    return f'[gatehouse.users.{name}]\npassword = "{password}"\nroles = {roles}\n'


BOTH = line("alice", ALICE, '["admin"]') + line("bob", BOB)


def open_form(app: Served, page: Page, path: str = "") -> Form:
    page.goto(app.url + path)
    form = Form(page)
    form.expect_title("Sign in")
    return form


def enter(form: Form, password: str) -> None:
    form.field("Password").fill(password)
    form.button("Sign in").click()


@pytest.mark.parametrize("gate", ["app", "script"])
def test_users_in_secrets_sign_in_with_roles_until_their_line_is_deleted(
    serve: Serve, someone: Someone, gate: str
) -> None:
    app = serve(ROOT / "examples" / "quickstart", settings=f'gate = "{gate}"\n', secrets=BOTH)
    assert "#setup=" not in app.text()
    assert "plain text" in app.text()
    assert ALICE not in app.text()
    alice, bob = someone().new_page(), someone().new_page()
    open_form(app, alice).sign_in("alice", ALICE)
    expect_content(alice, "Hello alice")
    expect(alice.get_by_text("admin")).to_be_visible()
    open_form(app, bob).sign_in("bob", BOB)
    expect_content(bob, "Hello bob")

    app.keep_secrets(line("bob", BOB))
    Form(alice).expect_title("Sign in")
    expect(alice.get_by_role("heading", name="Hello alice")).to_have_count(0)
    Form(alice).sign_in("alice", ALICE)
    expect(Form(alice).card.get_by_text("That name and password don't match.")).to_be_visible()
    expect_content(bob, "Hello bob")

    app.keep_secrets(BOTH)
    deadline = time.monotonic() + 20
    while "active" not in app.command("users", "show", "alice") and time.monotonic() < deadline:
        time.sleep(0.2)
    enter(Form(alice), ALICE)
    expect_content(alice, "Hello alice")

    app.restart()
    bob.reload()
    expect_content(bob, "Hello bob")


def test_a_password_of_the_secrets_is_not_changed_in_the_page(serve: Serve, someone: Someone) -> None:
    app = serve(UNMODIFIED, secrets=BOTH)
    page = someone().new_page()
    open_form(app, page).sign_in("bob", BOB)
    expect_content(page, "Quarterly numbers")
    expect(page.get_by_text("For bob.")).to_be_visible()
    page.goto(f"{app.url}/_gatehouse/")
    form = Form(page)
    form.expect_title("You're signed in")
    form.follow("Change password")
    form.field("Current password").fill(BOB)
    form.choose_password("another lamp in the window")
    expect(form.card.get_by_text("Your password is kept by whoever runs this app")).to_be_visible()


def test_one_password_protects_an_unmodified_app(serve: Serve, someone: Someone) -> None:
    secrets = f'[gatehouse]\npassword = "{SHARED}"\n'
    app = serve(UNMODIFIED, secrets=secrets, options=["--password"])
    context = someone()
    page = context.new_page()
    form = open_form(app, page, "/anywhere?at=all")
    expect(form.card.get_by_label("Username or e-mail")).to_have_count(0)
    expect(page.get_by_text("Quarterly numbers")).to_have_count(0)
    enter(form, "not the one")
    expect(form.card.get_by_text("That isn't the password.")).to_be_visible()
    enter(form, SHARED)
    expect_content(page, "Quarterly numbers")
    expect(page.get_by_text("For guest.")).to_be_visible()
    assert page.url.endswith("?at=all")
    page.reload()
    expect_content(page, "Quarterly numbers")

    app.keep_secrets(secrets.replace("everybody", "some of us"))
    Form(page).expect_title("Sign in")
    enter(Form(page), "one lamp for some of us")
    expect_content(page, "Quarterly numbers")


def test_one_name_and_password_from_the_environment(serve: Serve, someone: Someone) -> None:
    variables = {"GATEHOUSE_PASSWORD": SHARED}
    app = serve(UNMODIFIED, options=["--password", "--username", "team"], variables=variables)
    page = someone().new_page()
    open_form(app, page).sign_in("team", SHARED)
    expect_content(page, "Quarterly numbers")
    expect(page.get_by_text("For team.")).to_be_visible()


class Terminal:
    """A terminal with `gatehouse run --password` in it."""

    def __init__(self, app: Served) -> None:
        self.master, slave = pty.openpty()
        self.shown = ""

        def own() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            app._command(),
            cwd=app.home,
            env=app._environ(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=own,
        )
        os.close(slave)

    def shows(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.shown and time.monotonic() < deadline:
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                self.shown += os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                break
        assert text in self.shown, self.shown

    def types(self, text: str) -> None:
        os.write(self.master, text.encode() + b"\n")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)
        os.close(self.master)


def test_the_password_is_asked_for_at_a_terminal(someone: Someone, tmp_path: Path) -> None:
    app = Served(UNMODIFIED, tmp_path / "app", options=["--password"])
    terminal = Terminal(app)
    try:
        terminal.shows("One password for everybody:")
        terminal.types(SHARED)
        terminal.shows("Again:")
        terminal.types(SHARED)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        page = someone().new_page()
        enter(open_form(app, page), SHARED)
        expect_content(page, "Quarterly numbers")
        arguments = Path(f"/proc/{terminal.process.pid}/cmdline").read_bytes()
        assert SHARED.encode() not in arguments
    finally:
        terminal.stop()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [("", "There is no terminal"), (f'gate = "script"\npassword = "{SHARED}"\n', 'gate = "script"')],
)
def test_where_one_password_would_protect_nothing_it_does_not_start(
    tmp_path: Path, settings: str, sentence: str
) -> None:
    app = Served(UNMODIFIED, tmp_path / "app", settings=settings, options=["--password"])
    done = subprocess.run(
        app._command(),
        cwd=app.home,
        env=app._environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr, done.stderr
    assert SHARED not in done.stderr
