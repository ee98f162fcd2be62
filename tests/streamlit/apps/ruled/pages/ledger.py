"""One of the pages."""

import streamlit as st

with open("ledger-ran", "a", encoding="utf-8") as trace:
    trace.write("x")

st.text("the page ledger")
