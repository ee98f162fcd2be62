"""For administrators."""

import streamlit as st
import streamlit_gatehouse as gatehouse

gatehouse.require("admin")

st.title("Administration")


@gatehouse.protected(roles=["admin"])  # Streamlit runs callbacks without the lines above
def clear() -> None:
    st.session_state["cleared"] = st.session_state.get("cleared", 0) + 1


st.button("Clear the cache", on_click=clear)
st.write(f"Cleared {st.session_state.get('cleared', 0)} times.")
