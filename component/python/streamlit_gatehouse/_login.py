"""What an app calls: login, roles, logout. Who someone is, only the endpoint says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import streamlit as st
from streamlit_gatehouse import _form, _native, _state, _streamlit, testing
from streamlit_gatehouse._user import User, from_identity

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

_SIGNED_OUT = "gatehouse-signed-out"
_PLACE = "gatehouse-place"

P = ParamSpec("P")
R = TypeVar("R")


def current_user() -> User | None:
    """Give who is signed in, or nothing. Never draws.

    Asks the endpoint again in every run, in microseconds.
    """
    return _current(_streamlit.context())


def _current(running: ScriptRunContext | None) -> User | None:
    if running is None:
        return None
    if not _streamlit.serving():
        return testing.signed_in(running)
    handle = _form.handle(running)
    if handle is None:
        return None
    # Under the gate activity is read off the messages; here a fragment may be a timer's doing.
    active = not _state.gated and not _streamlit.in_fragment_rerun(running)
    identity = _native.current(handle, active)
    if identity is None:
        return None
    if _state.gated:
        _streamlit.write_user(running, identity)
    else:
        _streamlit.refuse_resume(running, identity)
    return from_identity(identity)


def login(roles: Iterable[str] = ()) -> User:
    """Draw the forms until someone is signed in, then give the user.

    With ``roles``, someone who has none of them sees a page that says so. Until then nothing below runs.
    """
    return _require(_names(roles), None)


def require(*roles: str, aal: int | None = None) -> User:
    """Let in who is signed in and has any of ``roles``; others see the form, or that they are not allowed.

    With ``aal=2``, who has proven one factor so far proves a second one in place, or sets one up.

    Write it at the top of a page: Streamlit runs pages without the app's main script.
    """
    return _require(_names(roles), aal)


@overload
def protected(function: Callable[P, R], /) -> Callable[P, R | None]: ...


@overload
def protected(
    *, roles: Iterable[str] = (), aal: int | None = None
) -> Callable[[Callable[P, R]], Callable[P, R | None]]: ...


def protected(function: Any = None, /, *, roles: Iterable[str] = (), aal: int | None = None) -> Any:
    """Guard a widget's callback or a fragment, which Streamlit runs without the top of the script.

    Whoever is not signed in, or has none of ``roles``, runs nothing of it.
    """
    names = _names(roles)

    def decorate(guarded: Callable[P, R]) -> Callable[P, R | None]:
        @functools.wraps(guarded)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R | None:
            try:
                user = current_user()
            except _native.UnavailableError:
                return None
            if user is None or not _allowed(user, names, aal):
                return None
            return guarded(*args, **kwargs)

        return wrapper

    return decorate if function is None else decorate(function)


def logout() -> None:
    """Sign out: ends the session, in every tab. Works as a callback, too."""
    running = _streamlit.context()
    if running is None:
        return
    if not _streamlit.serving():
        testing.sign_out(running)
        st.rerun()
    try:
        handle = _form.handle(running)
        if handle is not None:
            _native.end(handle)
    except _native.UnavailableError as error:
        # Nobody is signed out who would seem to be.
        st.error(str(error))
        st.stop()
    # What the app kept for one person is not for the next.
    st.session_state.clear()
    if _state.gated:
        # The gate closes the websocket, and the page loads anew.
        st.stop()
    st.session_state[_SIGNED_OUT] = True
    st.rerun()


def change_password() -> bool:
    """Draw the form that changes the password of who is signed in; true in the run after it was changed."""
    user = login()
    if not _streamlit.serving():
        return False
    return _form.draw("change_password", username=user.username).get("done") == "password_changed"


def account() -> None:
    """Draw the account page of who is signed in: password, second factors, sessions, data."""
    user = login()
    if _streamlit.serving():
        _form.draw("account", username=user.username)


def _require(roles: tuple[str, ...], aal: int | None) -> User:
    running = _streamlit.context()
    if running is not None:
        _streamlit.keep_page(running, _state.app_path)
    slot = None
    try:
        user = _current(running)
        if user is None:
            slot = st.empty()
            user = _sign_in(slot)
        elif running is not None and _streamlit.keeps(running, _PLACE):
            # Where the form once stood its place is kept, so that nothing below it moves in later runs.
            slot = st.empty()
    except _native.UnavailableError as error:
        (slot or st).error(str(error))
        st.stop()
    if not _allowed(user, roles, None):
        _draw(slot or st.empty(), "not_allowed", user, roles)
        st.stop()
    if not _allowed(user, (), aal):
        _draw(slot or st.empty(), "step_up", user)
        st.stop()
    if not _state.gated:
        _draw(slot or st.empty(), "watch", user)
    return user


def _sign_in(slot: DeltaGenerator) -> User:
    """Redeem the ticket that the form has brought, or draw the form."""
    if not _streamlit.serving():
        st.stop()
    asked = _PLACE in st.session_state
    waiting = _form.waiting_ticket() if asked else None
    if waiting is not None and _form.redeem(waiting):
        # Nothing of the form is drawn in the run that follows a sign-in.
        user = current_user()
        if user is not None:
            return user
    st.session_state[_PLACE] = True
    announce = "signed-out" if st.session_state.pop(_SIGNED_OUT, None) else None
    with slot:
        ticket = _form.draw("login", announce=announce).get("ticket")
    if ticket is None or waiting is not None or not asked:
        # This session has not asked for the ticket: it is another one's, from before a restart perhaps.
        st.stop()
    # Seen only now: the next run finds who it was for, or a form with another challenge.
    _form.redeem(ticket)
    st.rerun()


def _draw(slot: DeltaGenerator, view: str, user: User, roles: Sequence[str] = ()) -> None:
    if _streamlit.serving():
        with slot:
            _form.draw(view, username=user.username, roles=roles)


def _allowed(user: User, roles: tuple[str, ...], aal: int | None) -> bool:
    return (not roles or user.has_any(roles)) and (aal is None or user.aal >= aal)


def _names(roles: Iterable[str]) -> tuple[str, ...]:
    if isinstance(roles, str):
        # A text is a sequence of letters: "admin" would ask for the role "a", and let in whoever has it.
        return (roles,)
    return tuple(roles)
