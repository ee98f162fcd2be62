"""An app in which one page asks for a second factor: everybody signs in, payments need more."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.login()
st.title(f"Hello {user.username}")
st.page_link("pages/payments.py", label="Payments")
st.page_link("pages/account.py", label="Your account")
st.button("Sign out", on_click=gatehouse.logout)
