"""What Streamlit alone tells an app of who asks."""

import streamlit as st

st.text(f"admin: {'admin' in str(st.user.get('roles'))}")
st.text(f"name: {st.user.get('username')}")
st.text(f"st.user: {st.user.to_dict()!r}")
st.text(f"address: {st.context.ip_address}")
