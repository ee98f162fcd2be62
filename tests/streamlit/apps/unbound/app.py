"""A login with the same challenge for everybody."""

import streamlit as st
import streamlit_gatehouse as gatehouse
from streamlit_gatehouse import _form

_form._purpose = lambda session_id: "everybody"
user = gatehouse.login()
st.text(f"signed in: {user.username}")
