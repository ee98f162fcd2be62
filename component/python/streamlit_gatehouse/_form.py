"""The component in the page: what it is told, and what it may say."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit_gatehouse import _native, _state, _streamlit

_LOG = logging.getLogger(__name__)
_KEY = "gatehouse-form"
_ATTEMPT = "gatehouse-attempt"
#: Longer than any ticket.
_TICKET_MAX = 256


def draw(view: str, *, username: str | None = None, roles: Sequence[str] = ()) -> None:
    """Draw a view where the script stands."""
    running = _streamlit.context()
    if running is None:
        return
    challenge = _native.challenge(_purpose(running.session_id)) if view == "login" else None
    endpoint: dict[str, Any]
    bundle = None
    if _state.gated:
        endpoint = {"path": f"{_state.base_path}/_gatehouse"}
        bundle = f"{_state.base_path}/_gatehouse/assets/{_state.manifest()['bundle']}"
    else:
        endpoint = {"port": _state.start_plain()}
    data = {
        "view": view,
        "challenge": challenge,
        "endpoint": endpoint,
        "bundle": bundle,
        "locale": st.context.locale,
        "username": username,
        "roles": list(roles),
    }
    events = {"ticket": _take_ticket, "done": _take_done}
    try:
        _streamlit.mount_component(data, f"{_KEY}-{view}", events)
    except RecursionError:
        # Somebody sent a value nested a thousand deep, by hand: their own page stays empty.
        _LOG.warning("a forged component value was ignored")


def handle() -> str | None:
    """Give the handle of the script's websocket: the gate's, or in plain mode Streamlit's session id."""
    running = _streamlit.context()
    if running is None:
        return None
    if _state.gated:
        return st.context.headers.get("x-gatehouse-handle")
    _state.start_plain()
    cookies = "; ".join(f"{name}={value}" for name, value in st.context.cookies.items())
    _native.adopt(running.session_id, cookies)
    return running.session_id


def _take_ticket() -> None:
    # Runs before the script, so that nothing of the form is drawn in the run that follows a sign-in.
    running = _streamlit.context()
    bound = handle()
    ticket = _event("login", "ticket")
    if running is None or bound is None or ticket is None:
        return
    purpose = _purpose(running.session_id)
    try:
        identity = _native.redeem(ticket, purpose, bound)
    except _native.UnavailableError:
        identity = None
    # Another challenge for the next form, which is also how a form learns that its ticket was refused.
    st.session_state[_ATTEMPT] = _attempt() + 1
    if identity is None:
        return
    if _state.gated:
        _streamlit.write_user(running, identity)
    else:
        _streamlit.refuse_resume(running.session_id)


def _take_done() -> None:
    st.session_state["gatehouse-done"] = _event("change_password", "done") == "password_changed"


def _event(view: str, name: str) -> str | None:
    """Read what the browser sent: a short text, or nothing. It is believed nothing but to be a ticket."""
    state = st.session_state.get(f"{_KEY}-{view}")
    value = state.get(name) if isinstance(state, dict) else None
    return value if isinstance(value, str) and 0 < len(value) <= _TICKET_MAX else None


def _attempt() -> int:
    attempt = st.session_state.get(_ATTEMPT, 0)
    return attempt if isinstance(attempt, int) else 0


def _purpose(session_id: str) -> str:
    return f"{session_id}:{_attempt()}"
