"""The component in the page: what it is told, and what it may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit_gatehouse import _native, _state, _streamlit, _streamlit_wire

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

_KEY = "gatehouse-form-"
_ATTEMPT = "gatehouse-attempt"
_EVENTS = ("ticket", "done")
#: Longer than anything the form says.
_TEXT_MAX = 256


def draw(
    view: str, *, username: str | None = None, roles: Sequence[str] = (), announce: str | None = None
) -> Mapping[str, str]:
    """Draw a view where the script stands; give what the browser sent with this run, as short texts.

    It is believed nothing: a ticket is worth what the endpoint says of it.
    """
    running = _streamlit.context()
    if running is None or (view == "watch" and _streamlit.is_drawn(running, _KEY + view)):
        # An app and its page may both ask who is there; one watcher is enough for a page.
        return {}
    path = f"{_state.base_path}/_gatehouse" if _state.gated else None
    # Only texts, numbers and tuples: Streamlit looks whether anything else is a dataframe, and loads pandas
    # and pyarrow for that, 80 MB that an app may never need.
    data: dict[str, Any] = {
        "view": view,
        "challenge": _native.challenge(_purpose(running.session_id)) if view == "login" else None,
        "path": path,
        "port": None if path else _state.start_plain(),
        "bundle": _bundle("bundle", path),
        "account": _bundle("account", path) if view == "account" else None,
        "locale": st.context.locale,
        "username": username,
        "roles": tuple(roles),
    }
    if announce is not None:
        data["announce"] = announce
    sent = _streamlit.mount_component(data, _KEY + view, _EVENTS)
    return {name: value for name, value in sent.items() if _is_short_text(value)}


def _bundle(name: str, path: str | None) -> str | None:
    """Where the code of a view is: the account page has its own, which a sign-in does not load."""
    return f"{path}/assets/{_state.manifest()[name]}" if path else None


def waiting_ticket() -> str | None:
    """Give the ticket that came with this run, before anything is drawn."""
    running = _streamlit.context()
    if running is None:
        return None
    ticket = _streamlit.event_of_this_run(running, _KEY + "login", "ticket")
    return str(ticket) if _is_short_text(ticket) else None


def redeem(ticket: str) -> bool:
    """Hand a ticket to the endpoint, which binds its session to this websocket; false when it is refused."""
    running = _streamlit.context()
    bound = None if running is None else handle(running)
    if running is None or bound is None:
        return False
    identity = _native.redeem(ticket, _purpose(running.session_id), bound)
    # The next form gets another challenge, which is also how a form learns that its ticket was refused.
    st.session_state[_ATTEMPT] = _attempt() + 1
    return identity is not None


def handle(running: ScriptRunContext) -> str | None:
    """Give the handle of the script's websocket: the gate's, or in plain mode Streamlit's session id."""
    if _state.gated:
        return _streamlit.handshake_header(running, _streamlit_wire.HANDLE)
    _state.start_plain()
    cookies = "; ".join(f"{name}={value}" for name, value in st.context.cookies.items())
    _native.adopt(running.session_id, cookies)
    return running.session_id


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_MAX


def _attempt() -> int:
    attempt = st.session_state.get(_ATTEMPT, 0)
    return attempt if isinstance(attempt, int) else 0


def _purpose(session_id: str) -> str:
    return f"{session_id}:{_attempt()}"
