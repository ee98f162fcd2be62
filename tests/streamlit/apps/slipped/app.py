"""A page in which the form still stands for someone who is signed in already."""

import streamlit as st
import streamlit_gatehouse as gatehouse
from streamlit_gatehouse import _form

ticket = _form.draw("login").get("ticket")
if ticket is not None:
    st.text(f"redeemed: {_form.redeem(ticket)}")
user = gatehouse.current_user()
st.text(f"user: {user.username if user else None}")
