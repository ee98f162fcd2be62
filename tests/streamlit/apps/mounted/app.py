"""Who is signed in."""

import os

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.current_user()
st.text(f"user: {user.username if user else None}")
st.text(f"process: {os.getpid()}")
