"""An app that knows nothing of a login."""

import streamlit as st

st.title("Quarterly numbers")
st.write(f"For {st.user.get('username', 'nobody')}.")
