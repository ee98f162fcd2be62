"""A proxy signs people in and names them in a header: believed from it alone, and never from anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from client import client
from served import APPS, Served, make_admin, serve, wait_for

SECRET = "what only the proxy and the app know"
BY_SECRET = f"""
[trusted_header]
name = "X-Auth-Name"
email = "X-Auth-Email"
groups = "X-Auth-Groups"
secret = "{SECRET}"
"""
BY_ADDRESS = '[trusted_header]\nname = "Remote-User"\nfrom = ["127.0.0.1"]\n'
ELSEWHERE = '[trusted_header]\nname = "X-Auth-Name"\nfrom = ["10.1.2.3"]\n'
HTML = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def proxied(name: str, groups: str = "", email: str = "") -> dict[str, str | None]:
    """Say who is signed in, as the proxy does: in UTF-8, which a client of Python writes as Latin-1."""
    said = {"X-Auth-Name": name, "X-Auth-Groups": groups, "X-Auth-Email": email, "X-Auth-Secret": SECRET}
    return {key: value.encode().decode("latin-1") for key, value in said.items() if value}


def plain(headers: dict[str, str | None]) -> dict[str, str]:
    """Leave out what is not sent."""
    return {name: value for name, value in headers.items() if value is not None}


@pytest.fixture(scope="module", params=["app", "script"])
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the guarded app behind a proxy that knows a secret, in both modes of the gate."""
    directory = tmp_path_factory.mktemp("behind")
    (directory / "gatehouse.toml").write_text(BY_SECRET)
    with serve(APPS / "guarded", directory, mode=request.param) as served:
        make_admin(served)
        yield served


def seen(served: Served, headers: dict[str, str | None]) -> list[str]:
    """Open the app's websocket: what the app shows, nothing where it is closed."""
    try:
        with client(served, headers=headers) as browser:
            return browser.texts
    except ConnectionClosed:
        return []


@pytest.mark.parametrize("name", ["jane", "jane@example.org", "Jürgen", "Ольга", "小林", "Jane Doe"])
def test_name_of_the_proxy_signs_in_letter_for_letter(behind: Served, name: str) -> None:
    """No form, no cookie; a name in any script, an address or with a space stays as it is."""
    texts = seen(behind, proxied(name, "editor, admin", "jane@example.org" if name == "jane" else ""))
    assert f"signed in: {name}" in texts
    assert "roles: admin, editor" in texts
    assert any(f"'username': '{name}'" in text for text in texts), "st.user is filled"
    status, headers, body = behind.get("/", {**HTML, **plain(proxied(name))})
    assert (status, b'<div id="root">' in body) == (200, True)
    assert not any("gatehouse-" in value for key, value in headers.items() if key == "set-cookie")


SPELLINGS = ["X-Auth-Name", "x-auth-name", "X_AUTH_NAME", "X-Auth_Name"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_name_from_elsewhere_is_ignored_and_stripped(behind: Served, spelling: str) -> None:
    """Without the secret, with a wrong one, with a part of it: nobody, and the app sees nothing of it."""
    cookie, _ = behind.sign_in("alice")
    for secret in (None, "", "what only the proxy", SECRET.upper(), f"{SECRET} "[::-1]):
        spoofed: dict[str, str | None] = {spelling: "mallory", "X-Auth-Groups": "admin"}
        if secret is not None:
            spoofed["X-Auth-Secret"] = secret
        assert "signed in: mallory" not in seen(behind, spoofed)
        with client(behind, cookie=cookie, headers=spoofed) as browser:
            assert "signed in: alice" in browser.texts
            assert b"mallory" not in browser.everything
    with client(behind, headers=proxied("jane")) as browser:
        assert SECRET.encode() not in browser.everything, "the secret is for nobody"


def test_name_from_an_address_that_is_no_proxy_is_ignored(tmp_path: Path) -> None:
    """The peer of the connection itself counts, not what X-Forwarded-For says of it."""
    (tmp_path / "gatehouse.toml").write_text(ELSEWHERE)
    with serve(APPS / "guarded", tmp_path, mode="app") as served:
        for more in ({}, {"X-Forwarded-For": "10.1.2.3"}, {"Forwarded": "for=10.1.2.3"}):
            assert seen(served, {"X-Auth-Name": "jane", **more}) == []
            assert served.get("/_stcore/metrics", {"X-Auth-Name": "jane", **more})[0] == 401


def test_name_from_the_named_address_is_believed_under_any_header(tmp_path: Path) -> None:
    """The names are the operator's; roles are given by the command line where no header brings them."""
    (tmp_path / "gatehouse.toml").write_text(BY_ADDRESS)
    with serve(APPS / "guarded", tmp_path, mode="app") as served:
        assert "roles:" in seen(served, {"Remote-User": "jane@example.org"})
        served.command("users", "roles", "jane@example.org", "editor")
        now = lambda: "roles: editor" in seen(served, {"Remote-User": "jane@example.org"})  # noqa: E731
        wait_for(now, "the session with the old roles is over, and another begins")
        assert seen(served, {"Remote-User": "jane", "remote_user": "admin"}) == [], "two names are none"


def test_name_that_an_account_has_is_refused(behind: Served) -> None:
    """Whoever registered the name first must not become, or be taken for, who the proxy means."""
    behind.add_user(name := f"taken-{behind.port}")
    assert seen(behind, proxied(name, "admin")) == []
    assert seen(behind, proxied("alice", "admin")) == []


def test_disabled_by_the_operator_is_out_whatever_the_proxy_says(behind: Served) -> None:
    """The open page closes within a second, and the proxy's word opens nothing."""
    with client(behind, headers=proxied("kim", "editor")) as browser:
        assert "signed in: kim" in browser.texts
        behind.command("users", "disable", "kim")
        code, took = browser.closed()
        assert (code, took < 1) == (4401, True)
    assert seen(behind, proxied("kim", "editor")) == []
    behind.command("users", "enable", "kim")
    assert "signed in: kim" in seen(behind, proxied("kim", "editor"))


def test_role_that_the_proxy_takes_away_closes_open_pages(behind: Served) -> None:
    """The next request says so; what the app did for the old role does not go on."""
    with client(behind, headers=proxied("lee", "admin")) as browser:
        assert "roles: admin" in browser.texts
        assert "roles: editor" in seen(behind, proxied("lee", "editor"))
        assert browser.closed()[0] == 4401


def test_cookie_of_somebody_else_does_not_count_beside_the_name(behind: Served) -> None:
    """The proxy has the last word on who is at its door."""
    cookie, _ = behind.sign_in("alice")
    with client(behind, cookie=cookie, headers=proxied("jane")) as browser:
        assert "signed in: jane" in browser.texts


def test_who_is_named_has_no_password(behind: Served) -> None:
    """Nobody signs in as them by the form, and none can be given."""
    assert "signed in: noor" in seen(behind, proxied("noor"))
    step = {"step": "password", "identifier": "noor", "password": "", "keep": False, "challenge": None}
    for password in ("x", "noor", "null", "None"):
        assert behind.post("/login", {**step, "password": password})[0] == 401
    with pytest.raises(AssertionError, match="no password"):
        behind.command("users", "set-password", "noor", "--password-stdin", stdin="a long enough password\n")


def test_sign_out_lasts_until_the_proxy_says_so_again(behind: Served) -> None:
    """The app's button ends what is open; the next request begins anew, as the proxy still says so."""
    with client(behind, headers=proxied("max")) as browser:
        browser.send({browser.buttons["Sign out"]: True})
        assert browser.closed()[0] == 4401
    wait_for(lambda: "signed in: max" in seen(behind, proxied("max")), "the proxy has the last word")


def test_header_without_proxy_or_secret_does_not_start(tmp_path: Path) -> None:
    """It would be believed from everybody."""
    (tmp_path / "gatehouse.toml").write_text('[trusted_header]\nname = "X-Auth-Name"\n')
    with pytest.raises(AssertionError, match="believed from everybody"), serve(APPS / "guarded", tmp_path):
        pass
