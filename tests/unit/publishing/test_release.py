"""Releases are there whole or not at all, and never change."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.publishing import building, release
from lus_assets.publishing.building import building_folder
from lus_assets.publishing.release import (
    DataFile,
    Release,
    find_versions,
    verify_release,
    write_once,
    write_version,
)

FILES = [DataFile("lines.csv", b"a,b\r\n1,2\r\n", 1), DataFile("deep/note.txt", b"hello")]
OTHER = [DataFile("lines.csv", b"a,b\r\n1,3\r\n", 1)]
FACTS = {"kind": "test", "as_of": "2025-03-01"}


class PowerCutError(Exception):
    """Stands for whatever ends a run."""


def once(published: Path, files: list[DataFile] = FILES) -> Release:
    return write_once(published, published / "invoice" / "2025-01" / "0180", files, FACTS)


def version(published: Path, files: list[DataFile] = FILES, reason: str = "other data") -> Release:
    return write_version(
        published, published / "statistics" / "2025-01", files, FACTS, reason_after=lambda _: reason
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_release_says_what_it_holds_and_when_it_was_written_stands_beside(tmp_path: Path) -> None:
    made = once(tmp_path)
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert made.is_new
    assert manifest["kind"] == "test"
    assert [each["name"] for each in manifest["files"]] == ["deep/note.txt", "lines.csv"]
    assert manifest["files"][1]["bytes"] == len(FILES[0].content)
    assert made.row_counts == {"lines.csv": 1}
    assert "recorded" not in (made.folder / "manifest.json").read_text()
    assert json.loads((made.folder / "recorded.json").read_text()).keys() == {"recorded_at"}


def test_only_the_owner_reads_a_release(tmp_path: Path) -> None:
    made = once(tmp_path)
    for path in (
        made.folder,
        *made.folder.rglob("*"),
        made.folder.parent,
        made.folder.parent.parent,
    ):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_the_same_release_has_the_same_bytes_anywhere(tmp_path: Path) -> None:
    one, other = once(tmp_path / "one"), once(tmp_path / "other")
    assert one.content_hash == other.content_hash
    first, second = contents(one.folder), contents(other.folder)
    del first["recorded.json"], second["recorded.json"]
    assert first == second


def test_the_same_content_again_touches_nothing(tmp_path: Path) -> None:
    made = once(tmp_path)
    (made.folder / "recorded.json").write_text("untouched")
    before = contents(made.folder)
    again = once(tmp_path)
    assert not again.is_new
    assert again.folder == made.folder
    assert contents(made.folder) == before


def test_other_content_is_refused_and_the_old_stays(tmp_path: Path) -> None:
    made = once(tmp_path)
    before = contents(made.folder)
    with pytest.raises(LusError, match="never changes"):
        once(tmp_path, OTHER)
    assert contents(made.folder) == before


def test_a_folder_without_manifest_is_not_taken_for_a_release(tmp_path: Path) -> None:
    folder = tmp_path / "invoice" / "2025-01" / "0180"
    folder.mkdir(parents=True)
    (folder / "lines.csv").write_text("half")
    with pytest.raises(LusError, match="no release"):
        once(tmp_path)
    assert (folder / "lines.csv").read_text() == "half"


def test_other_content_is_a_new_version_with_a_reason(tmp_path: Path) -> None:
    first, second = version(tmp_path), version(tmp_path, OTHER, "late rows of January")
    assert [first.folder.name, second.folder.name] == ["v1", "v2"]
    assert (first.version, second.version) == (1, 2)
    assert first.manifest["reason"] is None
    assert second.manifest["reason"] == "late rows of January"
    assert [each.version for each in find_versions(first.folder.parent)] == [1, 2]


def test_content_of_the_newest_version_names_that_version(tmp_path: Path) -> None:
    version(tmp_path, OTHER)
    version(tmp_path)
    again = version(tmp_path, FILES)
    assert (again.version, again.is_new) == (2, False)
    assert sorted(each.name for each in again.folder.parent.iterdir()) == ["v1", "v2"]


def test_content_that_comes_back_is_a_version_of_its_own(tmp_path: Path) -> None:
    version(tmp_path)
    version(tmp_path, OTHER)
    back = version(tmp_path, FILES)
    assert (back.version, back.is_new) == (3, True)


def test_what_was_known_earlier_stands_before_what_is_known_now(tmp_path: Path) -> None:
    def known(as_of: str, content: str) -> Release:
        files = [DataFile("n.txt", content.encode())]
        facts = FACTS | {"as_of": as_of}
        return write_version(tmp_path, tmp_path / "month", files, facts, reason_after=str)

    now, earlier = known("2025-04-01", "now"), known("2025-03-01", "earlier")
    assert (now.version, earlier.version) == (1, 2)
    assert [each.version for each in find_versions(tmp_path / "month")] == [2, 1]
    assert known("2025-02-01", "now").version == 1
    assert known("2025-03-15", "earlier").version == 2
    assert known("2025-05-01", "now").version == 1


def test_the_tenth_version_follows_the_ninth(tmp_path: Path) -> None:
    numbers = [
        version(tmp_path, [DataFile("n.txt", str(number).encode())]).version
        for number in range(1, 12)
    ]
    assert numbers == list(range(1, 12))


def test_verification_finds_what_was_changed_taken_away_and_added(tmp_path: Path) -> None:
    made = once(tmp_path)
    assert verify_release(made.folder).is_intact
    (made.folder / "lines.csv").write_bytes(b"a,b\r\n1,9\r\n")
    (made.folder / "deep" / "note.txt").unlink()
    (made.folder / "deep" / "new.txt").write_text("new")
    found = verify_release(made.folder)
    assert found.changed == ("lines.csv",)
    assert found.missing == ("deep/note.txt",)
    assert found.extra == ("deep/new.txt",)
    assert not found.is_intact


def test_verification_finds_a_manifest_made_to_fit(tmp_path: Path) -> None:
    made = once(tmp_path)
    (made.folder / "lines.csv").write_bytes(OTHER[0].content)
    manifest = json.loads((made.folder / "manifest.json").read_text())
    manifest["files"][1]["sha256"] = OTHER[0].entry["sha256"]
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    assert verify_release(made.folder).changed == ("manifest.json",)


def test_verification_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LusError, match="no release"):
        verify_release(tmp_path / "nowhere")


def _cut_at_write(number: int) -> Callable[[pytest.MonkeyPatch], None]:
    def arrange(monkeypatch: pytest.MonkeyPatch) -> None:
        calls = iter(range(100))
        real = building.write_durably

        def write(path: Path, content: bytes, mode: int) -> None:
            if next(calls) == number:
                path.write_bytes(content[:3])
                raise PowerCutError
            real(path, content, mode)

        monkeypatch.setattr(release, "write_durably", write)

    return arrange


def _cut_at_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(*_: Any) -> None:
        raise PowerCutError

    monkeypatch.setattr(os, "rename", rename)


@pytest.mark.parametrize(
    "arrange", [*(_cut_at_write(number) for number in range(4)), _cut_at_rename]
)
def test_a_build_that_is_cut_off_leaves_nothing_and_the_next_succeeds(
    tmp_path: Path, arrange: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        arrange(monkeypatch)
        with pytest.raises(PowerCutError):
            once(tmp_path)
    assert not (tmp_path / "invoice/2025-01/0180").exists()
    made = once(tmp_path)
    assert made.is_new
    assert verify_release(made.folder).is_intact
    assert not (tmp_path / ".building").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.unit.publishing.test_release import once
os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
once(Path(sys.argv[1]))
"""


def test_what_a_killed_build_leaves_is_ignored_and_cleared(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (leftover,) = (tmp_path / ".building").iterdir()
    assert (leftover / "0180" / "manifest.json").exists()
    assert not list(tmp_path.glob("invoice/*/*/lines.csv"))
    made = once(tmp_path)
    assert made.is_new
    assert not (tmp_path / ".building").exists()


def test_a_living_build_is_not_cleared_by_another(tmp_path: Path) -> None:
    with building_folder(tmp_path) as one:
        (one / "half").write_text("half")
        with building_folder(tmp_path) as other:
            assert one != other
            assert (one / "half").read_text() == "half"
        assert (one / "half").exists()
    assert not (tmp_path / ".building").exists()


def test_of_many_at_once_one_writes_and_all_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: once(tmp_path), range(16)))
    assert sum(each.is_new for each in made) == 1
    assert len({each.content_hash for each in made}) == 1
    assert verify_release(made[0].folder).is_intact


def test_versions_written_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    def write(number: int) -> int | None:
        return version(tmp_path, [DataFile("n.txt", str(number).encode())]).version

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(8)))
    assert sorted(each or 0 for each in numbers) == list(range(1, 9))
