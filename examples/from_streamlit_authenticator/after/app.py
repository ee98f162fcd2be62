"""After: the same app with Gatehouse (`gatehouse run app.py`)."""

import streamlit as st
import streamlit_gatehouse as gatehouse

st.set_page_config(page_title="Tide tables", page_icon="🌊")

user = gatehouse.login()

if st.sidebar.button("Sign out"):
    gatehouse.logout()

st.title(f"Hello {user.username}")
st.line_chart({"metres": [1.2, 2.9, 4.4, 3.1, 1.4, 0.8, 2.0]})

if "editor" in user.roles:
    st.subheader("Correct a reading")
    st.number_input("Metres", value=1.2)

with st.expander("Password"):
    if gatehouse.change_password():
        st.success("The password was changed.")
