"""An app that knows nothing of Gatehouse."""

import streamlit as st

with open("runs", "a", encoding="utf-8") as trace:
    trace.write("x")

st.text("the figures of the house")
name = st.user.to_dict().get("username", "nobody")
st.text(f"kept: {st.session_state.setdefault('kept', name)}")
st.text_input("Note", key="note")
st.download_button("Figures", f"figures of {name}", "figures.csv")
st.file_uploader("Sheet")
