"""The Python package outside of a server: importing, testing apps, the gate's own refusals."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import streamlit_gatehouse as gatehouse
from streamlit.testing.v1 import AppTest
from streamlit_gatehouse import _native, _streamlit, testing


def script() -> None:
    """Greet who is signed in."""
    import streamlit as st
    import streamlit_gatehouse as gatehouse

    user = gatehouse.require("admin", "editor")
    st.write(f"Hello {user.username}")
    if st.button("Sign out"):
        gatehouse.logout()


def guarded_callback() -> None:
    """Offer a button whose callback is guarded."""
    import streamlit as st
    import streamlit_gatehouse as gatehouse

    @gatehouse.protected(roles=["admin"])
    def delete() -> None:
        st.session_state["deleted"] = True

    st.button("Delete", on_click=delete)
    st.write(f"deleted: {st.session_state.get('deleted', False)}")


def test_import_in_plain_python_needs_no_server() -> None:
    """The package can be imported where no app runs, and asks for nobody."""
    code = "import streamlit_gatehouse as g; assert g.current_user() is None; print('ok')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout == "ok\n", ran.stderr


def test_command_imports_streamlit_only_to_run_one() -> None:
    """Administration starts at once."""
    code = "import sys, streamlit_gatehouse._cli; print('streamlit' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_anonymous_app_test_stops_at_the_guard() -> None:
    """Nothing below `require` runs."""
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert not app.markdown


def test_sign_in_to_an_app_test() -> None:
    """A test signs in whom it likes."""
    app = AppTest.from_function(script)
    testing.sign_in(app, "alice", roles=["editor"])
    app.run()
    assert [element.value for element in app.markdown] == ["Hello alice"]
    app.button[0].click().run()
    assert not app.markdown


def test_wrong_role_in_an_app_test_stops_at_the_guard() -> None:
    """A role that contains the name of another is another role."""
    app = AppTest.from_function(script)
    testing.sign_in(app, "alice", roles=["superadmin-readonly", "administrator"])
    app.run()
    assert not app.exception
    assert not app.markdown


@pytest.mark.parametrize(("aal", "shown"), [(1, False), (2, True)])
def test_assurance_level_is_required(aal: int, shown: bool) -> None:
    """A page that asks for two factors is not shown to who signed in with one."""

    def page() -> None:
        import streamlit as st
        import streamlit_gatehouse as gatehouse

        st.write(f"Hello {gatehouse.require(aal=2).username}")

    app = AppTest.from_function(page)
    testing.sign_in(app, "alice", aal=aal)
    app.run()
    assert not app.exception
    assert [element.value for element in app.markdown] == (["Hello alice"] if shown else [])


@pytest.mark.parametrize(("roles", "deleted"), [(["admin"], True), (["reader"], False), (None, False)])
def test_protected_callback_runs_for_its_roles_only(roles: list[str] | None, deleted: bool) -> None:
    """Streamlit runs callbacks before the script: they carry a guard of their own."""
    app = AppTest.from_function(guarded_callback)
    if roles is not None:
        testing.sign_in(app, "alice", roles=roles)
    app.run()
    app.button[0].click().run()
    assert [element.value for element in app.markdown] == [f"deleted: {deleted}"]


def test_sign_in_for_tests_refuses_inside_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody calls the test helper from an app that is served."""
    monkeypatch.setattr(_streamlit, "serving", lambda: True)
    with pytest.raises(RuntimeError, match="AppTest"):
        testing.sign_in(AppTest.from_function(script), "alice")


def test_value_of_the_test_helper_is_no_identity_in_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody brings the helper's value into the session state of an app that is served."""
    app = AppTest.from_function(script)
    testing.sign_in(app, "alice", roles=["admin"])
    monkeypatch.setattr(_streamlit, "serving", lambda: True)
    monkeypatch.setattr("streamlit_gatehouse._form.handle", lambda: None)
    monkeypatch.setattr("streamlit_gatehouse._form.draw", lambda *_, **__: {})
    app.run()
    assert not app.markdown


def test_user_is_frozen() -> None:
    """A user is what the endpoint said, not what a script made of it."""
    user = testing.sign_in(AppTest.from_function(script), "alice", roles=["b", "a", "b"])
    assert user.roles == ("a", "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        user.username = "mallory"  # type: ignore[misc]


def test_one_role_as_text_is_one_role() -> None:
    """`roles="admin"` must not let in whoever has the role `a`."""
    from streamlit_gatehouse._login import _names

    assert _names("admin") == ("admin",)


def test_gate_refuses_an_unknown_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate leans on internals: an untested minor is refused with a sentence."""
    monkeypatch.setattr("streamlit.__version__", "1.68.0")
    layer: Any = gatehouse.mount()["middleware"][0]
    with pytest.raises(RuntimeError, match="newest that was tested"):
        layer.cls(None)


def test_gate_stands_outermost() -> None:
    """Middleware of the app's own runs behind the gate."""
    mounted = gatehouse.mount(routes=["r"], middleware=["m"])
    assert mounted["routes"] == ["r"]
    assert mounted["middleware"][0].cls.__name__ == "Gate"
    assert mounted["middleware"][1:] == ["m"]


def test_native_module_refuses_before_it_is_open() -> None:
    """A call in the wrong order is an error, not an answer."""
    code = "from streamlit_gatehouse import _native; _native.check('x')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SetupError" in ran.stderr
    assert issubclass(_native.SetupError, RuntimeError)


FORKED = """
import os
import sys
import time

from streamlit_gatehouse import _native


def work():
    _native.open(sys.argv[1], sys.argv[2])
    _native.set_local_url("http://localhost:8501")
    assert _native.setup_link() is not None
    answered = []
    _native.admit([], None, lambda value, error: answered.append(error))
    while not answered:
        time.sleep(0.01)


if sys.argv[3] == "used":
    work()
child = os.fork()
if child == 0:
    try:
        _native.setup_link()
    except _native.SetupError:
        work()
        os._exit(42)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
work()
print("ok")
"""


@pytest.mark.parametrize("parent", ["used", "unused"])
def test_endpoint_in_a_forked_process(tmp_path: Path, parent: str) -> None:
    """A child has none of its parent's threads: it opens an endpoint of its own, and both go on."""
    (tmp_path / "app.py").write_text("")
    arguments = [str(tmp_path / "app.py"), str(tmp_path), parent]
    command = [sys.executable, "-c", FORKED, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "ok\n", ran.stderr
