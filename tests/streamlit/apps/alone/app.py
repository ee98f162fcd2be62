"""The slipped app with a ticket that is believed alone: whose cookie came with the handshake is not asked."""

import streamlit as st
import streamlit_gatehouse as gatehouse
from streamlit_gatehouse import _form, _native, _streamlit

ticket = _form.draw("login").get("ticket")
running = _streamlit.context()
if ticket is not None and running is not None:
    _native.adopt("alone", "")
    redeemed = _native.redeem(ticket, _form._purpose(running.session_id), "alone")
    st.text(f"ticket: {redeemed.username if redeemed else None}")
user = gatehouse.current_user()
st.text(f"user: {user.username if user else None}")
