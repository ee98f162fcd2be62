"""Routes of the app's own beside it, two of which say by themselves what a browser may do."""

import streamlit as st
import streamlit_gatehouse as gatehouse
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

OWN = {
    "plain": {},
    "own": {"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "no-referrer"},
    "framed": {"X-Frame-Options": "DENY"},
}


async def page(request: Request) -> HTMLResponse:
    """Answer with the headers that the address names."""
    return HTMLResponse("<p>page</p>", headers=OWN[request.path_params["name"]])


app = st.App("app.py", **gatehouse.mount(routes=[Route("/pages/{name}", page)]))
