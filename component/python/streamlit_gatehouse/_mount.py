"""The gate and the endpoint, as arguments of ``st.App``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def mount(
    routes: Sequence[Any] = (), middleware: Sequence[Any] = (), lifespan: Callable[..., Any] | None = None
) -> dict[str, Any]:
    """Give the arguments of ``st.App`` that put the gate in front of an app.

    ``st.App("app.py", **gatehouse.mount())``. Routes, middleware and lifespan of your own are passed
    through this call; the gate stays outermost.
    """
    from starlette.middleware import Middleware
    from streamlit_gatehouse._gate import Gate

    return {"routes": list(routes), "middleware": [Middleware(Gate), *middleware], "lifespan": lifespan}
