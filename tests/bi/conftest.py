"""One server for all tests here that need one."""

from collections.abc import Iterator

import pytest

from tests.bi.server import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running
