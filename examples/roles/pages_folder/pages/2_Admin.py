"""For administrators."""

import streamlit as st
import streamlit_gatehouse as gatehouse

gatehouse.require("admin")

st.title("Administration")
