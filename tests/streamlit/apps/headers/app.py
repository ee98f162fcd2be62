"""What people write behind a proxy that sends the roles in a header."""

import streamlit as st

st.text(f"admin: {'admin' in str(st.user.roles)}")
