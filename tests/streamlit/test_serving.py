"""`gatehouse run` and `streamlit run`: addresses, pages and base paths."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from pathlib import Path

from client import client
from kit import find_endpoint
from served import APPS, Served, gatehouse, make_admin, serve

HTML = {"Accept": "text/html"}


def test_page_carries_the_watcher_before_every_other_script(app: Served) -> None:
    """It has to wrap the page's websocket before Streamlit opens it."""
    status, headers, body = app.get("/", {**HTML, "Accept-Encoding": "gzip"})
    assert status == 200
    assert body.index(b"/_gatehouse/assets/watch-") < body.index(b"<script>")
    assert headers["content-length"] == str(len(body))
    assert "modulepreload" in headers["link"]


def test_page_announces_no_form_to_who_is_signed_in(app: Served) -> None:
    """Nothing is fetched that will not be needed."""
    _, headers, body = app.get("/", {**HTML, "Cookie": "gatehouse-x=1"})
    assert b"watch-" in body
    assert "link" not in headers


def test_deep_link_carries_the_watcher_and_assets_do_not(app: Served) -> None:
    """Every page is Streamlit's index.html; its scripts are none."""
    assert b"watch-" in app.get("/admin", HTML)[2]
    assert b"watch-" not in app.get("/_stcore/health", HTML)[2]


def test_unknown_path_of_ours_is_not_the_app(app: Served) -> None:
    """Streamlit answers everything unknown with its page."""
    for path in ("/_gatehouse/nothing", "/_gatehouse/assets/../../app.py", "/_gatehouse/assets/x.js"):
        assert app.get(path)[0] in {400, 404}


def test_bad_host_is_refused(app: Served) -> None:
    """DNS rebinding over HTTP."""
    assert app.get("/_gatehouse/session", {"Host": "evil.example"})[0] >= 400


def test_without_a_public_url_only_this_machine_is_served(app: Served, tmp_path: Path) -> None:
    """It listens on loopback alone, and refuses to listen elsewhere with a sentence."""
    listening = subprocess.run(
        [sys.executable, "-c", _LISTENING, str(app.process.pid), str(app.port)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listening.stdout.strip() == "0100007F"
    (tmp_path / "app.py").write_text("")
    ran = subprocess.run(
        [*gatehouse(), "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"],  # noqa: S104
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert "public_url" in ran.stderr


_LISTENING = """
import sys
of = f"/proc/{sys.argv[1]}/net"
for line in open(of + "/tcp").readlines() + open(of + "/tcp6").readlines():
    local, state = line.split()[1], line.split()[3]
    if state == "0A" and int(local.split(":")[1], 16) == int(sys.argv[2]):
        print(local.split(":")[0])
"""


def test_unsafe_setting_does_not_start(tmp_path: Path) -> None:
    """Plain http off this machine would send passwords in clear text."""
    (tmp_path / "app.py").write_text("")
    ran = subprocess.run(
        [*gatehouse(), "run", "app.py", "--server.headless", "true"],
        cwd=tmp_path,
        env={**os.environ, "GATEHOUSE_PUBLIC_URL": "http://app.example.org"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert "https" in ran.stderr


def test_base_path_is_respected(tmp_path: Path) -> None:
    """The endpoint is below the path that the app is below."""
    with serve(APPS / "guarded", tmp_path, options=["--server.baseUrlPath", "tools/app"]) as served:
        served.base = "/tools/app"
        make_admin(served)
        assert "/tools/app/_gatehouse/#setup=" in served.output()
        assert b"/tools/app/_gatehouse/assets/watch-" in served.get("/tools/app/", HTML)[2]
        with client(served) as browser:
            assert browser.form[1]["path"] == "/tools/app/_gatehouse"
            _, ticket = served.sign_in("alice", browser.form[1]["challenge"])
            browser.send_ticket(ticket)
            assert "signed in: alice" in browser.texts


def test_session_outlives_the_server(tmp_path: Path) -> None:
    """A restart signs nobody out."""
    with serve(APPS / "guarded", tmp_path) as served:
        make_admin(served)
        cookie, _ = served.sign_in("alice")
    with serve(APPS / "guarded", tmp_path) as served, client(served, cookie=cookie) as browser:
        assert "signed in: alice" in browser.texts
        assert "#setup=" not in served.output(), "there is an administrator: no link is printed"


def test_way_home_in_plain_mode_leads_below_the_base_path(tmp_path: Path) -> None:
    """After a link the endpoint's own port sends people to the app, which is not at its server's root."""
    options = ["--server.baseUrlPath", "tools/app"]
    with serve(APPS / "guarded", tmp_path, gate=False, options=options) as served:
        served.base = "/tools/app"
        find_endpoint(served)
        at = http.client.HTTPConnection("127.0.0.1", served.endpoint_port, timeout=20)
        at.request("GET", "/", headers={"Host": f"localhost:{served.endpoint_port}"})
        answer = at.getresponse()
        assert (answer.status, answer.getheader("location")) == (307, f"{served.origin}/tools/app/")
        at.close()


def test_form_loads_no_dataframes(app: Served) -> None:
    """Streamlit would look for dataframes in what the form is told, and load 80 MB of libraries."""
    with client(app) as browser:
        assert browser.form[1]["view"] == "login"
        mapped = Path(f"/proc/{app.process.pid}/maps").read_text("utf-8")
    assert "/_native" in mapped
    assert "arrow" not in mapped
    assert "numpy" not in mapped
