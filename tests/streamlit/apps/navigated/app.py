"""Pages by `st.navigation`, which comes after the login."""

import streamlit as st
import streamlit_gatehouse as gatehouse

gatehouse.login()


def home() -> None:
    """The page that opens by default."""
    st.text("home")


def plans() -> None:
    """The page that a link leads to; it asks once more, as pages should."""
    gatehouse.require("admin")
    st.text(f"plans: {st.query_params.to_dict()}")


st.navigation([st.Page(home, default=True), st.Page(plans)]).run()
