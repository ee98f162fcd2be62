"""Seen with two factors only: who has proven one so far proves the other here, or sets one up."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.require(aal=2)
st.title("Payments")
st.write(f"Nobody gets here with a password alone, {user.username}.")
