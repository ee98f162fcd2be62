"""Who is signed in, as apps see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlit_gatehouse._native import Identity


@dataclass(frozen=True, slots=True)
class User:
    """Someone who is signed in, verified by the endpoint in this very run.

    ``id`` never changes and is what belongs into a database; ``username`` may change. ``email`` is there
    only when its owner confirmed it. ``aal`` is 1 after one factor and 2 after two.
    """

    id: str
    username: str
    email: str | None
    roles: tuple[str, ...]
    aal: int
    authenticated_at: datetime

    def has_any(self, roles: Iterable[str]) -> bool:
        """Say whether one of ``roles`` is this user's, name for name."""
        return any(role in self.roles for role in roles)


def from_identity(identity: Identity) -> User:
    """Read what the endpoint said."""
    return User(
        id=identity.id,
        username=identity.username,
        email=identity.email,
        roles=tuple(identity.roles),
        aal=identity.aal,
        authenticated_at=datetime.fromtimestamp(identity.authenticated_at / 1000, tz=timezone.utc),
    )
