"""A page that nothing guards."""

import streamlit as st

with open("runs", "a", encoding="utf-8") as trace:
    trace.write("x")

st.text("the plans of the house")
