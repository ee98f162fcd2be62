"""A device that keeps passkeys, as Chromium's developer tools play it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page


class Device:
    """An authenticator in the person's machine: it verifies by a fingerprint, and finds it well or not."""

    def __init__(self, page: Page, **options: Any) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable", {"enableUI": False})
        made = self._session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                    **options,
                }
            },
        )
        self._id: str = made["authenticatorId"]

    def verifies(self, well: bool) -> None:
        """Whether the finger on it is its owner's."""
        self._send("setUserVerified", isUserVerified=well)

    def answers(self, by_itself: bool) -> None:
        """Whether somebody touches it when it asks."""
        self._send("setAutomaticPresenceSimulation", enabled=by_itself)

    def credentials(self) -> list[dict[str, Any]]:
        """What it keeps."""
        kept: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return kept

    def take(self, credentials: list[dict[str, Any]]) -> None:
        """Keep what another device kept, as passkeys that are synchronized do."""
        for credential in credentials:
            self._send("addCredential", credential=credential)

    def _send(self, what: str, **more: Any) -> Any:
        return self._session.send(f"WebAuthn.{what}", {"authenticatorId": self._id, **more})
