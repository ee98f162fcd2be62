"""A page that Streamlit runs without app.py."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.require("admin")
st.text("the plans of the administrators")
