"""What people write around a component that draws a form: what it says is believed."""

import streamlit as st

form = st.components.v2.component("trusting", js="export default () => {}")
said = form(key="form", on_user_change=lambda: None)
if said.user is not None:
    st.text(f"signed in: {said.user['username']}")
