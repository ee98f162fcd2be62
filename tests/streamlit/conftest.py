"""Apps that are served once for many tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from served import APPS, Served, make_admin, serve


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the guarded app behind the gate; `alice` is an administrator."""
    directory: Path = tmp_path_factory.mktemp("guarded")
    with serve(APPS / "guarded", directory) as served:
        make_admin(served)
        yield served


@pytest.fixture(scope="session")
def naive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the naive app with plain Streamlit."""
    with serve(APPS / "naive", tmp_path_factory.mktemp("naive"), gate=False) as served:
        yield served


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an app whose proxy tells name and roles in headers, with plain Streamlit."""
    mapped = '{"x-roles": "roles", "x-name": "username"}'
    options = ["--server.address", "127.0.0.1", "--server.trustedUserHeaders", mapped]
    with serve(APPS / "bare", tmp_path_factory.mktemp("bare"), gate=False, options=options) as served:
        yield served
