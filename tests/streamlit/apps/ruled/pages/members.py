"""One of the pages."""

import streamlit as st

with open("members-ran", "a", encoding="utf-8") as trace:
    trace.write("x")

st.text("the page members")
