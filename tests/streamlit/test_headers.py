"""What every kind of answer tells the browser about itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import client
from served import APPS, Served, serve
from test_mounting import run

HTML = {"Accept": "text/html"}
POLICY, REPORTED = "content-security-policy", "content-security-policy-report-only"
TRANSPORT = "strict-transport-security"


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the app with an answer of every kind, with the defaults."""
    with serve(APPS / "answers", tmp_path_factory.mktemp("answers")) as served:
        yield served


@pytest.fixture(scope="module")
def media(answering: Served) -> Iterator[dict[str, str]]:
    """Give the addresses of the app's media by their ending, while a browser shows them."""
    with client(answering) as browser:
        found = re.findall(rb"/media/[0-9a-f]+\.([a-z]+)", browser.everything)
        addresses = re.findall(rb"/media/[0-9a-f]+\.[a-z]+", browser.everything)
        yield {end.decode(): address.decode() for end, address in zip(found, addresses, strict=True)}


PATHS = {
    "index": ("/", 200),
    "deep link": ("/some-page", 200),
    "a page below a reserved name": ("/_stcore/nothing", 200),
    "a script": ("/static/js/index", 200),
    "health": ("/_stcore/health", 200),
    "component": ("/component/app.badge/index.html", 200),
    "component v2": ("/_stcore/bidi-components/streamlit-gatehouse.form/nothing.js", 404),
    "static file": ("/app/static/notes.txt", 200),
    "static page": ("/app/static/report.html", 200),
    "missing media": ("/media/nothing.png", 404),
    "missing component": ("/component/nothing/index.html", 404),
    "traversal": ("/component/app.badge/..%2f..%2fapp.py", 400),
    "ours": ("/_gatehouse/", 200),
    "ours, missing": ("/_gatehouse/nothing", 404),
}


@pytest.mark.parametrize("name", PATHS)
def test_every_answer_has_its_type_and_may_be_framed_by_nobody_else(
    answering: Served, media: dict[str, str], name: str
) -> None:
    """Also an error, also for who asks for anything; and nothing insists on https."""
    path, status = PATHS[name]
    if name == "a script":
        found = re.search(rb'src="\.(/static/js/index\.[^"]+)"', answering.get("/", HTML)[2])
        assert found is not None
        path = found[1].decode()
    for asking in (HTML, {}):
        got, headers, _ = answering.get(path, asking)
        assert got == status, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in {"strict-origin-when-cross-origin", "no-referrer"}
        ancestors = re.findall(r"frame-ancestors [^;,]*", headers[POLICY])
        assert ancestors in (["frame-ancestors 'self'"], ["frame-ancestors 'none'"])
        assert TRANSPORT not in headers


def test_media_are_no_documents_but_pdf_is_left_to_the_browser(
    answering: Served, media: dict[str, str]
) -> None:
    """Whatever somebody uploaded and the app shows again."""
    for end, address in media.items():
        status, headers, _ = answering.get(address, HTML)
        assert status == 200
        assert headers[POLICY].startswith("sandbox; default-src 'none'") == (end != "pdf"), end
        assert "javascript" not in headers["content-type"]
    assert {"html", "pdf", "wav"} <= media.keys()
    assert len(media) == 4


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("application/pdf; x=1", "application/pdf"),
        ("application/pdf,text/html", "text/plain"),
        ("application/pdfx", "application/pdfx"),
        ("text/jscript", "text/plain"),
        ("text/livescript", "text/plain"),
        ("application/x-ecmascript", "text/plain"),
        ("text/html", "text/html"),
    ],
)
def test_media_of_a_type_that_is_two_types_or_a_script(
    monkeypatch: pytest.MonkeyPatch, kind: str, sent: str
) -> None:
    """The uploader writes the type; an app's middleware speaks of all its answers. The sandbox holds."""
    from streamlit_gatehouse import _page

    policies = [
        [(b"content-security-policy", name)] for name in (b"base-uri 'self'", b"sandbox", b"document")
    ]
    monkeypatch.setattr(_page, "_constant", lambda: policies)
    scope = {"path": "/media/x", "method": "GET", "headers": []}
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [
            (b"content-type", kind.encode()),
            (b"x-frame-options", b"SAMEORIGIN"),
            (b"content-security-policy", b"img-src *"),
        ],
    }
    answer = _page.Page(scope, [], _nobody)._secured(start, kind.encode())
    assert dict(answer["headers"])[b"content-type"] == sent.encode()
    found = [value for name, value in answer["headers"] if name == b"content-security-policy"]
    ours = [] if sent == "application/pdf" else [b"sandbox"]
    assert found == [b"img-src *", *ours]


async def _nobody(_message: object) -> None:
    """Nothing is sent."""


def test_a_static_page_has_an_origin_of_its_own_and_other_static_files_have_not(answering: Served) -> None:
    """A sandbox on what is no document would only get in the way."""
    assert answering.get("/app/static/report.html")[1][POLICY].startswith("sandbox allow-scripts")
    assert "sandbox" not in answering.get("/app/static/notes.txt")[1][POLICY]


def test_an_installed_component_keeps_its_scripts(answering: Served) -> None:
    """Its frame has a document of its own, which it wrote itself."""
    policy = answering.get("/component/app.badge/index.html", HTML)[1][POLICY]
    assert policy == "base-uri 'self'; frame-ancestors 'self'"


@pytest.mark.parametrize("path", ["/", "/some-page", "/_stcore/nothing", "/static/nothing", "/pages/"])
def test_no_address_of_the_page_goes_without_its_policy(answering: Served, path: str) -> None:
    """Streamlit answers almost everything with its page: one address without the policy would be enough."""
    _, headers, body = answering.get(path, HTML)
    if b'<div id="root">' in body:
        assert headers[POLICY] == "base-uri 'none'; object-src 'none'; frame-ancestors 'self'"
        assert "script-src 'self'" in headers[REPORTED]


def test_strict_is_enforced_and_reported_twice_by_nobody(tmp_path: Path) -> None:
    """One policy, named sources and frames in it."""
    environment = {
        "GATEHOUSE_CSP": "strict",
        "GATEHOUSE_CSP_ALLOW": "map_tiles,eval",
        "GATEHOUSE_CSP_SOURCES": "https://tiles.example.org",
        "GATEHOUSE_FRAME_ANCESTORS": "https://portal.example.org",
    }
    with serve(APPS / "answers", tmp_path, environment=environment) as served:
        headers = served.get("/", HTML)[1]
        assert REPORTED not in headers
        for said in (
            "'unsafe-eval'",
            "https://basemaps.cartocdn.com",
            "https://tiles.example.org",
            "frame-ancestors 'self' https://portal.example.org",
        ):
            assert said in headers[POLICY]


def test_https_is_insisted_on_when_the_public_url_is_https(tmp_path: Path) -> None:
    """On every answer, ours included."""
    environment = {"GATEHOUSE_PUBLIC_URL": "https://app.example.org"}
    with serve(APPS / "answers", tmp_path, environment=environment) as served:
        served.public = environment["GATEHOUSE_PUBLIC_URL"]
        for path in ("/", "/_stcore/health", "/media/nothing.png", "/_gatehouse/", "/_gatehouse/session"):
            assert served.get(path, HTML)[1][TRANSPORT] == "max-age=31536000", path


def test_what_a_route_of_the_app_says_by_itself_stays(tmp_path: Path) -> None:
    """Its own policy is not doubled, and `frame-ancestors` does not make browsers ignore X-Frame-Options."""
    command = ("-m", "uvicorn", "launcher:app", "--no-access-log", "--port")
    with run(tmp_path, *command, app="answers") as served:
        plain, own, framed = (served.get(f"/pages/{name}", HTML)[1] for name in ("plain", "own", "framed"))
    assert plain[POLICY] == "base-uri 'self'; frame-ancestors 'self'"
    assert (own[POLICY], own["referrer-policy"]) == ("default-src 'self'", "no-referrer")
    assert (framed["x-frame-options"], framed.get(POLICY)) == ("DENY", None)
    assert {each["x-content-type-options"] for each in (plain, own, framed)} == {"nosniff"}
