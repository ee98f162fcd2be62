"""Pages by role with a `pages/` folder. Streamlit runs each without this file: each says who may open it."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.login()

st.title(f"Welcome, {user.username}")
st.write(f"Your roles: {', '.join(user.roles) or 'none'}")

with st.sidebar:
    if st.button("Sign out"):
        gatehouse.logout()
