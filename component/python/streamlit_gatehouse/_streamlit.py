"""Everything of Streamlit's internals that this package leans on, and nothing else; the gate's part is in
``_streamlit_wire.py``.

Each function here has a test of the same name in ``tests/streamlit/test_internals.py``, which fails with a
sentence when a release has changed what it uses. When a new minor has passed them, raise ``NEWEST`` in
``_versions.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from streamlit_gatehouse._streamlit_wire import CLAIM, claims

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
    from streamlit_gatehouse._native import Identity

_PAGE = "gatehouse-page"
_COMPONENT = "streamlit-gatehouse.form"


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
    # The gate puts its own last.
    return next((value for key, value in reversed(tuple(headers)) if key.lower() == name), None)


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
        if keeps(running, _PAGE):
            pages.set_script_intent("", state[_PAGE])
        elif running.context_info is not None:
            name = unquote(urlsplit(running.context_info.url).path).removeprefix(app_path()).strip("/")
            if name:
                # A page's hash is that of its name; a hash that is no page's leads to the default page.
                pages.set_script_intent(calc_hash(name), "")


def keeps(running: ScriptRunContext, key: str) -> bool:
    """Say whether ``st.session_state`` has a key of ours; by itself it takes 20 µs, in every run."""
    try:
        state: Any = running.session_state._state
        return key in state._new_session_state or key in state._old_state
    except AttributeError:
        return key in cast("Any", running.session_state)


def is_drawn(running: ScriptRunContext, key: str) -> bool:
    """Say whether a component is in the page already: from this run, or from the one around a fragment."""
    return key in running.shared.widget_user_keys_this_run or in_fragment_rerun(running)


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


def guard_pages(may_run: Callable[[Sequence[str]], None]) -> None:
    """Have ``may_run`` called with a page's names before any code of it runs, however it came to its turn.

    Both a ``pages/`` folder and ``st.navigation`` find the page in one function; a script that leads to a
    page by ``st.switch_page`` comes through there, too. What ``may_run`` raises ends the run.
    """
    from streamlit.commands import navigation

    find = navigation._navigation
    if hasattr(find, "gatehouse"):
        return

    def guarded(*args: Any, **kwargs: Any) -> Any:
        page = find(*args, **kwargs)
        # A default page is at the app's own address, and has a name of its own all the same.
        may_run((page.url_path, page._url_path))
        return page

    cast("Any", guarded).gatehouse = True
    navigation._navigation = cast("Any", guarded)


def page_name(path: Path) -> str:
    """Give the name of a file in a ``pages/`` folder, which is the last part of its address."""
    from streamlit.source_util import page_icon_and_name

    return page_icon_and_name(path)[1]


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
