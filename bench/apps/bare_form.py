"""What everything is compared with: a form, one password in the script, no login library."""

import streamlit as st

if "user" not in st.session_state:
    with st.form("login"):
        name = st.text_input("Username")
        password = st.text_input("Password", type="password")
        sent = st.form_submit_button("Sign in")
    if not (sent and name == "bob" and password == "quiet harbor window lamp"):
        st.stop()
    st.session_state["user"] = name
    st.rerun()

st.title(f"Hello {st.session_state['user']}")
