"""The smallest app with a login: `gatehouse run app.py`."""

import streamlit as st
import streamlit_gatehouse as gatehouse

st.set_page_config(page_title="Quickstart", page_icon="🔑")

user = gatehouse.login()  # the forms, until someone is signed in; then the user

st.title(f"Hello {user.username}")
st.write("You are signed in" + (f" as {', '.join(user.roles)}." if user.roles else "."))

count = st.slider("How many?", 1, 20, 7)
st.bar_chart({"squares": [n * n for n in range(1, count + 1)]})

if st.sidebar.button("Sign out"):
    gatehouse.logout()
