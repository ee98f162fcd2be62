"""For everybody who is signed in."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.require()

st.title(f"Welcome, {user.username}")
st.write(f"Your roles: {', '.join(user.roles) or 'none'}")
