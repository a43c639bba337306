"""The restricted store: who a person key is, when born, what a dispute is about.

A DuckDB file that only its owner can read, in a folder that only its owner can enter. Nothing
else holds these values in clear. Callers hold the home's writer lock.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.privacy.arrow import Table, pc
from lus_assets.privacy.keys import KEY_VARIABLE, Pseudonymizer

IDENTITY_SCHEMA = pa.schema(
    [("person_key", pa.string()), ("person_id", pa.string()), ("person_id_kind", pa.string())]
)
BIRTH_SCHEMA = pa.schema(
    [
        ("file_version_id", pa.string()),
        ("row_number", pa.int64()),
        ("person_key", pa.string()),
        ("birth_date", pa.date32()),
    ]
)
GROUND_SCHEMA = pa.schema(
    [
        ("file_version_id", pa.string()),
        ("row_number", pa.int64()),
        ("dispute_id", pa.string()),
        ("ground", pa.string()),
    ]
)

_TABLES = """
create table if not exists identity (
    person_key varchar not null, person_id varchar not null, person_id_kind varchar not null
);
create table if not exists birth (
    file_version_id varchar not null, row_number bigint not null,
    person_key varchar not null, birth_date date not null
);
create table if not exists dispute_ground (
    file_version_id varchar not null, row_number bigint not null,
    dispute_id varchar not null, ground varchar not null
);
"""


def _no_tables() -> list[Table]:
    return []


def _no_ids() -> list[str]:
    return []


@dataclass
class VaultRows:
    """What one call of `write` puts into the vault, as Arrow tables of the schemas above.

    replaced: file versions whose birth rows and grounds of earlier calls are deleted first.
    """

    identities: list[Table] = field(default_factory=_no_tables)
    births: list[Table] = field(default_factory=_no_tables)
    grounds: list[Table] = field(default_factory=_no_tables)
    replaced: list[str] = field(default_factory=_no_ids)

    @property
    def row_count(self) -> int:
        """Rows held, for deciding when to write."""
        return sum(each.num_rows for each in (*self.identities, *self.births, *self.grounds))

    def forget(self, file_version_id: str) -> None:
        """Takes out the version's birth rows and grounds, and those of earlier calls as well."""
        for tables in (self.births, self.grounds):
            tables[:] = [
                each.filter(pc.not_equal(each["file_version_id"], file_version_id))
                for each in tables
            ]
        self.replaced.append(file_version_id)


def write(home: Home, rows: VaultRows) -> None:
    """Adds identities that are new, and replaces birth rows and grounds of `rows.replaced`.

    One transaction: all or nothing. The same call again changes nothing.
    """
    with _opened(home) as connection:
        connection.execute("begin transaction")
        _delete_versions(connection, "in", rows.replaced)
        _insert_identities(connection, rows.identities)
        for table, parts, schema in (
            ("birth", rows.births, BIRTH_SCHEMA),
            ("dispute_ground", rows.grounds, GROUND_SCHEMA),
        ):
            if parts:
                connection.register("given", pa.concat_tables(parts).cast(schema))
                connection.execute(f"insert into {table} select * from given")
                connection.unregister("given")
        connection.execute("commit")


def forget_other_versions(home: Home, known: Sequence[str]) -> None:
    """Deletes birth rows and grounds of file versions that are not among the known ones."""
    with _opened(home) as connection:
        connection.execute("begin transaction")
        _delete_versions(connection, "not in", known)
        connection.execute("commit")


def _delete_versions(
    connection: duckdb.DuckDBPyConnection, test: str, file_version_ids: Sequence[str]
) -> None:
    named = pa.table({"file_version_id": pa.array(file_version_ids, pa.string())})
    connection.register("named", named)
    for table in ("birth", "dispute_ground"):
        connection.execute(
            f"delete from {table} where {table}.file_version_id {test}"
            " (select named.file_version_id from named)"
        )
    connection.unregister("named")


def _insert_identities(connection: duckdb.DuckDBPyConnection, parts: list[Table]) -> None:
    if not parts:
        return
    connection.register("given", pa.concat_tables(parts).cast(IDENTITY_SCHEMA))
    # an anti join, not a primary key: deletes and inserts under one break in DuckDB (25399)
    connection.execute("""
        insert into identity
        select distinct given.* from given
        where given.person_key not in (select identity.person_key from identity)
    """)
    connection.unregister("given")


def check_key(home: Home, pseudonymizer: Pseudonymizer) -> None:
    """LusError when the vault was filled under another key: everyone would become somebody else."""
    with _opened(home) as connection:
        known = connection.execute("select person_key, person_id from identity limit 1").fetchall()
    if known and pseudonymizer.person_keys([str(known[0][1])]) != [known[0][0]]:
        raise LusError(
            "the pseudonym key is not the one that this home was filled under",
            where=f"environment variable {KEY_VARIABLE}",
            todo="set it to this home's key; with a new key, start with a new home",
        )


def person_ids(home: Home, person_keys: Sequence[str]) -> dict[str, str]:
    """The person id (normalised) of each key that the vault knows; others are absent."""
    with _opened(home) as connection:
        connection.register("wanted", pa.table({"person_key": pa.array(person_keys, pa.string())}))
        found = connection.execute(
            "select person_key, person_id from identity semi join wanted using (person_key)"
        ).fetchall()
        connection.unregister("wanted")
    return {str(key): str(person_id) for key, person_id in found}


@contextmanager
def reading(home: Home) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to the vault for own queries (tables as in docs/architecture.md).

    For what needs sets, such as ages on many dates. Results in clear must not be stored outside.
    The vault is made, empty, when there is none.
    """
    with _opened(home) as connection:
        yield connection


@contextmanager
def _opened(home: Home) -> Generator[duckdb.DuckDBPyConnection]:
    """The vault with its tables; DuckDB's errors leave as LusError, without any value."""
    path = home.vault
    # the process's umask for as long as DuckDB may make files: the vault's and its .wal's
    # first byte already belongs to the owner alone
    former_mask = os.umask(0o077)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with duckdb.connect(path) as connection:
            path.chmod(0o600)
            connection.execute("set enable_external_access = false")
            connection.execute(_TABLES)
            yield connection
            connection.execute("checkpoint")
    except (duckdb.Error, OSError) as error:
        raise _vault_error(error) from None
    finally:
        os.umask(former_mask)


def _vault_error(error: Exception) -> LusError:
    """DuckDB's messages can carry values, so only the kind of error is told."""
    return LusError(
        f"the restricted store cannot be read or written ({type(error).__name__})",
        where="vault/identity.duckdb in the home folder",
        todo="see that no other process has it open, that its folder belongs to this user and "
        "that the disk has room; nothing was stored",
    )
