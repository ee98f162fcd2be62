"""An app with an answer of every kind."""

from pathlib import Path

import streamlit as st
import streamlit.components.v1 as components

components.declare_component("badge", path=Path(__file__).parent / "badge")()
for kind in ("text/html", "text/javascript", "application/pdf", "audio/wav"):
    st.audio(b"<script>1</script>", format=kind)
