"""The app's process is asked to stop: what it acknowledged is written down, to the last event."""

from __future__ import annotations

import http.client
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit import plain
from served import APPS, TIMEOUT, Served, free_port, make_admin, serve


def events(directory: Path, name: str) -> int:
    """Count the events of one name in the database."""
    with sqlite3.connect(directory / ".gatehouse" / "gatehouse.db") as database:
        found = database.execute("SELECT count(*) FROM audit WHERE event = ?", (name,)).fetchone()
    return int(found[0])


def sign_in_many(served: Served, how_many: int) -> list[str]:
    """Sign in so many times at once; ask the process to stop as soon as one is in. Gives the sessions."""
    step = {"step": "password", "identifier": "alice", "password": "wrong", "keep": False, "challenge": None}
    sessions: list[str] = []

    def one(number: int) -> None:
        if number % 2:
            served.post("/login", step)
        else:
            sessions.append(served.sign_in("alice")[0])

    with ThreadPoolExecutor(how_many) as pool:
        list(pool.map(one, range(how_many)))
    return sessions


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_events_of_the_last_second_are_written(tmp_path: Path, how: signal.Signals) -> None:
    """Events are written every two seconds; the process ends before the next time."""
    with serve(APPS / "guarded", tmp_path) as served:
        make_admin(served)
        sessions = sign_in_many(served, 8)
        served.process.send_signal(how)
        served.process.wait(TIMEOUT)
    assert events(tmp_path, "login.rejected") == 4
    assert events(tmp_path, "login.completed") >= len(sessions) == 4


def test_events_of_the_last_second_are_written_in_plain_mode(tmp_path: Path) -> None:
    """Plain `streamlit run` tells nobody that it ends."""
    with plain(tmp_path) as served:
        served.post(
            "/login",
            {
                "step": "password",
                "identifier": "alice",
                "password": "wrong",
                "keep": False,
                "challenge": None,
            },
        )
        served.process.send_signal(signal.SIGINT)
        served.process.wait(TIMEOUT)
    assert events(tmp_path, "login.rejected") == 1


def test_probes_and_metrics_beside_an_app(tmp_path: Path) -> None:
    """A monitor has an address of its own; on the app's the metrics are the app's affair."""
    port = free_port()
    with serve(
        APPS / "guarded", tmp_path, environment={"GATEHOUSE_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    ) as served:
        make_admin(served)
        served.sign_in("alice")
        assert served.get("/_gatehouse/live", {"Host": "10.0.0.7"})[0] == 200
        assert served.get("/_gatehouse/ready", {"Host": "10.0.0.7"})[0] == 200
        status, headers, _ = served.get("/_gatehouse/config")
        assert status == 200
        assert len(headers["x-request-id"]) == 16
        at = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        at.request("GET", "/metrics")
        shown = at.getresponse().read().decode()
        at.close()
        assert 'gatehouse_logins_total{outcome="completed"}' in shown
        assert 'gatehouse_http_requests_total{route="config",status="200"} 1' in shown
        assert b"gatehouse_" not in served.get("/metrics")[2]
