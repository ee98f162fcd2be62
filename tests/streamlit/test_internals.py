"""What `_streamlit.py` leans on. A failure here names what a release of Streamlit has changed."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from streamlit_gatehouse import _streamlit, _versions
from streamlit_gatehouse._versions import NEWEST

from somebody import SOMEBODY


@pytest.mark.parametrize(
    ("version", "refused"),
    [("1.61.0", True), ("1.61.1", False), ("1.67.9", False), ("1.68.0", True), ("2.0.0", True)],
)
def test_unsupported(monkeypatch: pytest.MonkeyPatch, version: str, refused: bool) -> None:
    """The bounds hold, and the sentence says what to install."""
    monkeypatch.setattr(streamlit, "__version__", version)
    complaint = _versions.unsupported()
    assert (complaint is not None) == refused
    assert complaint is None or "install" in complaint


def test_this_streamlit_is_supported() -> None:
    """The environment of the tests has a release within the bounds."""
    assert _versions.unsupported() is None


def test_serving() -> None:
    """Outside a server there is no runtime, and the attribute that says so is still there."""
    from streamlit.runtime import Runtime

    assert hasattr(Runtime, "_instance"), "Runtime._instance, which tells a server from AppTest, is gone"
    assert not _streamlit.serving()


def test_context() -> None:
    """The context of a run has what is read of it."""
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

    assert _streamlit.context() is None
    fields = ScriptRunContext.__dataclass_fields__
    for name in ("session_id", "user_info", "session_state", "fragment_ids_this_run"):
        assert name in fields, f"ScriptRunContext.{name} is gone"


def test_keeps() -> None:
    """Keys of this run and of those before are found where Streamlit finds them, and no others."""
    from streamlit.runtime.state.safe_session_state import SafeSessionState
    from streamlit.runtime.state.session_state import SessionState

    state = SessionState()
    assert hasattr(state, "_new_session_state"), "SessionState._new_session_state is gone"
    assert hasattr(state, "_old_state"), "SessionState._old_state is gone"
    kept = SafeSessionState(state, lambda: None)
    running: Any = SimpleNamespace(session_state=kept)
    assert not _streamlit.keeps(running, "ours")
    kept["ours"] = True
    assert _streamlit.keeps(running, "ours")
    state.on_script_finished(frozenset())
    state._compact_state()
    assert "ours" in kept
    assert _streamlit.keeps(running, "ours")
    del kept["ours"]
    assert not _streamlit.keeps(running, "ours")
    without: Any = SimpleNamespace(session_state={"ours": True})
    assert _streamlit.keeps(without, "ours")


def test_handshake_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake's headers are where they are read, and the last of a name counts."""
    from streamlit import runtime
    from streamlit.runtime import Runtime
    from streamlit.runtime.session_manager import ClientContext, SessionClient

    assert hasattr(Runtime, "get_client"), "Runtime.get_client is gone"
    assert hasattr(SessionClient, "client_context"), "SessionClient.client_context is gone"
    assert hasattr(ClientContext, "headers"), "ClientContext.headers is gone"
    context = SimpleNamespace(headers=[("X-One", "no"), ("other", "no"), ("x-one", "yes")])
    server = SimpleNamespace(get_client=lambda _: SimpleNamespace(client_context=context))
    monkeypatch.setattr(runtime, "get_instance", lambda: server)
    running: Any = SimpleNamespace(session_id="s")
    assert _streamlit.handshake_header(running, "x-one") == "yes"
    assert _streamlit.handshake_header(running, "x-two") is None


def test_keep_page() -> None:
    """A page that a browser asked for is found, though the runs before it never came to `st.navigation`."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.util import calc_hash

    assert "calc_hash(self._url_path)" in inspect.getsource(streamlit.Page), "a page's hash is another one"
    main = "/app/app.py"
    known: Any = {calc_hash(name): {"url_pathname": name} for name in ("home", "admin")}

    def opened(runs: list[tuple[str, str]], address: str = "/tools/home", app_path: str = "/tools") -> Any:
        pages = PagesManager(main)
        info = SimpleNamespace(url=f"http://localhost:8501{address}")
        running: Any = SimpleNamespace(pages_manager=pages, session_state={}, context_info=info)
        for asked in runs:
            pages.set_script_intent(*asked)
            _streamlit.keep_page(running, lambda: app_path)
        found: Any = pages.set_pages_and_resolve(known, calc_hash("home"))
        _streamlit.keep_page(running, lambda: app_path)
        return found and found["url_pathname"]

    again = (calc_hash(main), "")
    assert opened([("", "admin")]) == "admin"
    assert opened([("", "admin"), again, again]) == "admin", "the page that was asked for is forgotten"
    assert opened([("", "nothing"), again]) is None, "what is no page is no longer said to be none"
    assert opened([again], "/tools/admin") == "admin", "the address is not read"
    assert opened([again], "/tools/nothing") == "home"
    assert opened([again], "/tools/") == "home"
    assert opened([("", ""), (calc_hash("admin"), "")]) == "admin", "the page that the browser knows"


def test_is_drawn() -> None:
    """What is drawn in a run is noted by its key; around a fragment everything is there."""
    from streamlit.elements.lib import utils
    from streamlit.runtime.scriptrunner_utils.shared_run_state import SharedRunState

    assert "ctx.shared.widget_user_keys_this_run.check_and_add" in inspect.getsource(utils)
    running: Any = SimpleNamespace(shared=SharedRunState(), fragment_ids_this_run=None)
    assert not _streamlit.is_drawn(running, "form")
    running.shared.widget_user_keys_this_run.check_and_add("form")
    assert _streamlit.is_drawn(running, "form")
    running.shared.reset()
    assert not _streamlit.is_drawn(running, "form")
    running.fragment_ids_this_run = ["f"]
    assert _streamlit.is_drawn(running, "form")


def test_write_user() -> None:
    """The context's dictionary is the session's own, not a copy: comparing it is what refuses a takeover."""
    from streamlit.runtime.app_session import AppSession

    source = inspect.getsource(AppSession)
    assert "user_info=self._user_info" in source, "a run no longer shares its session's user info"
    assert "self._user_info == user_info" in source, "resuming no longer compares the user info"


def test_refuse_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session can be kept from being resumed, by Streamlit's mark or, before there was one, by its user."""
    from streamlit.runtime import Runtime

    running: Any = SimpleNamespace(session_id="s", user_info={})
    marked: list[str] = []
    stand_in: Any = SimpleNamespace(mark_session_nonresumable=marked.append)
    monkeypatch.setattr(Runtime, "instance", lambda: stand_in)
    _streamlit.refuse_resume(running, SOMEBODY)
    assert (marked, running.user_info) == (["s"], {})
    monkeypatch.setattr(Runtime, "instance", lambda: SimpleNamespace())
    _streamlit.refuse_resume(running, SOMEBODY)
    assert running.user_info == {"gatehouse": "ses_1"}
    release = tuple(int(part) for part in streamlit.__version__.split(".")[:2])
    assert release < NEWEST or hasattr(Runtime, "mark_session_nonresumable"), "the mark is gone"


def test_option() -> None:
    """The options that are read exist."""
    for name in ("server.port", "server.address", "server.baseUrlPath", "server.sslCertFile"):
        _streamlit.option(name)


def test_set_default() -> None:
    """An option can be set before the configuration is read again."""
    before = _streamlit.option("server.address")
    _streamlit.set_default("server.address", "127.0.0.1")
    assert _streamlit.option("server.address") == "127.0.0.1"
    _streamlit.set_default("server.address", before)


def test_owns_server() -> None:
    """Streamlit notes who runs the server, in these words."""
    from streamlit import config
    from streamlit.web import bootstrap

    assert config._server_mode is None
    assert not _streamlit.owns_server()
    assert '"starlette-app", "starlette-app-direct"' in inspect.getsource(bootstrap), "the words have changed"


def test_main_script() -> None:
    """Streamlit keeps the path of the main script where it is read."""
    from streamlit import config

    assert hasattr(config, "_main_script_path"), "config._main_script_path is gone"


def test_mount_component() -> None:
    """A component with files is mounted with these arguments, and sends its events under this id."""
    from streamlit.components.v2 import component
    from streamlit.components.v2.bidi_component.main import _make_trigger_id

    assert {"js", "css", "isolate_styles"} <= set(inspect.signature(component).parameters)
    assert _make_trigger_id("id", "events").endswith("id__events")


def test_event_of_this_run() -> None:
    """What the form sent is found in the run's new values; anything else there is nothing."""
    from streamlit.runtime.state import SafeSessionState, SessionState

    state = SessionState()
    assert hasattr(state._new_widget_state, "states"), "SessionState._new_widget_state.states is gone"
    running: Any = SimpleNamespace(session_state=SafeSessionState(state, lambda: None))
    assert _streamlit.event_of_this_run(running, "form", "ticket") is None
    state._new_widget_state.set_from_value("$$X-form__events", [1, {"event": "ticket", "value": "t"}])
    assert _streamlit.event_of_this_run(running, "form", "ticket") == "t"
    assert _streamlit.event_of_this_run(running, "form", "done") is None
    state._new_widget_state.set_from_value("$$X-form__events", 5)
    assert _streamlit.event_of_this_run(running, "form", "ticket") is None


def test_run() -> None:
    """An app can be built and run with our layers."""
    import streamlit as st

    assert {"routes", "middleware", "lifespan"} <= set(inspect.signature(st.App.__init__).parameters)
    assert "config" in inspect.signature(st.App.run).parameters


def test_load_options_and_flags() -> None:
    """The options of `streamlit run` parse as they do there."""
    import click

    found: dict[str, Any] = {}

    @click.command()
    @_streamlit.with_options
    def command(**values: Any) -> None:
        found.update(_streamlit.flags(values))

    command.main(["--server.port", "1234", "--server.headless", "true"], standalone_mode=False)
    assert found["server.port"] == 1234
    assert found["server.headless"] is True


def test_page_name(tmp_path: Path) -> None:
    """A file's number and sign are no part of its name."""
    for file, name in (
        ("2_Admin.py", "Admin"),
        ("1_📈_Sales report.py", "Sales_report"),
        ("plain.py", "plain"),
    ):
        assert _streamlit.page_name(tmp_path / file) == name


def test_guard_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One function finds the page, for `st.navigation` and for a folder, and is looked up at the call."""
    from streamlit.commands import navigation
    from streamlit.runtime.scriptrunner import script_runner

    assert "_navigation(" in inspect.getsource(navigation.navigation), "st.navigation finds pages elsewhere"
    assert "import PageType, _navigation" in inspect.getsource(script_runner._mpa_v1), (
        "pages/ finds them elsewhere"
    )
    page: Any = SimpleNamespace(url_path="", _url_path="home")
    monkeypatch.setattr(navigation, "_navigation", lambda *_args, **_kwargs: page)
    seen: list[Any] = []
    _streamlit.guard_pages(seen.append)
    _streamlit.guard_pages(seen.append)
    assert navigation._navigation([], position="sidebar", expanded=False) is page
    assert seen == [("", "home")], "once, by both of its names"
