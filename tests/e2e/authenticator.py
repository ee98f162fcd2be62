"""An authenticator app: the codes of RFC 6238, by the standard library alone; and how one is set up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import Page, expect

from form import Form

STEP = 30


class Authenticator:
    """Keeps a key as it is typed, and shows its codes."""

    def __init__(self, key: str) -> None:
        text = key.replace(" ", "")
        self._key = base64.b32decode(text + "=" * (-len(text) % 8))
        self._last = 0

    def code(self) -> str:
        """Give a code that was not given before: waits for the next one where it must, as people do."""
        now = int(time.time()) // STEP
        if now + 1 <= self._last:
            time.sleep(STEP - time.time() % STEP)
            now = int(time.time()) // STEP
        # One step ahead of the clock is accepted, too, so that a test need not wait for each code.
        step = max(now, self._last + 1)
        self._last = step
        digest = hmac.new(self._key, struct.pack(">Q", step), hashlib.sha1).digest()
        start = digest[-1] & 15
        number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"


def set_up(page: Page) -> tuple[Authenticator, list[str]]:
    """Scan, type the first code, store the recovery codes."""
    form = Form(page)
    form.expect_title("Set up your authenticator app")
    expect(form.card.get_by_role("img", name="QR code of the key below")).to_be_visible()
    authenticator = Authenticator(form.card.locator(".gh-secret").inner_text())
    form.field("Six-digit code").fill(authenticator.code())
    form.button("Turn on").click()
    form.expect_title("Store your recovery codes")
    codes = form.card.locator(".gh-codes li").all_inner_texts()
    assert len(set(codes)) == 10
    form.button("I've stored them, continue").click()
    return authenticator, codes
