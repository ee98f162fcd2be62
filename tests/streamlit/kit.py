"""A served app, and a client that speaks Streamlit's websocket without a browser."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

APPS = Path(__file__).parent / "apps"
PASSWORD = "correct horse battery staple"  # an example from a comic, and not a common password
TIMEOUT = 20.0


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """An app that is served by a process of its own."""

    port: int
    directory: Path
    process: subprocess.Popen[bytes]
    log: Path
    endpoint_port: int
    base: str = ""

    @property
    def origin(self) -> str:
        """Give the origin of the app's page."""
        return f"http://localhost:{self.port}"

    def output(self) -> str:
        """Give what the process has printed."""
        return self.log.read_text("utf-8")

    def post(
        self, path: str, body: object, cookies: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, list[str]]:
        """Post JSON to the endpoint: status, answer and the cookies it sets."""
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint_port, timeout=TIMEOUT)
        sent = {"Host": f"localhost:{self.endpoint_port}", "Origin": self.origin, **(headers or {})}
        sent["Content-Type"] = "application/json"
        if cookies:
            sent["Cookie"] = cookies
        connection.request("POST", f"{self.base}/_gatehouse{path}", json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read()
        found = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        connection.close()
        return answer.status, json.loads(text) if text else None, found

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Get a page of the app."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request("GET", path, headers={"Host": f"localhost:{self.port}", **(headers or {})})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run the command line in the app's directory, in a process of its own."""
        ran = subprocess.run(
            [*gatehouse(), *arguments],
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def sign_in(self, username: str, challenge: str | None = None, cookies: str = "") -> tuple[str, str]:
        """Sign in as the form does: the session's cookie, and the ticket if there was a challenge."""
        step = {"step": "password", "identifier": username, "password": PASSWORD, "keep": False}
        status, answer, found = self.post("/login", {**step, "challenge": challenge}, cookies)
        assert status == 200, answer
        return session_cookie(found), answer["ticket"] or ""

    def sign_out(self, cookie: str) -> None:
        """Sign out as the page does."""
        status, answer, _ = self.post("/logout", {}, cookie)
        assert status == 200, answer


def session_cookie(found: Sequence[str]) -> str:
    """Pick the session out of the cookies that an answer sets, as `name=value`."""
    pairs = [value.split(";")[0] for value in found]
    return next(pair for pair in pairs if "gatehouse-device" not in pair and not pair.endswith("="))


def gatehouse() -> list[str]:
    """Give the command line of this environment."""
    return [str(Path(sys.executable).parent / "gatehouse")]


@contextlib.contextmanager
def serve(
    app: Path, directory: Path, *, gate: bool = True, options: Sequence[str] = (), **environment: str
) -> Iterator[Served]:
    """Serve a copy of `app` (a folder with `app.py`) until the block ends."""
    if not (directory / "app.py").exists():
        shutil.copytree(app, directory, dirs_exist_ok=True)
    port = free_port()
    runner = gatehouse() if gate else [sys.executable, "-m", "streamlit"]
    log = directory / f"log-{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*runner, "run", "app.py", "--server.port", str(port), "--server.headless", "true", *options],
            cwd=directory,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
    served = Served(port, directory, process, log, port)
    try:
        wait_for(lambda: reachable(port) or process.poll() is not None, "the app listens")
        assert process.poll() is None, served.output()
        yield served
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def reachable(port: int) -> bool:
    """Say whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], what: str, seconds: float = TIMEOUT) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def make_admin(served: Served, username: str = "alice") -> str:
    """Make the first administrator by the link on the console; give the session's cookie."""
    wait_for(lambda: "#setup=" in served.output(), "the set-up link is printed")
    found = re.findall(r"#setup=([\w-]+)", served.output())
    step = {"step": "submit", "username": username, "email": "", "password": PASSWORD, "token": found[-1]}
    status, answer, cookies = served.post("/registration", {**step, "challenge": None})
    assert status == 200, answer
    return session_cookie(cookies)


def address_of_last_login(served: Served) -> str:
    """Read from the log where the endpoint believes that the last login came from."""
    found = re.findall(r'login\.completed.*?address="([^"]*)"', served.output())
    return str(found[-1])


@dataclass
class Trigger:
    """What a component sends when something happens."""

    json: str


#: True for a button that is pressed, JSON for a component's state.
Widgets: TypeAlias = Mapping[str, "bool | str | Trigger"]


@dataclass
class Client:
    """One websocket to a served app."""

    socket: ClientConnection
    session_id: str = ""
    texts: list[str] = field(default_factory=list)
    components: dict[str, Any] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    exceptions: list[str] = field(default_factory=list)
    page_names: list[str] = field(default_factory=list)
    everything: bytes = b""

    def rerun(self, widgets: Widgets | None = None, page: str = "") -> Client:
        """Run the script as a browser does, with values of widgets, and read until the run is over."""
        self.send(widgets, page)
        return self.read()

    def send(self, widgets: Widgets | None = None, page: str = "") -> None:
        """Ask for a run."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        message.rerun_script.page_name = page
        for widget, value in (widgets or {}).items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = widget
            if value is True:
                state.trigger_value = True
            elif isinstance(value, Trigger):
                state.json_trigger_value = value.json
            else:
                state.json_value = value
        self.socket.send(message.SerializeToString())

    def read(self) -> Client:
        """Read until the run is over."""
        self.texts, self.components, self.buttons, self.exceptions = [], {}, {}, []
        while True:
            data = self.socket.recv(TIMEOUT)
            assert isinstance(data, bytes)
            self.everything += data
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session_id = message.new_session.initialize.session_id
                self.page_names = [page.page_name for page in message.new_session.app_pages]
            elif kind == "navigation":
                self.page_names = [page.page_name for page in message.navigation.app_pages]
            elif kind == "delta":
                self._element(message.delta.new_element)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return self

    def _element(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind in {"markdown", "heading", "text", "alert"}:
            self.texts.append(getattr(element, kind or "").body)
        elif kind == "bidi_component":
            self.components[element.bidi_component.id] = json.loads(
                element.bidi_component.json or element.bidi_component.mixed.json
            )
        elif kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "exception":
            self.exceptions.append(element.exception.message)

    @property
    def form(self) -> tuple[str, dict[str, Any]]:
        """Give the id and the data of the form in the page."""
        return next(iter(self.components.items()))

    def send_ticket(self, ticket: object) -> Client:
        """Hand a ticket over as the form does."""
        return self.rerun(trigger(self.form[0], "ticket", ticket))

    def closed(self, seconds: float = 5.0) -> tuple[int, float]:
        """Wait until the server closes: the code, and how long it took."""
        start = time.monotonic()
        try:
            while time.monotonic() < start + seconds:
                self.everything += self.socket.recv(seconds)  # type: ignore[operator]
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 0), time.monotonic() - start
        raise AssertionError("the websocket was not closed")


def trigger(component: str, event: str, value: object) -> dict[str, Trigger]:
    """Build the widget value that `setTriggerValue` sends."""
    widget = f"$$STREAMLIT_INTERNAL_KEY_{component}__events"
    return {widget: Trigger(json.dumps([{"event": event, "value": value}]))}


@contextlib.contextmanager
def client(
    served: Served,
    *,
    cookie: str = "",
    resume: str = "",
    page: str = "",
    headers: Mapping[str, str | None] | None = None,
) -> Iterator[Client]:
    """Open a websocket as a browser does; a header that is None is left out."""
    token = generate_xsrf_token_string()
    sent: dict[str, str | None] = {
        "Origin": served.origin,
        "Cookie": f"_streamlit_xsrf={token}" + (f"; {cookie}" if cookie else ""),
        **(headers or {}),
    }
    protocols = ["streamlit", token] + ([resume] if resume else [])
    host = sent.pop("Host", None) or f"localhost:{served.port}"
    # A connected socket lets the name differ from where it leads, as after DNS rebinding.
    reached = socket.create_connection(("127.0.0.1", served.port), TIMEOUT)
    with connect(
        f"ws://{host}{served.base}/_stcore/stream",
        sock=reached,
        additional_headers={name: value for name, value in sent.items() if value is not None},
        subprotocols=protocols,  # type: ignore[arg-type]
        max_size=None,
        open_timeout=TIMEOUT,
        close_timeout=1,
        compression=None,
        proxy=None,
    ) as opened:
        yield Client(opened).rerun(page=page)
