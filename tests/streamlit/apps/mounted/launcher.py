"""A launcher of somebody's own, for any ASGI server."""

import streamlit as st
import streamlit_gatehouse as gatehouse

app = st.App("app.py", **gatehouse.mount())
