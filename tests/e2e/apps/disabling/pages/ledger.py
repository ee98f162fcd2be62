"""A page that does not ask for itself: a rule of the operator's does."""

import streamlit as st

st.title("The ledger")
