"""Everything of Streamlit's internals that this package leans on, and nothing else.

Each function here has a test of the same name in ``tests/streamlit/test_internals.py``, which fails with a
sentence when a release has changed what it uses. When a new minor has passed them, raise ``NEWEST`` in
``_versions.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
    from streamlit_gatehouse._native import Identity

Headers: TypeAlias = list[tuple[bytes, bytes]]

#: The claim of ours that names the session; nobody else may bring it.
CLAIM = "gatehouse"
USER_COOKIE = "_streamlit_user"
_PAGE = "gatehouse-page"
_COMPONENT = "streamlit-gatehouse.form"
#: Python's own limit is a thousand calls, some of which are Streamlit's.
_DEPTH_MAX = 500


def serving() -> bool:
    """Say whether a real Streamlit server runs in this process (``AppTest`` puts a stand-in there)."""
    from streamlit.runtime import Runtime

    return type(Runtime._instance) is Runtime


def context() -> ScriptRunContext | None:
    """Give the context of the running script."""
    from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

    return get_script_run_ctx(suppress_warning=True)


def handshake_header(running: ScriptRunContext, name: str) -> str | None:
    """Give a header of the websocket's handshake; ``st.context`` would copy all of them at every look."""
    from streamlit import runtime

    client = runtime.get_instance().get_client(running.session_id)
    headers = client.client_context.headers if client and client.client_context else ()
    found = None
    for key, value in headers:
        if key.lower() == name:
            # The gate puts its own last.
            found = value
    return found


def in_fragment_rerun(running: ScriptRunContext) -> bool:
    """Say whether a fragment runs without its script: perhaps a timer's doing."""
    return bool(running.fragment_ids_this_run)


def keep_page(running: ScriptRunContext, app_path: Callable[[], str]) -> None:
    """Have ``st.navigation`` open the page that the browser asked for, though runs before it were stopped.

    A browser names the page of its address in its first run only. Then it takes the main script for its page
    until ``st.navigation`` says otherwise, and who signs in before that would land on the default page. Where
    a session begins under a page that is open already, there is but the address to go by.
    """
    from streamlit.util import calc_hash

    pages, state = running.pages_manager, cast("Any", running.session_state)
    if pages._pages is not None:
        return
    if pages.intended_page_name:
        state[_PAGE] = pages.intended_page_name
    elif pages.intended_page_script_hash == pages.main_script_hash:
        if _PAGE in state:
            pages.set_script_intent("", state[_PAGE])
        elif running.context_info is not None:
            name = unquote(urlsplit(running.context_info.url).path).removeprefix(app_path()).strip("/")
            if name:
                # A page's hash is that of its name; a hash that is no page's leads to the default page.
                pages.set_script_intent(calc_hash(name), "")


def is_drawn(running: ScriptRunContext, key: str) -> bool:
    """Say whether a component is in the page already: from this run, or from the one around a fragment."""
    return key in running.shared.widget_user_keys_this_run or in_fragment_rerun(running)


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


def write_user(running: ScriptRunContext, identity: Identity) -> None:
    """Fill ``st.user`` at once, and have Streamlit refuse this session to everyone else.

    The dictionary is the session's own: what stands in it is compared when someone presents the session's id.
    """
    info = cast("dict[str, Any]", running.user_info)
    if info.get(CLAIM) != identity.session:
        info.update(claims(identity, info))


def refuse_resume(running: ScriptRunContext, identity: Identity) -> None:
    """Have Streamlit not resume this session for anyone, where no handshake brings an identity to compare."""
    from streamlit.runtime import Runtime

    mark = getattr(Runtime.instance(), "mark_session_nonresumable", None)
    if mark is not None:
        mark(running.session_id)
    else:
        # Before there was a mark: a value that no handshake brings.
        cast("dict[str, Any]", running.user_info)[CLAIM] = identity.session


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


def option(name: str) -> Any:
    """Read one of Streamlit's options."""
    from streamlit import config

    return config.get_option(name)


def set_default(name: str, value: Any) -> None:
    """Set an option that nobody has set."""
    from streamlit import config

    config.set_option(name, value)


def owns_server() -> bool:
    """Say whether Streamlit itself runs the server, so that its options name the real port."""
    from streamlit import config

    return config._server_mode in {"starlette-app", "starlette-app-direct"}


def main_script() -> str | None:
    """Give the path of the app's main script, as Streamlit knows it."""
    from streamlit import config

    return config._main_script_path


def mount_component(data: dict[str, Any], key: str, events: Sequence[str]) -> Mapping[str, Any]:
    """Draw the form, and give what the browser sent with this run, which may be anything."""
    from streamlit.components.v2 import component
    from streamlit.runtime import Runtime

    runtime = Runtime.instance()
    global _renderer
    if _renderer is None or _renderer[0] is not runtime:
        # Registered lazily: outside a running app Streamlit refuses components with files.
        drawn = component(_COMPONENT, js="streamlit-*.js", css="gatehouse-*.css", isolate_styles=False)
        _renderer = (runtime, drawn)
    callbacks = {f"on_{name}_change": _nothing for name in events}
    result = _renderer[1](key=key, data=data, **callbacks)
    return {name: result.get(name) for name in events}


def event_of_this_run(running: ScriptRunContext, key: str, event: str) -> Any:
    """Read what a component sent with this run before it is drawn again, or nothing if that is not seen."""
    try:
        values: Any = running.session_state._state._new_widget_state
        for widget in list(values.states):
            if widget.endswith(f"-{key}__events"):
                sent = [value for value in values[widget] or () if isinstance(value, dict)]
                return next((value.get("value") for value in sent if value.get("event") == event), None)
    except (AttributeError, KeyError, TypeError):
        # The component itself says it, too, a moment later.
        return None
    return None


def _nothing() -> None:
    """Only events that have a callback are reported."""


_renderer: tuple[object, Callable[..., Any]] | None = None


def is_index(body: bytes) -> bool:
    """Say whether a page is Streamlit's own index.html, rather than a page of the app or of a component."""
    return b"<title>Streamlit</title>" in body and b'<div id="root">' in body


def inject(body: bytes, tag: bytes) -> bytes:
    """Put a script in front of Streamlit's own, which are modules and therefore run later."""
    return body.replace(b"<head>", b"<head>" + tag, 1)


def run(script: str, options: dict[str, Any], arguments: Sequence[str], mounted: dict[str, Any]) -> None:
    """Serve an app as ``streamlit run`` does, with the layers of ``mounted`` around it."""
    import sys

    import streamlit as st

    # App.run takes the folder of `.streamlit/`, of imports and of relative paths from here.
    sys.argv = [script, *arguments]
    st.App(script, **mounted).run(config=options)


def load_options(script: str, flags: dict[str, Any]) -> None:
    """Read Streamlit's configuration as ``streamlit run`` does."""
    from streamlit import config
    from streamlit.web import bootstrap

    config._main_script_path = script
    bootstrap.load_config_options(flags)


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the options of ``streamlit run``."""
    from streamlit.web.cli import configurator_options

    decorated: Callable[..., Any] = configurator_options(command)
    return decorated


def flags(values: Mapping[str, Any]) -> dict[str, Any]:
    """Name the options that were given as Streamlit's configuration names them."""
    from streamlit import config

    named = {key: values.get(key.replace(".", "_")) for key in config._config_options_template}
    return {key: value for key, value in named.items() if value is not None and value != ()}
