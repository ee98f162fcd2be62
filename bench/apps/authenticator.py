"""streamlit-authenticator as its README shows it, timed by the script itself; users.yaml is beside it."""

import time
from pathlib import Path

import streamlit as st
import streamlit_authenticator as stauth
import yaml

here = Path(__file__).parent
started = time.perf_counter()
config = yaml.safe_load((here / "users.yaml").read_text())
authenticator = stauth.Authenticate(
    config["credentials"],
    "authenticator",
    "a key that is long enough for a signature",
    30.0,
    auto_hash=False,
)
authenticator.login()
took = time.perf_counter() - started

if st.session_state.get("authentication_status"):
    with (here / "guard.txt").open("a") as out:
        out.write(f"{took} {took}\n")
    st.title(f"Hello {st.session_state['username']}")
    st.button("Again")
