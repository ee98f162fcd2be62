"""What `_streamlit.py` leans on. A failure here names what a release of Streamlit has changed."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
import streamlit
from streamlit_gatehouse import _streamlit, _versions
from streamlit_gatehouse._versions import NEWEST

ORIGIN = "http://localhost:8501"


class Somebody:
    """Stands in for what the native module says of a session."""

    session = "ses_1"
    id = "id_1"
    username = "Jürgen"
    email = None
    roles = ("admin",)
    aal = 1
    authenticated_at = 1_700_000_000_000


SOMEBODY: Any = Somebody()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    """Sign with a secret that the tests know."""
    from streamlit.web.server import server_util

    monkeypatch.setattr(server_util, "get_cookie_secret", lambda: "s3cret")
    return "s3cret"


def user_info(headers: _streamlit.Headers) -> dict[str, Any]:
    """Read the signed cookie as Streamlit's websocket handler does."""
    from starlette.requests import cookie_parser
    from streamlit.web.server.starlette import starlette_websocket

    cookies = cookie_parser(dict(headers).get(b"cookie", b"").decode("latin-1"))
    assert hasattr(starlette_websocket, "_get_signed_cookie_with_chunks"), "how the user cookie is read"
    setattr(starlette_websocket, "get_cookie_secret", lambda: "s3cret")  # noqa: B010 (it is not exported)
    raw = starlette_websocket._get_signed_cookie_with_chunks(cookies, "_streamlit_user")
    return starlette_websocket._parse_decoded_user_cookie(raw, ORIGIN) if raw else {}


def signed(payload: dict[str, Any]) -> bytes:
    """Sign a cookie as `st.login` does."""
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    return b"_streamlit_user=" + create_signed_value("s3cret", "_streamlit_user", json.dumps(payload))


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


def test_handshake_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake's headers are where they are read, and the last of a name counts."""
    from types import SimpleNamespace

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
    from types import SimpleNamespace

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
    from types import SimpleNamespace

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
    from types import SimpleNamespace

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


def test_with_user_cookie() -> None:
    """A websocket's scope with our cookie gives a complete `st.user`, whatever the script of the name."""
    headers = _streamlit.with_user_cookie([(b"origin", ORIGIN.encode()), (b"cookie", b"a=1")], SOMEBODY)
    info = user_info(headers)
    assert info["is_logged_in"] is True
    assert info["username"] == "Jürgen"
    assert info["roles"] == ["admin"]
    assert b"a=1" in dict(headers)[b"cookie"]


def test_with_user_cookie_keeps_what_st_login_claims() -> None:
    """The app's own provider said who this is to the app; that stays."""
    theirs = signed({"origin": ORIGIN, "is_logged_in": True, "email": "j@example.org", "iss": "https://idp"})
    headers = [(b"origin", ORIGIN.encode()), (b"cookie", theirs)]
    info = user_info(_streamlit.with_user_cookie(headers, SOMEBODY))
    assert (info["email"], info["iss"], info["username"]) == ("j@example.org", "https://idp", "Jürgen")


def test_with_user_cookie_drops_one_that_was_copied() -> None:
    """A cookie of ours that comes back from a browser was read out of an app."""
    ours = _streamlit.with_user_cookie([(b"origin", ORIGIN.encode())], SOMEBODY)
    copied = [(b"origin", ORIGIN.encode()), (b"cookie", dict(ours)[b"cookie"])]
    assert user_info(copied)["username"] == "Jürgen", "it would be believed"
    assert user_info(_streamlit.with_user_cookie(copied, None)) == {}


def test_causes_activity() -> None:
    """A person's rerun counts; a timer's and a heartbeat do not."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    person, timer, heartbeat = BackMsg(), BackMsg(), BackMsg()
    person.rerun_script.query_string = "a=1"
    timer.rerun_script.is_auto_rerun = True
    heartbeat.app_heartbeat = True
    told = [_streamlit.causes_activity(message.SerializeToString()) for message in (person, timer, heartbeat)]
    assert told == [True, False, False]
    assert not _streamlit.causes_activity(b"\xff\xff")


def test_too_deep() -> None:
    """What Streamlit can't read without an exception is seen before; brackets in texts are none."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    def carrying(text: str) -> bytes:
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = "x"
        state.json_trigger_value = text
        data: bytes = message.SerializeToString()
        return data

    assert _streamlit.too_deep(carrying("[" * 1000))
    assert _streamlit.too_deep(carrying('{"a":' * 1000))
    assert not _streamlit.too_deep(carrying(json.dumps(["[" * 1000, "\\"])))
    assert not _streamlit.too_deep(carrying(json.dumps([[n] for n in range(1000)])))


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
    from types import SimpleNamespace

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


def test_is_index_and_inject() -> None:
    """The page that Streamlit serves is recognized, and a script can be put before all others."""
    from pathlib import Path

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    assert _streamlit.is_index(page), "index.html no longer looks as expected"
    injected = _streamlit.inject(page, b"<script src=x></script>")
    assert injected.index(b"<script src=x>") < injected.index(b"<script>")
    assert not _streamlit.is_index(b"<html><title>My page</title></html>")


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
