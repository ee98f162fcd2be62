"""An app on whose page people change their password."""

import streamlit as st
import streamlit_gatehouse as gatehouse

if gatehouse.change_password():
    st.session_state["changed"] = st.session_state.get("changed", 0) + 1
st.write(f"Changed {st.session_state.get('changed', 0)} times.")
if st.button("Run again"):
    st.write("Ran again.")
