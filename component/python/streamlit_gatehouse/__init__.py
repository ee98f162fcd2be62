"""A login for Streamlit apps: forms, a verified user and roles, in one line.

``user = gatehouse.login()`` at the top of an app, and ``gatehouse run app.py`` to serve it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamlit_gatehouse._login import (
        account,
        change_password,
        current_user,
        login,
        logout,
        protected,
        require,
    )
    from streamlit_gatehouse._mount import mount
    from streamlit_gatehouse._user import User

__all__ = [
    "User",
    "account",
    "change_password",
    "current_user",
    "login",
    "logout",
    "mount",
    "protected",
    "require",
]

_ELSEWHERE = {"User": "_user", "mount": "_mount"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command line starts without Streamlit."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_ELSEWHERE.get(name, '_login')}")
    value = globals()[name] = getattr(module, name)
    return value
