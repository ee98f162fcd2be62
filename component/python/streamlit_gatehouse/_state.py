"""What this process serves: under the gate, plain, or nothing yet."""

from __future__ import annotations

import atexit
import json
import sys
import threading
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

from streamlit_gatehouse import _native, _pages, _streamlit, _versions

ASSETS = Path(__file__).parent / "static"

#: The gate stands in front of this process's app: only then is a handle in the headers believed.
gated = False
#: This process's server takes no address from a header.
believes_nobody = False
#: Where the endpoint is under the gate.
base_path = ""

_PLAIN = """
  Gatehouse runs without its gate, for development on this machine only: the app's code can read session
  cookies, and pages that don't ask for a login are open to everyone. Serve it with `gatehouse run`.
"""

_UNGUARDED = """
  Open to everyone, because gate = "script" and nothing in them asks for a login: {pages}
  Call gatehouse.login() or require() at their top, or write a rule: [pages] in gatehouse.toml.
"""

_plain_port: int | None = None
_settles = False
_lock = threading.Lock()


def manifest() -> dict[str, Any]:
    """Name the files of the browser bundle."""
    try:
        names: dict[str, Any] = json.loads((ASSETS / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        raise RuntimeError(
            "The browser bundle is missing from this installation: install streamlit-gatehouse again."
        ) from None
    return names


def app_path() -> str:
    """Give the path under which the app is, without a slash at its end; empty by default."""
    if gated:
        # Asked in every run; reading an option takes longer than all else there.
        return base_path
    option = (_streamlit.option("server.baseUrlPath") or "").strip("/")
    return f"/{option}" if option else ""


def announce(port: int) -> None:
    """Tell the endpoint where the app is, and the operator how to make the first administrator."""
    scheme = "https" if _streamlit.option("server.sslCertFile") else "http"
    _native.set_local_url(f"{scheme}://localhost:{port}")
    link = _native.setup_link()
    if link is not None:
        print(
            f"\n  There is no administrator yet. Make the first one here:\n\n  {link}\n",
            file=sys.stderr,
            flush=True,
        )


def start_gate(scope: MutableMapping[str, Any]) -> None:
    """Open the endpoint behind the gate; the first call does it.

    Under somebody else's server the port is known with the first request; a wrong setting is refused at once.
    """
    global gated, base_path, _settles
    with _lock:
        if gated:
            return
        _native.open(_streamlit.main_script(), str(ASSETS))
        if not _settles:
            # For servers that end without telling anybody.
            atexit.register(_native.settle)
            _settles = True
        server = scope.get("server")
        if server is None and not _streamlit.owns_server():
            return
        base_path = scope.get("root_path", "").rstrip("/") + app_path()
        port = int(server[1] if server else _streamlit.option("server.port"))
        _native.mount(port, base_path)
        gated = True
        rules = _native.page_rules()
        _pages.enforce(rules)
        announce(port)
        script = _streamlit.main_script()
        if script is not None and not _native.covers_app():
            _name_unguarded(_pages.unguarded(Path(script), rules))


def _name_unguarded(pages: Sequence[str]) -> None:
    if pages:
        print(_UNGUARDED.format(pages=", ".join(pages)), file=sys.stderr, flush=True)


def start_plain() -> int:
    """Open the endpoint on a loopback port of its own, for an app that runs without the gate."""
    global _plain_port
    with _lock:
        if _plain_port is None:
            _native.open(_streamlit.main_script(), str(ASSETS))
            atexit.register(_native.settle)
            app = int(_streamlit.option("server.port"))
            names = ("localhost", "127.0.0.1", "[::1]")
            _plain_port = _native.serve_loopback([f"http://{name}:{app}" for name in names], app_path())
            complaint = _versions.unsupported()
            print(_PLAIN + (f"  {complaint}\n" if complaint else ""), file=sys.stderr, flush=True)
            # Without the gate the page that makes the first administrator is on that port.
            announce(_plain_port)
        return _plain_port
