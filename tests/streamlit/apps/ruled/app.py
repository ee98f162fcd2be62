"""A `pages/` folder without a line of Gatehouse: the operator's rules guard it."""

import streamlit as st

st.text(f"first page for {st.user.get('username', 'nobody')}")
if st.button("To the ledger"):
    st.switch_page("pages/ledger.py")
