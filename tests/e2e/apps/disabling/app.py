"""An app in which an administrator can disable the others, by the command line in a process of its own."""

import subprocess
import sys
from pathlib import Path

import streamlit as st
import streamlit_gatehouse as gatehouse
from PIL import Image

user = gatehouse.login()
st.title(f"Hello {user.username}")
note = st.text_input("Note", key="note")
if note:
    st.write(f"Noted: {note}")
st.image(Image.frombytes("L", (8, 8), (user.username * 64)[:64].encode()), width=80)
if "admin" in user.roles:
    whom = st.text_input("Whom")
    if st.button("Disable") and whom:
        gatehouse_program = Path(sys.executable).parent / "gatehouse"
        subprocess.run([gatehouse_program, "users", "disable", whom], check=True)
        st.write(f"Disabled {whom}")
if st.button("Sign out"):
    gatehouse.logout()
