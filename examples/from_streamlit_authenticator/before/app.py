"""Before: a small app with streamlit-authenticator 0.4.2 (`streamlit run app.py`)."""

import streamlit as st
import streamlit_authenticator as stauth

st.set_page_config(page_title="Tide tables", page_icon="🌊")

authenticator = stauth.Authenticate("config.yaml")

try:
    authenticator.login(max_login_attempts=5)
except stauth.LoginError as error:
    st.error(error)

if st.session_state["authentication_status"] is False:
    st.error("Username or password is incorrect")
if not st.session_state["authentication_status"]:
    st.stop()

authenticator.logout("Sign out", "sidebar")
roles = st.session_state["roles"] or []

st.title(f"Hello {st.session_state['username']}")
st.line_chart({"metres": [1.2, 2.9, 4.4, 3.1, 1.4, 0.8, 2.0]})

if "editor" in roles:
    st.subheader("Correct a reading")
    st.number_input("Metres", value=1.2)

with st.expander("Password"):
    try:
        if authenticator.reset_password(st.session_state["username"]):
            st.success("The password was changed.")
    except (stauth.ResetError, stauth.CredentialsError) as error:
        st.error(error)
