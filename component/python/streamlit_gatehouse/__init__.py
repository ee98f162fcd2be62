"""A login for Streamlit apps: forms, a verified user and roles, in one line.

``user = gatehouse.login()`` at the top of an app, and ``gatehouse run app.py`` to serve it.
"""

from streamlit_gatehouse._login import change_password, current_user, login, logout, protected, require
from streamlit_gatehouse._mount import mount
from streamlit_gatehouse._user import User

__all__ = ["User", "change_password", "current_user", "login", "logout", "mount", "protected", "require"]
