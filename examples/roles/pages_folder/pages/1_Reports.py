"""For editors and administrators."""

import streamlit as st
import streamlit_gatehouse as gatehouse

gatehouse.require("editor", "admin")

st.title("Reports")
st.line_chart({"visits": [3, 5, 4, 8, 13, 9]})
