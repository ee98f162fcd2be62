"""The account page: password, two-step verification, sessions, data."""

import streamlit_gatehouse as gatehouse

gatehouse.account()
