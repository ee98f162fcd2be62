"""An app that people enter with an account that they have already: `gatehouse run app.py`."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.login()  # the form has a button for each provider of gatehouse.toml

st.title(f"Hello {user.username}")
st.write(f"Your address is {user.email}." if user.email else "Your provider vouches for no address of yours.")

if "editor" in user.roles:
    st.text_area("News", "Only those in the group `staff` can write here.")
else:
    st.info("Who is in the group `staff` can write here.")

st.button("Sign out", on_click=gatehouse.logout)
