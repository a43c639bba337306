"""One in-memory DuckDB that turns blocks of text into typed rows, keys and restricted values.

Nothing of it touches the disk: no extension is fetched, nothing is spilled.
"""

from dataclasses import dataclass
from types import TracebackType

import duckdb
import numpy as np
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.ingest.contract import ColumnType, Feed
from lus_assets.ingest.normalise import (
    RESTRICTED_TYPES,
    SEARCHED_TYPES,
    typed_schema,
    typing_sql,
)
from lus_assets.privacy.arrow import Table, pc
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.person_id import (
    CANDIDATE_PATTERN,
    LOOSE_CANDIDATE_PATTERN,
    NORMALISED_SCHEMA,
    holds_person_id,
    masked,
    normalise,
)

MEMORY_LIMIT = "1GB"
ROWS_PER_THREAD = 10_000

_KNOWN_PERSON_SCHEMA = NORMALISED_SCHEMA.append(pa.field("person_key", pa.string()))
_TOKEN_SCHEMA = pa.schema(
    [("column_name", pa.string()), ("text", pa.string()), ("token", pa.string())]
)


@dataclass(frozen=True)
class TypedBlock:
    """Rows of `normalise.typed_schema`, and who their person keys are (vault.IDENTITY_SCHEMA)."""

    rows: Table
    identities: Table


class TypingEngine:
    """Types blocks of any feed. Holds one connection; use it in a `with`."""

    def __init__(self, pseudonymizer: Pseudonymizer) -> None:
        """pseudonymizer: makes the person keys and tokens."""
        self.pseudonymizer = pseudonymizer
        self.connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "memory_limit": MEMORY_LIMIT,
            },
        )
        for statement in (
            "set temp_directory = ''",
            # started from a script's text, DuckDB would draw a bar among the output
            "set enable_progress_bar = false",
            "set enable_external_access = false",
            "set TimeZone = 'UTC'",
            "set lock_configuration = true",
        ):
            self.connection.execute(statement)

    def __enter__(self) -> "TypingEngine":
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connection."""
        self.connection.close()

    def type_block(self, feed: Feed, block: Table) -> TypedBlock:
        """Types a block: `read.block_schema(feed)` and `on_date`, the delivery date of each row.

        LusError when DuckDB fails, without its message, which may hold values.
        """
        block = block.append_column("position", pa.array(np.arange(block.num_rows)))
        # DuckDB gives every batch of an Arrow table to one thread
        batches = block.to_batches(max_chunksize=ROWS_PER_THREAD)
        registered = {"text_block": pa.Table.from_batches(batches, block.schema)}
        for name, table in registered.items():
            self.connection.register(name, table)
        try:
            return self._type_registered(feed, registered)
        except duckdb.Error as error:
            raise LusError(
                f"rows could not be typed ({type(error).__name__})",
                where=f"feed {feed.name}",
                todo="run again; if it stays so, report it with the size of the delivery",
            ) from None
        finally:
            for name in registered:
                self.connection.unregister(name)

    def _type_registered(self, feed: Feed, registered: dict[str, Table]) -> TypedBlock:
        persons = self._known_persons(feed)
        for name, table in (
            ("known_person", persons),
            ("token", self._tokens(feed)),
            ("held_person_id", self._held_person_ids(feed)),
            ("masked_text", self._masked_texts(feed)),
        ):
            self.connection.register(name, table)
            registered[name] = table
        rows = self.connection.execute(typing_sql(feed)).to_arrow_table().cast(typed_schema(feed))
        return TypedBlock(rows, _identities(persons, rows))

    def _known_persons(self, feed: Feed) -> Table:
        """Who the block's distinct person ids are, with their keys."""
        if not feed.columns_of(ColumnType.PERSON_ID):
            return _KNOWN_PERSON_SCHEMA.empty_table()
        given = self._table(
            "select distinct person_id, on_date from text_block where person_id is not null"
        )
        persons = normalise(given, connection=self.connection)
        persons = persons.filter(pc.not_equal(persons["normalised_id"], ""))
        # a person delivered on several days, or written in several ways, is hashed once
        ids = persons["normalised_id"].combine_chunks().dictionary_encode()
        keys = self.pseudonymizer.person_keys(ids.dictionary.to_pylist())
        return persons.append_column("person_key", pa.array(keys, pa.string()).take(ids.indices))

    def _tokens(self, feed: Feed) -> Table:
        """Keyed stand-ins of the block's distinct restricted values."""
        parts = [_TOKEN_SCHEMA.empty_table()]
        for column in feed.columns_of(*RESTRICTED_TYPES):
            name = column.name
            texts = self._distinct_texts(name, f'"{name}" is not null')
            tokens = self.pseudonymizer.tokens(name, texts)
            parts.append(pa.table([[name] * len(texts), texts, tokens], schema=_TOKEN_SCHEMA))
        return pa.concat_tables(parts)

    def _held_person_ids(self, feed: Feed) -> Table:
        """The block's distinct texts that hold a valid person id where none belongs."""
        held: list[str] = []
        for column in feed.columns_of(*SEARCHED_TYPES):
            texts = self._distinct_texts(
                column.name, f"regexp_matches(\"{column.name}\", '{CANDIDATE_PATTERN}')"
            )
            held += [
                text for text, is_held in zip(texts, holds_person_id(texts), strict=True) if is_held
            ]
        return pa.table({"text": pa.array(held, pa.string())})

    def _masked_texts(self, feed: Feed) -> Table:
        """The block's distinct texts with something like a person id, and what is kept of them."""
        texts = {
            text
            for column in feed.columns_of(ColumnType.TEXT)
            for text in self._distinct_texts(
                column.name, f"regexp_matches(\"{column.name}\", '{LOOSE_CANDIDATE_PATTERN}')"
            )
        }
        kept = {text: masked(text) for text in sorted(texts)}
        changed = [(text, shown) for text, shown in kept.items() if shown != text]
        return pa.table(
            {
                name: pa.array([pair[place] for pair in changed], pa.string())
                for place, name in enumerate(("text", "masked"))
            }
        )

    def _distinct_texts(self, name: str, condition: str) -> list[str]:
        sql = f'select distinct "{name}" from text_block where {condition}'
        return [str(row[0]) for row in self.connection.execute(sql).fetchall()]

    def _table(self, sql: str) -> Table:
        return self.connection.execute(sql).to_arrow_table()


def _identities(persons: Table, rows: Table) -> Table:
    """Who the keys of valid rows are; a quarantined row makes nobody known."""
    columns = ["person_key", "normalised_id", "person_id_kind"]
    named = persons.select(columns).rename_columns(["person_key", "person_id", "person_id_kind"])
    if "person_key" not in rows.column_names:
        return named
    used = pc.unique(rows["person_key"])
    return (
        named.filter(pc.is_in(named["person_key"], value_set=used))
        .group_by(named.column_names)
        .aggregate([])
    )
