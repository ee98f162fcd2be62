"""A Streamlit app that knows nothing of Gatehouse."""

import hashlib

import streamlit as st

name = st.context.headers.get("X-Auth-Name", "nobody")
st.title(f"Hello {name}")
st.write(f"You typed {st.text_input('Say something')}.")
uploaded = st.file_uploader("A file")
if uploaded:
    st.write(f"Got {hashlib.sha256(uploaded.getvalue()).hexdigest()}.")
st.download_button("Get it", b"x" * 1_000_000, "big.bin")
