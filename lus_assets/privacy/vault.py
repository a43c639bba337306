"""The restricted store: who a person key is, when born, what a dispute is about.

A file that only its owner can read, in a folder that only its owner can enter, sealed under the
installation's key (chunks.py). Nothing else holds these values. Callers hold the home's writer
lock. Functions take the key from the environment unless they are given one.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.privacy import chunks
from lus_assets.privacy.arrow import Array, Schema, Table, pc
from lus_assets.privacy.chunks import Chunks
from lus_assets.privacy.keys import KEY_VARIABLE, Pseudonymizer
from lus_assets.privacy.seal import WrongKeyError

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

PATH_SCHEMA = pa.schema([("recorded_path", pa.string()), ("path", pa.string())])
"""A delivered file's own name, where the recorded one has a token in place of a person id."""
FORMER_SCHEMA = pa.schema([("former_key", pa.string()), ("person_key", pa.string())])
"""A pseudonym of before a rotation of keys, as issued bases have it, and the one of today."""

SCHEMAS: dict[str, Schema] = {
    "identity": IDENTITY_SCHEMA,
    "birth": BIRTH_SCHEMA,
    "dispute_ground": GROUND_SCHEMA,
    "file_path": PATH_SCHEMA,
    "former_key": FORMER_SCHEMA,
}
"""The vault's tables."""
_OF_VERSIONS = ("birth", "dispute_ground")
_SEALING = ".sealing"


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
    paths: list[Table] = field(default_factory=_no_tables)
    replaced: list[str] = field(default_factory=_no_ids)

    @property
    def row_count(self) -> int:
        """Rows held, for deciding when to write."""
        return sum(
            each.num_rows for each in (*self.identities, *self.births, *self.grounds, *self.paths)
        )

    def forget(self, file_version_id: str) -> None:
        """Takes out the version's birth rows and grounds, and those of earlier calls as well."""
        for tables in (self.births, self.grounds):
            tables[:] = [
                each.filter(pc.not_equal(each["file_version_id"], file_version_id))
                for each in tables
            ]
        self.replaced.append(file_version_id)


class KnownKeys:
    """Which keys two tables of the vault are known to have: who writes many times gives the same to
    each call, and so opens each chunk once. Pseudonyms and recorded paths only."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[int, Array]] = {}

    def new_of(self, vault: Chunks, name: str, column: str, given: Table) -> Table:
        """Those of the given rows whose key the table does not have; the vault is open."""
        before = self._keys.get(name, {})
        self._keys[name] = {
            number: before[number]
            if number in before
            else vault.read(name, number)[column].combine_chunks()
            for number in vault.numbers(name)
        }
        for keys in self._keys[name].values():
            # the given ones are few, and what is looked up in is made anew each time
            there = keys.filter(pc.is_in(keys, value_set=given[column].combine_chunks()))
            given = given.filter(pc.invert(pc.is_in(given[column], value_set=there)))
        return given


def write(
    home: Home,
    rows: VaultRows,
    key: Pseudonymizer | None = None,
    known: KnownKeys | None = None,
) -> None:
    """Adds identities and paths that are new, and replaces what `rows.replaced` had.

    One transaction: all or nothing. The same call again changes nothing.
    known: of the calls before, while the caller holds the home's writer lock.
    """
    known = known or KnownKeys()
    with opened(home, key) as vault:
        for table in _OF_VERSIONS:
            vault.forget_versions(table, rows.replaced)
        _append_new(vault, "identity", rows.identities, "person_key", known)
        _append_new(vault, "file_path", rows.paths, "recorded_path", known)
        _append(vault, "birth", rows.births)
        _append(vault, "dispute_ground", rows.grounds)


def forget_other_versions(home: Home, known: Sequence[str]) -> None:
    """Deletes birth rows and grounds of file versions that are not among the known ones."""
    with opened(home) as vault:
        others = sorted(vault.versions() - set(known))
        for table in _OF_VERSIONS if others else ():
            vault.forget_versions(table, others)


def check_key(home: Home, pseudonymizer: Pseudonymizer) -> None:
    """LusError when the vault was filled under another key: everyone would become somebody else."""
    with opened(home, pseudonymizer) as vault:
        vault.check_key()


def person_ids(
    home: Home, person_keys: Sequence[str], key: Pseudonymizer | None = None
) -> dict[str, str]:
    """The person id (normalised) of each key that the vault knows; others are absent.

    A key of before a rotation is known when something issued has it.
    """
    with opened(home, key) as vault:
        wanted = pa.array(person_keys, pa.string())
        former = {
            str(row["former_key"]): str(row["person_key"])
            for table in vault.tables("former_key")
            for row in _matching(table, "former_key", wanted).to_pylist()
        }
        wanted = pa.array([former.get(each, each) for each in person_keys], pa.string())
        found: dict[str, str] = {}
        for table in vault.tables("identity"):
            rows = _matching(table, "person_key", wanted)
            found.update(
                zip(rows["person_key"].to_pylist(), rows["person_id"].to_pylist(), strict=True)
            )
    known = ((each, found.get(former.get(each, each))) for each in person_keys)
    return {each: person_id for each, person_id in known if person_id is not None}


def keys_of_today(home: Home, keys: Sequence[str], key: Pseudonymizer | None = None) -> list[str]:
    """Pseudonyms of before a rotation as they are today; others as they are."""
    with opened(home, key) as vault:
        wanted = pa.array(keys, pa.string())
        former = {
            str(row["former_key"]): str(row["person_key"])
            for table in vault.tables("former_key")
            for row in _matching(table, "former_key", wanted).to_pylist()
        }
    return [former.get(each, each) for each in keys]


def births_in_parts(home: Home, rows: int, key: Pseudonymizer | None = None) -> Generator[Table]:
    """All birth rows (BIRTH_SCHEMA), at least so many at a time but for the last. Not to be stored.

    rows: how many; chunks of the vault are put together until there are so many.
    """
    with opened(home, key) as vault:
        waiting = [BIRTH_SCHEMA.empty_table()]
        for table in vault.tables("birth"):
            waiting.append(table)
            if sum(each.num_rows for each in waiting) >= rows:
                yield pa.concat_tables(waiting)
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting)


@contextmanager
def reading(home: Home, *names: str) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to the named tables (SCHEMAS), or all, in memory, for own queries.

    Results in clear must not be stored outside. The vault is made, empty, when there is none.
    """
    with opened(home) as vault, duckdb.connect(":memory:") as connection:
        connection.execute("set enable_external_access = false")
        for name in names or SCHEMAS:
            parts = [SCHEMAS[name].empty_table(), *vault.tables(name)]
            connection.register(name, pa.concat_tables(parts))
        yield connection


def is_sealed(home: Home) -> bool:
    """Is the home's vault sealed? One that older versions wrote is at its first opening."""
    try:
        return not chunks.is_clear(home.vault)
    except duckdb.Error as error:
        raise _vault_error(error) from None


@contextmanager
def opened(home: Home, key: Pseudonymizer | None = None) -> Generator[Chunks]:
    """The vault, sealed first if it is not yet; errors leave as LusError, without any value."""
    key = key or Pseudonymizer.from_environment()
    try:
        if home.vault.exists() and chunks.is_clear(home.vault):
            _seal_clear(home, key)
        with chunks.opened(home.vault, key) as vault:
            yield vault
    except WrongKeyError:
        raise LusError(
            "the pseudonym key is not the one that this home was filled under",
            where=f"environment variable {KEY_VARIABLE}",
            todo="set it to this home's key; a key is changed with `lus keys rotate`",
        ) from None
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise _vault_error(error) from None


def _seal_clear(home: Home, key: Pseudonymizer) -> None:
    """A vault of before sealing is written anew beside itself, then takes its place."""
    names = ("identity", "birth", "dispute_ground")
    tables = chunks.clear_tables(home.vault, names)
    known = tables["identity"].slice(0, 1).to_pylist()
    if known and key.person_keys([known[0]["person_id"]]) != [known[0]["person_key"]]:
        raise WrongKeyError
    aside = home.vault.with_name(home.vault.name + _SEALING)
    aside.unlink(missing_ok=True)
    with chunks.opened(aside, key) as sealed:
        for name, table in tables.items():
            _append(sealed, name, [table.cast(SCHEMAS[name])])
    aside.replace(home.vault)


def _append(vault: Chunks, name: str, parts: Iterable[Table]) -> None:
    whole = pa.concat_tables([SCHEMAS[name].empty_table(), *(p.cast(SCHEMAS[name]) for p in parts)])
    if any(column.null_count for column in whole.columns):
        raise pa.ArrowInvalid("a vault row has no empty values")
    if whole.num_rows:
        vault.append(name, whole)


def _append_new(
    vault: Chunks, name: str, parts: Sequence[Table], column: str, known: KnownKeys
) -> None:
    """Those rows whose key the table does not have, each once."""
    if not parts:
        return
    given = pa.concat_tables([each.cast(SCHEMAS[name]) for each in parts])
    given = given.group_by(given.column_names).aggregate([])
    _append(vault, name, [known.new_of(vault, name, column, given)])


def _matching(table: Table, column: str, wanted: Table) -> Table:
    return table.filter(pc.is_in(table[column], value_set=wanted))


def _vault_error(error: Exception) -> LusError:
    """DuckDB's messages can carry values, so only the kind of error is told."""
    return LusError(
        f"the restricted store cannot be read or written ({type(error).__name__})",
        where="vault/identity.duckdb in the home folder",
        todo="see that no other process has it open, that its folder belongs to this user and "
        "that the disk has room; nothing was stored",
    )
