"""Apps that are served once for many tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import APPS, Served, make_admin, serve


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
def naive_headers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an app whose proxy sends the roles in a header."""
    options = ["--server.trustedUserHeaders", '{"x-roles": "roles"}']
    directory = tmp_path_factory.mktemp("headers")
    with serve(APPS / "headers", directory, gate=False, options=options) as served:
        yield served
