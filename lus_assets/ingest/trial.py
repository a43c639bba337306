"""Reads rows as ingestion would, and stores nothing: to tell at once what it would set aside."""

import io
from datetime import date

import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.normalise import typed_schema
from lus_assets.ingest.read import FileFaultError, Tally, read_blocks
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.keys import Pseudonymizer


def try_csv(
    feed: str, content: bytes, on_date: date, pseudonymizer: Pseudonymizer, where: str
) -> Table:
    """A CSV file's rows typed, in order, with `reason_code` and the feed's restricted columns.

    on_date: the delivery date. where: how an error names the file. What comes back may hold values
    in clear: keep it in memory, or in the restricted store.

    Raises:
        LusError: ingestion would set the whole file aside.
    """
    contract = FEEDS[feed]
    with TypingEngine(pseudonymizer) as engine:
        try:
            blocks = list(
                read_blocks(contract, "csv", io.BytesIO(content), Tally(), engine.connection)
            )
        except FileFaultError as fault:
            raise LusError(
                f"the file cannot be read: {fault.reason_code.value} ({fault.hint})",
                where=where,
                todo="have the sender mend it and send it again",
            ) from None
        typed = [
            engine.type_block(
                contract,
                block.append_column("on_date", pa.repeat(pa.scalar(on_date), block.num_rows)),
            ).rows
            for block in blocks
        ]
    return pa.concat_tables([typed_schema(contract).empty_table(), *typed])
