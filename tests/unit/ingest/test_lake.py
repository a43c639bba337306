"""Lake files held against what the catalog says of them."""

from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.ingest.lake import changed_files, file_sha256


def test_a_changed_and_a_missing_file_are_named_whether_or_not_a_hash_was_kept(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.lake.mkdir()
    for name in ("as written", "changed", "of old"):
        (home.lake / name).write_bytes(name.encode())
    hashes: dict[str, str | None] = {
        "as written": file_sha256(home.lake / "as written"),
        "changed": file_sha256(home.lake / "as written"),
        "gone": "0" * 64,
        "of old": None,
        "of old, gone": None,
    }
    assert changed_files(home, hashes) == [
        "changed was changed",
        "gone is missing",
        "of old, gone is missing",
    ]
