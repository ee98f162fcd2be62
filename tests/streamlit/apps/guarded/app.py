"""What the tests sign in to."""

import streamlit as st
import streamlit_gatehouse as gatehouse


def note() -> None:
    """Leave a trace outside of the session: did the callback run?"""
    with open("callback-ran", "a", encoding="utf-8") as trace:
        trace.write("x")


user = gatehouse.login()
st.text(f"signed in: {user.username}")
st.text(f"roles: {', '.join(user.roles)}")
st.text(f"admin: {'admin' in user.roles}")
st.text(f"st.user: {dict(st.user)!r}")
st.text(f"kept: {st.session_state.setdefault('kept', 'a secret of ' + user.username)}")
st.text(f"cookies: {dict(st.context.cookies)!r}")
st.text(f"headers: {st.context.headers.to_dict()!r}")
st.text(f"address: {st.context.ip_address}")
st.button("Delete everything", on_click=note)
st.button("Sign out", on_click=gatehouse.logout)
