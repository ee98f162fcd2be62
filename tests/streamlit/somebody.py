"""Somebody who is signed in, for tests without an endpoint."""

from __future__ import annotations

from typing import Any


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
