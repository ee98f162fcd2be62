"""One endpoint for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from described import Endpoint, serve


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Serve the endpoint alone."""
    with serve(tmp_path_factory.mktemp("endpoint")) as served:
        yield served
