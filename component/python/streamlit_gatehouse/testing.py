"""For the test suites of apps: sign someone in to an ``AppTest`` without an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from streamlit_gatehouse import _streamlit
from streamlit_gatehouse._user import User

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
    from streamlit.testing.v1 import AppTest

_KEY = "gatehouse-testing"


@dataclass(frozen=True)
class _SignedIn:
    user: User


def sign_in(
    app_test: AppTest, username: str, *, roles: Iterable[str] = (), email: str | None = None, aal: int = 1
) -> User:
    """Sign ``username`` in to the app under test, from its next run on.

    Refuses inside a real server, where only the endpoint says who someone is.
    """
    if _streamlit.serving():
        raise RuntimeError(
            "gatehouse.testing is for AppTest: it does nothing inside a running Streamlit server."
        )
    user = User(
        id=f"test_{username}",
        username=username,
        email=email,
        roles=tuple(sorted(set(roles))),
        aal=aal,
        authenticated_at=datetime.now(tz=timezone.utc),
    )
    app_test.session_state[_KEY] = _SignedIn(user)
    return user


def signed_in(running: ScriptRunContext) -> User | None:
    """Give who a test signed in; asked only where no real server runs."""
    state: Any = running.session_state
    found = state[_KEY] if _KEY in state else None  # noqa: SIM401 (Streamlit's state has no `get`)
    return found.user if isinstance(found, _SignedIn) else None


def sign_out(running: ScriptRunContext) -> None:
    """Take back what a test signed in."""
    state: Any = running.session_state
    if _KEY in state:
        del state[_KEY]
