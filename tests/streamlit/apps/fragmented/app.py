"""Two fragments: one carries a guard of its own, the other trusts the guard above it."""

import streamlit as st
import streamlit_gatehouse as gatehouse

gatehouse.login()


@st.fragment(run_every=3600)
@gatehouse.protected(roles=["admin"])
def guarded() -> None:
    """Show what administrators may see."""
    st.text("the guarded plans")


@st.fragment(run_every=3600)
def trusting() -> None:
    """Show it to whoever asks for the fragment."""
    st.text("the trusting plans")


guarded()
trusting()
