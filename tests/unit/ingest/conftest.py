from pathlib import Path

import pytest

from tests.unit.ingest.support import County


@pytest.fixture
def county(tmp_path: Path) -> County:
    return County(tmp_path)
