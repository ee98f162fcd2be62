"""What `_streamlit_wire.py` leans on. A failure here names what a release of Streamlit has changed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from streamlit_gatehouse import _streamlit_wire

from somebody import SOMEBODY

ORIGIN = "http://localhost:8501"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    """Sign with a secret that the tests know."""
    from streamlit.web.server import server_util

    monkeypatch.setattr(server_util, "get_cookie_secret", lambda: "s3cret")
    return "s3cret"


def user_info(headers: _streamlit_wire.Headers) -> dict[str, Any]:
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


def test_with_user_cookie() -> None:
    """A websocket's scope with our cookie gives a complete `st.user`, whatever the script of the name."""
    headers = _streamlit_wire.with_user_cookie([(b"origin", ORIGIN.encode()), (b"cookie", b"a=1")], SOMEBODY)
    info = user_info(headers)
    assert info["is_logged_in"] is True
    assert info["username"] == "Jürgen"
    assert info["roles"] == ["admin"]
    assert b"a=1" in dict(headers)[b"cookie"]


def test_with_user_cookie_keeps_what_st_login_claims() -> None:
    """The app's own provider said who this is to the app; that stays."""
    theirs = signed({"origin": ORIGIN, "is_logged_in": True, "email": "j@example.org", "iss": "https://idp"})
    headers = [(b"origin", ORIGIN.encode()), (b"cookie", theirs)]
    info = user_info(_streamlit_wire.with_user_cookie(headers, SOMEBODY))
    assert (info["email"], info["iss"], info["username"]) == ("j@example.org", "https://idp", "Jürgen")


def test_with_user_cookie_drops_one_that_was_copied() -> None:
    """A cookie of ours that comes back from a browser was read out of an app."""
    ours = _streamlit_wire.with_user_cookie([(b"origin", ORIGIN.encode())], SOMEBODY)
    copied = [(b"origin", ORIGIN.encode()), (b"cookie", dict(ours)[b"cookie"])]
    assert user_info(copied)["username"] == "Jürgen", "it would be believed"
    assert user_info(_streamlit_wire.with_user_cookie(copied, None)) == {}


def test_causes_activity() -> None:
    """A person's rerun counts; a timer's and a heartbeat do not."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    person, timer, heartbeat = BackMsg(), BackMsg(), BackMsg()
    person.rerun_script.query_string = "a=1"
    timer.rerun_script.is_auto_rerun = True
    heartbeat.app_heartbeat = True
    told = [
        _streamlit_wire.causes_activity(message.SerializeToString()) for message in (person, timer, heartbeat)
    ]
    assert told == [True, False, False]
    assert not _streamlit_wire.causes_activity(b"\xff\xff")


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

    assert _streamlit_wire.too_deep(carrying("[" * 1000))
    assert _streamlit_wire.too_deep(carrying('{"a":' * 1000))
    assert not _streamlit_wire.too_deep(carrying(json.dumps(["[" * 1000, "\\"])))
    assert not _streamlit_wire.too_deep(carrying(json.dumps([[n] for n in range(1000)])))


def test_is_index_and_inject() -> None:
    """The page that Streamlit serves is recognized, and a script can be put before all others."""
    from pathlib import Path

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    assert _streamlit_wire.is_index(page), "index.html no longer looks as expected"
    injected = _streamlit_wire.inject(page, b"<script src=x></script>")
    assert injected.index(b"<script src=x>") < injected.index(b"<script>")
    assert not _streamlit_wire.is_index(b"<html><title>My page</title></html>")


def rerun(name: str = "", page_hash: str = "") -> bytes:
    """Build the message by which a browser asks for a page."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    message.rerun_script.page_name = name
    message.rerun_script.page_script_hash = page_hash
    data: bytes = message.SerializeToString()
    return data


def test_page_asked_for() -> None:
    """A page goes by its hash, which is that of its name, and by its name only where there is no hash."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.util import calc_hash

    names = _streamlit_wire.page_names(["ledger", ""])
    for message, page in (
        (rerun("ledger"), "ledger"),
        (rerun("", calc_hash("ledger")), "ledger"),
        (rerun("other", calc_hash("ledger")), "ledger"),
        (rerun("ledger", calc_hash("other")), None),
        (rerun(""), ""),
        (rerun("Ledger"), None),
        (BackMsg(app_heartbeat=True).SerializeToString(), None),
        (b"\xff\xff", None),
    ):
        assert _streamlit_wire.page_asked_for(message, names, alone=False) == page
    for message in (rerun(""), rerun("any"), rerun("", "any")):
        assert _streamlit_wire.page_asked_for(message, names, alone=True) == ""


def test_session_of_and_close_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions can be listed with the headers of their websocket, and closed together with their files."""
    from streamlit.runtime import Runtime
    from streamlit.runtime.media_file_manager import MediaFileManager
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert callable(WebsocketSessionManager.list_active_sessions)
    assert callable(Runtime.close_session)
    assert callable(MediaFileManager.remove_orphaned_files)

    def session(name: str, handle: str) -> Any:
        context = SimpleNamespace(headers=[("X-Gatehouse-Handle", handle)])
        return SimpleNamespace(
            session=SimpleNamespace(id=name), client=SimpleNamespace(client_context=context)
        )

    active = [session("first", "a"), session("second", "b")]
    closed: list[str] = []
    runtime = SimpleNamespace(
        _session_mgr=SimpleNamespace(list_active_sessions=lambda: active),
        close_session=closed.append,
        media_file_mgr=SimpleNamespace(remove_orphaned_files=lambda: closed.append("files")),
    )
    monkeypatch.setattr(Runtime, "instance", lambda: runtime)
    assert _streamlit_wire.session_of("a") == "first"
    assert _streamlit_wire.session_of("c") is None
    _streamlit_wire.close_session("first")
    assert closed == ["first", "files"]
