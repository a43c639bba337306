import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.privacy import chunks, vault
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.vault import (
    BIRTH_SCHEMA,
    GROUND_SCHEMA,
    IDENTITY_SCHEMA,
    PATH_SCHEMA,
    VaultRows,
)
from tests.unit.privacy.numbers import PERSONNUMMER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").prepare()


def identities(*keys: str) -> pa.Table:
    rows = [{"person_key": k, "person_id": f"id of {k}", "person_id_kind": "reserve"} for k in keys]
    return pa.Table.from_pylist(rows, schema=IDENTITY_SCHEMA)


def births(version: str, *rows: int) -> pa.Table:
    born = date(1979, 4, 18)
    return pa.Table.from_pylist(
        [
            {"file_version_id": version, "row_number": n, "person_key": "k", "birth_date": born}
            for n in rows
        ],
        schema=BIRTH_SCHEMA,
    )


def grounds(version: str) -> pa.Table:
    return pa.Table.from_pylist(
        [{"file_version_id": version, "row_number": 1, "dispute_id": "d", "ground": "why"}],
        schema=GROUND_SCHEMA,
    )


def counts(home: Home) -> tuple[int, int, int]:
    with vault.reading(home) as connection:
        return tuple(
            connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for table in ("identity", "birth", "dispute_ground")
        )


def test_only_the_owner_can_read_it_from_the_first_byte(home: Home):
    former = os.umask(0o000)
    try:
        with vault.opened(home) as store:
            store.append("identity", identities("k"))
            files = list(home.vault.parent.iterdir())
            assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    finally:
        os.umask(former)
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.vault.parent.stat().st_mode) == 0o700


def test_a_file_that_was_open_to_others_is_closed_to_them(home: Home):
    vault.write(home, VaultRows(identities=[identities("a")]))
    home.vault.chmod(0o644)
    vault.write(home, VaultRows(identities=[identities("b")]))
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o600


def test_identities_are_added_once(home: Home):
    vault.write(home, VaultRows(identities=[identities("a", "b"), identities("b")]))
    vault.write(home, VaultRows(identities=[identities("b", "c")]))
    assert counts(home)[0] == 3
    assert vault.person_ids(home, ["a", "c", "x"]) == {"a": "id of a", "c": "id of c"}


def test_rows_of_a_file_version_are_replaced_not_doubled(home: Home):
    rows = VaultRows(births=[births("v1", 1, 2)], grounds=[grounds("v1")], replaced=["v1"])
    vault.write(home, rows)
    vault.write(home, VaultRows(births=[births("v2", 1)], replaced=["v2"]))
    vault.write(home, VaultRows(births=[births("v1", 1)], grounds=[grounds("v1")], replaced=["v1"]))
    assert counts(home) == (0, 2, 1)


def test_rows_of_versions_that_nobody_knows_are_forgotten(home: Home):
    vault.write(home, VaultRows(births=[births("v1", 1), births("v2", 1)], grounds=[grounds("v2")]))
    vault.forget_other_versions(home, ["v1"])
    assert counts(home) == (0, 1, 0)


def test_a_failed_call_leaves_nothing(home: Home):
    vault.write(home, VaultRows(identities=[identities("a")]))
    broken = pa.table(
        {"file_version_id": ["v"], "row_number": [1], "person_key": ["k"]}
    ).append_column("birth_date", pa.nulls(1, pa.date32()))
    with pytest.raises(LusError) as caught:
        vault.write(home, VaultRows(identities=[identities(PERSONNUMMER[0])], births=[broken]))
    assert PERSONNUMMER[0] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert counts(home) == (1, 0, 0)


def test_errors_of_the_store_carry_no_value(home: Home):
    with pytest.raises(LusError) as caught, vault.reading(home) as connection:
        connection.execute(f"select cast('{PERSONNUMMER[0]}x' as integer)")
    assert PERSONNUMMER[0] not in str(caught.value)


def test_a_file_that_is_no_vault_is_named(home: Home):
    vault.write(home, VaultRows(identities=[identities("a")]))
    home.vault.unlink()
    home.vault.write_bytes(b"not a database")
    with pytest.raises(LusError, match="restricted store"):
        vault.person_ids(home, ["a"])


def test_no_log_is_left_beside_it(home: Home):
    vault.write(home, VaultRows(identities=[identities("a")]))
    assert [each.name for each in home.vault.parent.iterdir()] == [home.vault.name]


def everything() -> VaultRows:
    return VaultRows(
        identities=[
            pa.Table.from_pylist(
                [{"person_key": keyed, "person_id": number, "person_id_kind": "personnummer"}],
                schema=IDENTITY_SCHEMA,
            )
            for number, keyed in zip(PERSONNUMMER, key().person_keys(PERSONNUMMER), strict=True)
        ],
        births=[births("v1", 1)],
        grounds=[grounds("v1")],
        paths=[pa.table([["stays/x"], ["stays/y"]], schema=PATH_SCHEMA)],
    )


def key() -> Pseudonymizer:
    return Pseudonymizer.from_environment()


@pytest.mark.promise(
    "The vault on disk tells nothing without the key",
    area="Privacy",
    how="AES-256-GCM over whole chunks: its bytes hold neither ids nor pseudonyms; another key is"
    " refused; a byte changed is told",
)
def test_on_the_disk_there_is_nothing_to_read(home: Home, figures: dict[str, object]):
    vault.write(home, everything())
    content = home.vault.read_bytes()
    for number, keyed in zip(PERSONNUMMER, key().person_keys(PERSONNUMMER), strict=True):
        assert number.encode() not in content
        assert keyed.encode() not in content
        assert vault.person_ids(home, [keyed]) == {keyed: number}
    figures["ids sealed"] = len(PERSONNUMMER)
    assert b"PAR1" not in content
    other = Pseudonymizer("another key of thirty-two characters or more")
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        vault.person_ids(home, ["x"], other)
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        vault.write(home, everything(), other)


def test_a_chunk_in_anothers_place_is_not_opened(home: Home):
    vault.write(home, everything())
    with duckdb.connect(str(home.vault)) as connection:
        connection.execute(
            "update chunk set content = (select content from chunk where table_name = 'birth')"
            " where table_name = 'identity'"
        )
    with pytest.raises(LusError):
        vault.person_ids(home, key().person_keys(PERSONNUMMER))


def test_many_small_writes_become_few_chunks_and_lose_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(chunks, "MOST_CHUNKS", 5)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 3)
    for number in range(20):
        rows = VaultRows(identities=[identities(f"k{number}")], births=[births(f"v{number}", 1)])
        vault.write(home, rows)
    vault.write(home, VaultRows(births=[births("v3", 1, 2)], replaced=["v3"]))
    vault.forget_other_versions(home, [f"v{number}" for number in range(10)])
    assert counts(home) == (20, 11, 0)
    with duckdb.connect(str(home.vault)) as connection:
        assert connection.execute("select count(*) from chunk").fetchall()[0][0] < 15


def test_who_writes_many_times_opens_each_chunk_once_and_adds_nobody_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    """Also across the moment when many chunks become few."""
    monkeypatch.setattr(chunks, "MOST_CHUNKS", 5)
    opened: list[int] = []
    plain = chunks.Chunks.read

    def read(self: chunks.Chunks, name: str, number: int) -> pa.Table:
        opened.append(number)
        return plain(self, name, number)

    monkeypatch.setattr(chunks.Chunks, "read", read)
    known = vault.KnownKeys()
    for number in range(5):
        rows = VaultRows(identities=[identities(f"k{number}", "k0", f"k{number - 1}")])
        vault.write(home, rows, known=known)
    assert len(opened) == len(set(opened))
    for number in range(3, 9):
        vault.write(home, VaultRows(identities=[identities(f"k{number}")]), known=known)
    assert counts(home) == (10, 0, 0)


OLD_TABLES = """
create table identity (person_key varchar, person_id varchar, person_id_kind varchar);
create table birth (
    file_version_id varchar, row_number bigint, person_key varchar, birth_date date
);
create table dispute_ground (
    file_version_id varchar, row_number bigint, dispute_id varchar, ground varchar
);
insert into birth values ('v', 1, 'k', date '1979-04-18');
insert into dispute_ground values ('v', 1, 'd', 'why');
"""


def test_a_vault_of_before_is_sealed_at_its_first_opening(home: Home):
    (keyed,) = key().person_keys([PERSONNUMMER[0]])
    with duckdb.connect(str(home.vault)) as connection:
        connection.execute(OLD_TABLES)
        connection.execute(
            "insert into identity values (?, ?, 'personnummer')", [keyed, PERSONNUMMER[0]]
        )
    before = home.vault.read_bytes()
    assert PERSONNUMMER[0].encode() in before
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        vault.check_key(home, Pseudonymizer("another key of thirty-two characters or more"))
    assert home.vault.read_bytes() == before
    assert vault.person_ids(home, [keyed]) == {keyed: PERSONNUMMER[0]}
    assert counts(home) == (1, 1, 1)
    assert PERSONNUMMER[0].encode() not in home.vault.read_bytes()
    assert [each.name for each in home.vault.parent.iterdir()] == [home.vault.name]


_HOLDS = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    print("open", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("is_let_go", [True, False])
def test_who_finds_it_open_in_another_process_waits_and_not_for_ever(
    home: Home, monkeypatch: pytest.MonkeyPatch, *, is_let_go: bool
) -> None:
    """A run that begins checks the key while another one writes."""
    key = Pseudonymizer.from_environment()
    vault.check_key(home, key)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(home.vault)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == "open\n"
        waited: list[float] = []

        def waits(seconds: float) -> None:
            waited.append(seconds)
            if is_let_go:
                child.communicate("\n")

        monkeypatch.setattr(chunks.time, "sleep", waits)
        if is_let_go:
            vault.check_key(home, key)
            assert len(waited) == 1
        else:
            monkeypatch.setattr(chunks, "PATIENCE", 0.2)
            with pytest.raises(LusError, match="restricted store cannot be read"):
                vault.check_key(home, key)
            child.communicate("\n")
