"""The content policy of an app's page, with Streamlit's own elements: what `strict` leaves working, what it
blocks, and that each allowance is needed and opens what it names. Hosts of maps are answered by the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Serve, Someone
from playwright.sync_api import Page, Route, expect

from served import NEWEST, OLDEST, Served
from violations import expect_violation, show, until, violations, watch

APPS = Path(__file__).parent / "apps"
STYLE = '{"version": 8, "sources": {}, "layers": [{"id": "ground", "type": "background"}]}'
SHARED = {"access-control-allow-origin": "*"}
EVERYTHING = ("map_tiles", "blob_workers", "inline_components", "inline_handlers", "eval", "remote_media")
RELEASES = pytest.mark.parametrize("release", [NEWEST, OLDEST], ids=["newest", "oldest"])

Elements = Callable[..., Served]


@pytest.fixture(scope="module")
def elements(serve: Serve) -> Elements:
    """Serves apps/elements with a policy; each one is started once."""
    started: dict[tuple[str, Path], Served] = {}

    def served(*allowed: str, csp: str = "strict", sources: str = "", release: Path = NEWEST) -> Served:
        names = ", ".join(f'"{name}"' for name in allowed)
        settings = f'csp = "{csp}"\ncsp_allow = [{names}]\n' + (
            f'csp_sources = ["{sources}"]\n' if sources else ""
        )
        key = (settings, release)
        if key not in started:
            started[key] = serve(APPS / "elements", settings=settings, gate="script", environment=release)
        return started[key]

    return served


@pytest.fixture
def page(someone: Someone) -> Page:
    """A tab that collects violations, in a world in which the maps' hosts answer."""
    tab = watch(someone()).new_page()

    def map_host(route: Route) -> None:
        route.fulfill(body=STYLE, content_type="application/json", headers=SHARED)

    tab.route("https://basemaps.cartocdn.com/**", map_host)
    tab.route("https://cdn.plot.ly/**", lambda route: route.fulfill(status=404))
    return tab


def asked(page: Page, begin: str) -> Callable[[], bool]:
    """Notes from now on whether an address was really asked for."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    return lambda: any(url.startswith(begin) for url in seen)


def says_ran(page: Page) -> None:
    def ran() -> bool:
        return any(frame.locator("#said").all_inner_texts() == ["ran"] for frame in page.frames)

    until(page, ran, "the script has run")


def says_ran_when_clicked(page: Page) -> None:
    page.frame_locator("iframe").locator("#said").click()
    says_ran(page)


def has_worker(page: Page) -> None:
    until(page, lambda: bool(page.workers), "a worker runs")


def has_points(page: Page) -> None:
    expect(page.locator(".gl-canvas-context")).to_be_visible()
    expect(page.get_by_text("WebGL is not supported")).to_have_count(0)


@dataclass(frozen=True)
class Case:
    """An element, the allowance that it needs, what is broken without it, and how one sees that it works."""

    element: str
    allowance: str
    directive: str
    blocked: str
    works: Callable[[Page], None] | None = None

    def act(self, page: Page) -> None:
        if self.element == "component_onclick":
            page.frame_locator("iframe").locator("#said").click()


TILES = "https://basemaps.cartocdn.com/"
CASES = [
    Case("st_map", "map_tiles", "connect-src", TILES),
    Case("st_map", "blob_workers", "worker-src", "blob", has_worker),
    Case("pydeck", "map_tiles", "connect-src", TILES),
    Case("pydeck", "blob_workers", "worker-src", "blob", has_worker),
    Case("plotly_map", "map_tiles", "connect-src", TILES),
    Case("plotly_map", "blob_workers", "worker-src", "blob", has_worker),
    Case("plotly_outlines", "map_tiles", "connect-src", "https://cdn.plot.ly/"),
    Case("plotly_many_points", "eval", "script-src", "eval", has_points),
    Case("component_html", "inline_components", "script-src-elem", "inline", says_ran),
    Case("component_inline_js", "inline_components", "script-src-elem", "blob", says_ran),
    Case("html_with_javascript", "inline_components", "script-src-elem", "inline", says_ran),
    Case("component_onclick", "inline_handlers", "script-src-attr", "inline", says_ran_when_clicked),
    Case("remote_image", "remote_media", "img-src", "https://pictures.example.org/"),
    Case("remote_video", "remote_media", "media-src", "https://pictures.example.org/"),
    Case("icon_of_the_page", "remote_media", "img-src", "https://fonts.gstatic.com/"),
]
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.element}-{case.allowance}")


@RELEASES
def test_plain_elements_break_no_rule(elements: Elements, page: Page, release: Path) -> None:
    """Charts, tables, media, inputs, installed components; the hash fits this Streamlit."""
    show(elements(release=release), page, "plain")
    expect(page.locator(".vega-embed canvas, .vega-embed svg").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.locator("[data-testid=stGraphVizChart] svg").first).to_be_visible()
    expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    expect(page.frame_locator("iframe").locator("#said")).to_have_text("ran")
    pictures = page.locator("[data-testid=stImage] img").all()
    assert len(pictures) == 2
    until(
        page, lambda: all(each.evaluate("i => i.naturalWidth > 0") for each in pictures), "pictures are shown"
    )
    assert violations(page) == set()


@EACH
def test_without_its_allowance_strict_blocks(elements: Elements, page: Page, case: Case) -> None:
    show(elements(), page, case.element)
    case.act(page)
    expect_violation(page, disposition="enforce", directive=case.directive, blocked=case.blocked)
    if case.works in {says_ran, says_ran_when_clicked}:
        assert not any(frame.locator("#said").all_inner_texts() == ["ran"] for frame in page.frames)
    elif case.works is has_worker:
        assert page.workers == []


@EACH
def test_its_allowance_alone_opens_it(elements: Elements, page: Page, case: Case) -> None:
    reached = asked(page, case.blocked) if case.blocked.startswith("https:") else lambda: True
    show(elements(case.allowance), page, case.element)
    if case.works is not None:
        case.works(page)
    until(page, reached, f"{case.blocked} is asked")
    broken = {(each.directive, each.blocked.partition("?")[0]) for each in violations(page)}
    assert not [each for each in broken if each[0] == case.directive and each[1].startswith(case.blocked)]


@EACH
def test_with_every_allowance_the_oldest_streamlit_breaks_no_rule(
    elements: Elements, page: Page, case: Case
) -> None:
    """Some elements need two."""
    reached = asked(page, case.blocked) if case.blocked.startswith("https:") else lambda: True
    show(elements(*EVERYTHING, release=OLDEST), page, case.element)
    if case.works is not None:
        case.works(page)
    until(page, reached, f"{case.blocked} is asked")
    assert violations(page) == set()


@EACH
def test_by_default_it_is_reported_and_works(elements: Elements, page: Page, case: Case) -> None:
    reached = asked(page, case.blocked) if case.blocked.startswith("https:") else lambda: True
    show(elements(csp="report"), page, case.element)
    case.act(page)
    expect_violation(page, disposition="report", directive=case.directive, blocked=case.blocked)
    if case.works is not None:
        case.works(page)
    until(page, reached, f"{case.blocked} is asked")
    assert {each.disposition for each in violations(page)} == {"report"}


@pytest.mark.parametrize(
    ("element", "directive"), [("remote_frame", "frame-src"), ("remote_data", "connect-src")]
)
def test_a_named_source_is_loaded_from_and_no_other(
    elements: Elements, page: Page, element: str, directive: str
) -> None:
    page.route("https://frames.example.org/**", lambda route: route.fulfill(body="[]", headers=SHARED))
    show(elements(), page, element)
    expect_violation(page, disposition="enforce", directive=directive, blocked="https://frames.example.org")
    reached = asked(page, "https://frames.example.org/")
    show(elements(sources="https://frames.example.org"), page, element)
    until(page, reached, "the source is asked")
    assert violations(page) == set()
