"""A real SMTP server that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import re
import time
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from served import free_port


class Mailbox:
    """Mails as they arrived, by recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self.mails.append((recipient, message))
        return "250 OK"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[EmailMessage]:
        """What has arrived for an address, oldest first."""
        return [message for recipient, message in self.mails if recipient == address]

    def link(self, address: str, kind: str) -> str:
        """The link (`verify`, `reset`) in the newest mail to an address that has one; waits for it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for message in reversed(self.to(address)):
                part = message.get_body(("plain",))
                text = part.get_content() if part else ""
                if found := re.search(rf"http\S+#{kind}=[\w-]+", text):
                    return found.group()
            time.sleep(0.05)
        raise AssertionError(f"No mail with a link #{kind}=… reached {address}; there are {self.mails}")

    def settings(self) -> str:
        """The lines of gatehouse.toml that send mail here."""
        return (
            "[mail]\n"
            'smtp_host = "127.0.0.1"\n'
            f"smtp_port = {self.port}\n"
            'smtp_security = "none"\n'
            'from = "Quickstart <noreply@example.org>"\n'
        )
