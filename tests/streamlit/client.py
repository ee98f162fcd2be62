"""A client that speaks Streamlit's websocket without a browser."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from served import TIMEOUT, Served


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
    pages: dict[str, str] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    missing: bool = False
    address: str = ""
    query: str = ""
    page_hash: str = ""
    everything: bytes = b""

    def rerun(self, widgets: Widgets | None = None, page: str = "", fragment: str = "") -> Client:
        """Run the script or a fragment as a browser does, with values of widgets, and read to its end."""
        self.send(widgets, page, fragment)
        return self.read()

    def send(self, widgets: Widgets | None = None, page: str = "", fragment: str = "") -> None:
        """Ask for a run."""
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.query_string = self.query
        # A browser names the page of its address until it is told a page's hash.
        message.rerun_script.page_script_hash = self.page_hash
        message.rerun_script.page_name = "" if self.page_hash else page
        message.rerun_script.context_info.url = self.address
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
        self.missing = False
        while True:
            data = self.socket.recv(TIMEOUT)
            assert isinstance(data, bytes)
            self.everything += data
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session_id = message.new_session.initialize.session_id
                self.page_hash = message.new_session.page_script_hash
            elif kind == "navigation":
                self.pages = {page.page_script_hash: page.page_name for page in message.navigation.app_pages}
                self.page_hash = message.navigation.page_script_hash
            elif kind == "page_not_found":
                self.missing = True
            elif kind == "delta":
                if message.delta.fragment_id and message.delta.fragment_id not in self.fragments:
                    self.fragments.append(message.delta.fragment_id)
                self._element(message.delta.new_element)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return self

    def _element(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind in {"markdown", "heading", "text", "alert"}:
            self.texts.append(getattr(element, kind or "").body)
        elif kind == "bidi_component":
            data = element.bidi_component.json or element.bidi_component.mixed.json or "null"
            self.components[element.bidi_component.id] = json.loads(data)
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
    query: str = "",
    page_hash: str = "",
    headers: Mapping[str, str | None] | None = None,
) -> Iterator[Client]:
    """Open a websocket as a browser does; a header that is None is left out.

    A browser that was there before knows the hash of its page.
    """
    token = generate_xsrf_token_string()
    sent: dict[str, str | None] = {
        "Origin": served.origin,
        "Cookie": f"_streamlit_xsrf={token}" + (f"; {cookie}" if cookie else ""),
        **(headers or {}),
    }
    protocols = ["streamlit", token] + ([resume] if resume else [])
    host = sent.pop("Host", None) or served.host(served.port)
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
        address = f"{served.origin}{served.base}/{page}"
        yield Client(opened, address=address, query=query, page_hash=page_hash).rerun(page=page)
