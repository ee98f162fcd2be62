"""A page that forgot that Streamlit runs it without app.py."""

import streamlit as st

st.text("the plans of the administrators")
