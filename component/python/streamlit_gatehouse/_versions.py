"""Which releases of Streamlit are supported."""

from __future__ import annotations

import re

OLDEST = (1, 61, 1)
NEWEST = (1, 67)


def unsupported() -> str | None:
    """Say in a sentence why this release of Streamlit is not supported, or nothing."""
    import streamlit

    version = tuple(int(part) for part in re.findall(r"\d+", streamlit.__version__)[:3])
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return f"Streamlit {streamlit.__version__} lets a session be taken over: install streamlit>={oldest}."
    if version[:2] > NEWEST:
        newest = ".".join(map(str, NEWEST))
        return (
            f"Streamlit {streamlit.__version__} is newer than {newest}, the newest that was tested: "
            f"install 'streamlit<{NEWEST[0]}.{NEWEST[1] + 1}', or a newer Gatehouse."
        )
    return None
