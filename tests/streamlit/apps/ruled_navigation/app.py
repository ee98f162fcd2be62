"""The same by `st.navigation`, with a page that its script never runs by itself."""

import streamlit as st


def first() -> None:
    """The page that opens by default."""
    st.text(f"first page for {st.user.get('username', 'nobody')}")
    if st.button("To the ledger"):
        st.switch_page(ledger)


def show(name: str) -> None:
    """Leave a trace of a page, and show it."""
    with open(f"{name}-ran", "a", encoding="utf-8") as trace:
        trace.write("x")
    st.text(f"the page {name}")


ledger = st.Page(lambda: show("ledger"), title="Ledger", url_path="ledger")
members = st.Page(lambda: show("members"), title="Members", url_path="members")
public = st.Page(lambda: show("open"), title="Open", url_path="open")

page = st.navigation([st.Page(first, default=True), ledger, members, public])
if page.url_path == "members":
    # Some apps never call `run`.
    show("members")
else:
    page.run()
