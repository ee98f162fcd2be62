"""Pages by role with `st.navigation`: the menu shows what someone may open, and each page checks again."""

import streamlit as st
import streamlit_gatehouse as gatehouse

user = gatehouse.login()

pages = [st.Page("views/home.py", title="Home", icon="🏠", default=True)]
if "editor" in user.roles or "admin" in user.roles:
    pages.append(st.Page("views/reports.py", title="Reports", icon="📈"))
if "admin" in user.roles:
    pages.append(st.Page("views/admin.py", title="Administration", icon="🛠"))

with st.sidebar:
    st.write(f"**{user.username}**")
    if st.button("Sign out"):
        gatehouse.logout()

st.navigation(pages).run()
