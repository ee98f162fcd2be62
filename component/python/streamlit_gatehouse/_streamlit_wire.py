"""What the gate leans on of Streamlit's internals: its user cookie, its messages, its sessions, its page.

The rule of ``_streamlit.py`` holds here, too: a function, and its test in ``test_internals.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from streamlit_gatehouse._native import Identity

Headers: TypeAlias = list[tuple[bytes, bytes]]
#: Names of pages by the hash with which a browser asks for one, and by themselves.
PageNames: TypeAlias = dict[str, str]

#: The header in which the app's script finds the handle of its websocket.
HANDLE = "x-gatehouse-handle"
#: The claim of ours that names the session; nobody else may bring it.
CLAIM = "gatehouse"
USER_COOKIE = "_streamlit_user"
#: Python's own limit is a thousand calls, some of which are Streamlit's.
_DEPTH_MAX = 500


def claims(identity: Identity, others: Mapping[str, Any]) -> dict[str, Any]:
    """Build ``st.user``: who signed in, beside what the app's own ``st.login`` claims, which stays."""
    ours = {
        "sub": identity.id,
        "username": identity.username,
        "name": identity.username,
        "email": identity.email,
        "roles": identity.roles,
        "aal": identity.aal,
        "authenticated_at": identity.authenticated_at // 1000,
    }
    return {**ours, **others, "is_logged_in": True, CLAIM: identity.session}


def with_user_cookie(headers: Headers, identity: Identity | None) -> Headers:
    """Put the identity into the websocket's scope as Streamlit's own signed cookie; no browser holds it.

    A cookie of an app's ``st.login`` is merged. One with our claim was copied out of an app: it is dropped.
    """
    from starlette.requests import cookie_parser
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, decode_signed_value

    secret = get_cookie_secret()
    cookies: dict[str, str] = {}
    for name, value in headers:
        if name.lower() == b"cookie":
            cookies.update(cookie_parser(value.decode("latin-1")))

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1"))

    theirs: dict[str, Any] = {}
    try:
        decoded = json.loads(get_cookie_with_chunks(one, USER_COOKIE) or b"{}")
        if isinstance(decoded, dict):
            theirs = decoded
    except ValueError:
        theirs = {}
    forged = CLAIM in theirs
    if identity is None and not forged:
        return headers
    kept = [header for header in headers if header[0].lower() != b"cookie"]
    pairs = {k: v for k, v in cookies.items() if k != USER_COOKIE and not k.startswith(USER_COOKIE + "__")}
    if identity is not None:
        origin = next((v.decode("latin-1") for k, v in headers if k.lower() == b"origin"), "")
        base = {} if forged or theirs.get("origin") != origin_of(origin) else theirs
        payload = {**claims(identity, base), "origin": origin_of(origin)}
        pairs[USER_COOKIE] = create_signed_value(secret, USER_COOKIE, json.dumps(payload)).decode("ascii")
    if pairs:
        line = "; ".join(f"{name}={value}" if name else value for name, value in pairs.items())
        kept.append((b"cookie", line.encode("latin-1")))
    return kept


def origin_of(origin: str) -> str:
    """Give the origin in the spelling that Streamlit compares."""
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}"


def causes_activity(message: bytes) -> bool:
    """Say whether a message of the browser is a rerun that a person caused, not a timer or a heartbeat."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    parsed = BackMsg()
    try:
        parsed.ParseFromString(message)
    except Exception:
        # Streamlit refuses the message next. (protobuf's own error comes without types.)
        return False
    return parsed.WhichOneof("type") == "rerun_script" and not parsed.rerun_script.is_auto_rerun


def too_deep(message: bytes) -> bool:
    """Say whether a message carries JSON nested so deep that Streamlit's reading of it would raise."""
    if message.count(b"[") + message.count(b"{") <= _DEPTH_MAX:
        return False
    from streamlit.proto.BackMsg_pb2 import BackMsg

    parsed = BackMsg()
    try:
        parsed.ParseFromString(message)
    except Exception:
        return False
    states = parsed.rerun_script.widget_states.widgets
    return any(_depth(state.json_value or state.json_trigger_value) > _DEPTH_MAX for state in states)


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def page_names(pages: Sequence[str]) -> PageNames:
    """Give every way in which a browser can name these pages: by name, or by Streamlit's hash of it."""
    from streamlit.util import calc_hash

    return {known: page for page in pages for known in (page, calc_hash(page))}


def page_asked_for(message: bytes, pages: PageNames, alone: bool) -> str | None:
    """Say which of ``pages`` a message would have Streamlit run, or nothing.

    Where the main script stands alone it runs whatever page is asked for.
    """
    from streamlit.proto.BackMsg_pb2 import BackMsg

    parsed = BackMsg()
    try:
        parsed.ParseFromString(message)
    except Exception:
        return None
    if parsed.WhichOneof("type") != "rerun_script":
        return None
    # Streamlit goes by the name only where there is no hash.
    return (
        pages.get("")
        if alone
        else pages.get(parsed.rerun_script.page_script_hash or parsed.rerun_script.page_name)
    )


def session_of(handle: str) -> str | None:
    """Give the id of Streamlit's session on a websocket that is open; the newest is looked at first."""
    from streamlit.runtime import Runtime

    for session in reversed(Runtime.instance()._session_mgr.list_active_sessions()):
        context = session.client.client_context
        if context is not None and any(v == handle for k, v in context.headers if k.lower() == HANDLE):
            return session.session.id
    return None


def close_session(session_id: str) -> None:
    """Have Streamlit forget a session at once: its state, its uploads, its media."""
    from streamlit.runtime import Runtime

    runtime = Runtime.instance()
    runtime.close_session(session_id)
    # Files for a download outlive their session by one round.
    runtime.media_file_mgr.remove_orphaned_files()


def is_index(body: bytes) -> bool:
    """Say whether a page is Streamlit's own index.html, rather than a page of the app or of a component."""
    return b"<title>Streamlit</title>" in body and b'<div id="root">' in body


def inject(body: bytes, tag: bytes) -> bytes:
    """Put a script in front of Streamlit's own, which are modules and therefore run later."""
    return body.replace(b"<head>", b"<head>" + tag, 1)
