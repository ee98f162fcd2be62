"""What people write without Gatehouse: the same app, with a guard at its top. The attacks succeed here."""

import streamlit as st


def note() -> None:
    """Leave a trace outside of the session: did the callback run?"""
    with open("callback-ran", "a", encoding="utf-8") as trace:
        trace.write("x")


if st.button("Sign in as alice"):
    st.session_state["name"] = "alice"
with open("revoked", "a+", encoding="utf-8") as names:
    names.seek(0)
    revoked = names.read()
if "name" not in st.session_state or st.session_state["name"] in revoked:
    st.stop()
st.text(f"kept: {st.session_state.setdefault('kept', 'a secret of alice')}")
st.text(f"headers: {st.context.headers.to_dict()!r}")
st.text(f"cookies: {dict(st.context.cookies)!r}")
st.button("Delete everything", on_click=note)
