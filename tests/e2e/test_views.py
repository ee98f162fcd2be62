"""Every view, in both modes: a picture of it, everything in its place, and axe-core finds nothing serious."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import ARTIFACTS, Serve, Someone
from factor_views import FACTOR_VIEWS
from provider_views import PROVIDER_VIEWS

from mails import Mailbox
from served import ROOT, Served
from views import PASSWORD, VIEWS, View

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def app(serve: Serve, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Served:
    source = tmp_path_factory.mktemp("source") / "app"
    shutil.copytree(ROOT / "examples" / "roles" / "pages_folder", source)
    shutil.copy(Path(__file__).parent / "apps" / "account.py", source / "pages" / "3_Account.py")
    settings = (
        'app_name = "Quickstart"\n'
        'tagline = "Numbers, drawn quickly."\n'
        'registration = "open"\n'
        '[pages]\nLedger = ["accountant"]\n'
        "[limits]\nmails_per_address = 100\n"
    )
    app = serve(source, settings=settings + mailbox.settings(), gate="script")
    app.command("users", "add", "bob", "--email", "bob@example.org", typed=PASSWORD + "\n")
    return app


#: What stands beyond the card or the window, words that are cut off, and neighbors that lie on each other.
OUT_OF_PLACE = """() => {
  const card = document.querySelector('.gh-card:not(.gh-skeleton)') ?? document.querySelector('.gh-card');
  const edge = card.getBoundingClientRect();
  const box = (element) => element.getBoundingClientRect();
  const name = (element) => element.outerHTML.slice(0, 80);
  const seen = [...card.querySelectorAll('*')].filter((one) => box(one).width > 1 && box(one).height > 1);
  const cut = (one) => one.matches('p, span, label, h1, button') && one.clientWidth > 0
    && one.scrollWidth > one.clientWidth + 1;
  const beyond = (one) => box(one).left < edge.left - 1 || box(one).right > edge.right + 1;
  const out = seen.filter((one) => beyond(one) || cut(one)).map((one) => `sticks out: ${name(one)}`);
  // What lies in an input or on a button is meant to.
  const apart = seen.filter((one) => !one.parentElement.closest('.gh-box, .gh-submit, svg'));
  for (const one of apart) for (const other of apart) {
    if (one === other || one.parentElement !== other.parentElement) continue;
    const across = Math.min(box(one).right, box(other).right) - Math.max(box(one).left, box(other).left);
    const down = Math.min(box(one).bottom, box(other).bottom) - Math.max(box(one).top, box(other).top);
    if (across > 1 && down > 1) out.push(`${name(one)} lies on ${name(other)}`);
  }
  const page = document.documentElement;
  const wide = page.scrollWidth > page.clientWidth || edge.left < 0 || edge.right > innerWidth;
  return wide ? [...out, 'the page itself is too wide'] : out;
}"""


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("view", [*VIEWS, *FACTOR_VIEWS, *PROVIDER_VIEWS], ids=lambda view: view.__name__)
def test_everything_has_its_place_and_axe_finds_nothing_serious(
    app: Served, mailbox: Mailbox, someone: Someone, view: View, mode: str
) -> None:
    locale = "de-DE" if view.__name__.startswith("german") else "en-US"
    page = someone(dark=mode == "dark", locale=locale).new_page()
    view(app, mailbox, page)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{view.__name__}-{mode}.png")
    assert page.evaluate(OUT_OF_PLACE) == []
    # Through the debugger: the page's own policy rightly runs no script of a stranger.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run('.gh-card')")
    serious = [
        {"rule": rule["id"], "help": rule["help"], "where": [node["target"] for node in rule["nodes"]]}
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert not serious, json.dumps(serious, indent=1)
    assert found["passes"], "axe looked at nothing"
