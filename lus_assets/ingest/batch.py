"""A batch of new files on its way into the lake: read, type, vault, lake, catalog, in that order.

Rows of small files are typed together, for a SELECT costs the same for ten rows as for ten
thousand. The catalog's commit ends the batch; before it nothing of it counts.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog, Decision, FileVersion, now
from lus_assets.ingest.contract import FEEDS, ColumnType, Feed
from lus_assets.ingest.files import PlannedFile, check_unchanged, open_content
from lus_assets.ingest.lake import LakeFile, sync_folders
from lus_assets.ingest.normalise import RESTRICTED_TYPES
from lus_assets.ingest.read import FileFaultError, Tally, read_blocks
from lus_assets.ingest.source import Source
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import Table, pc
from lus_assets.privacy.redact import redact

_LOG = logging.getLogger(__name__)

# Rows that are typed at once, and vault rows that are held at once, at the least.
TYPED_TOGETHER_ROWS = 50_000
VAULT_ROWS_HELD = 500_000


def _no_counts() -> Counter[str]:
    return Counter()


@dataclass
class FileResult:
    """One file of the batch, read. `reasons` and `anomalies`: rows per code."""

    planned: PlannedFile
    lake_file: LakeFile
    tally: Tally = field(default_factory=Tally)
    fault: FileFaultError | None = None
    reasons: Counter[str] = field(default_factory=_no_counts)
    anomalies: Counter[str] = field(default_factory=_no_counts)

    def to_version(self) -> FileVersion:
        """The catalog's row."""
        planned = self.planned
        return FileVersion(
            file_version_id=planned.file_version_id,
            feed=planned.file.feed,
            delivery_date=planned.file.delivery_date,
            path=planned.path,
            content_hash=planned.content.sha256,
            size_bytes=planned.content.size_bytes,
            kind=planned.kind,
            status="quarantined" if self.fault else "accepted",
            reason_code=self.fault.reason_code.value if self.fault else None,
            rows_delivered=self.lake_file.row_count,
            rows_quarantined=self.reasons.total(),
            unknown_columns=len(self.tally.unknown_columns),
            lake_file=self.lake_file.relative_path,
            counts_from=planned.counts_from,
            counts_until=None,
            recorded_at=now(),
        )


class Batch:
    """Reads planned files and commits them together. After an error nothing of it counts."""

    def __init__(
        self,
        home: Home,
        source: Source,
        engine: TypingEngine,
        known: vault.KnownKeys | None = None,
    ) -> None:
        """home: prepared; source: what the planned files came from; engine: with the home's key;
        known: keys that the vault has, as the batches before it found them."""
        self._home = home
        self._known = known
        self._source = source
        self._engine = engine
        self._results: list[FileResult] = []
        self._waiting: list[tuple[FileResult, pa.Table]] = []
        self._vault_rows = vault.VaultRows()

    def read(self, planned: Sequence[PlannedFile]) -> list[FileResult]:
        """Reads and types the files into temporary lake files, feed by feed."""
        if planned and self._home.vault.exists():
            vault.check_key(self._home, self._engine.pseudonymizer)
        try:
            for feed in FEEDS.values():
                for each in planned:
                    if each.file.feed == feed.name:
                        self._read_file(feed, each)
                self._type_waiting(feed)
            for result in self._results:
                result.lake_file.finish()
        except BaseException:
            self.discard()
            raise
        return self._results

    def commit(self, catalog: Catalog, decision: Decision | None = None) -> None:
        """Vault, then lake, then catalog: from then on the files count."""
        if not self._results:
            return
        try:
            self._write_vault()
            for result in self._results:
                result.lake_file.publish()
            sync_folders(self._home, [each.lake_file.relative_path for each in self._results])
            hashes = {each.lake_file.relative_path: each.lake_file.sha256 for each in self._results}
            catalog.record([result.to_version() for result in self._results], decision, hashes)
        except BaseException:
            self.discard()
            raise
        for result in self._results:
            _log_file(result)

    def discard(self) -> None:
        """Removes the temporary files."""
        for result in self._results:
            result.lake_file.discard()

    def _read_file(self, feed: Feed, planned: PlannedFile) -> None:
        file = planned.file
        lake_file = LakeFile(self._home, feed, file.delivery_date, planned.file_version_id)
        result = FileResult(planned, lake_file)
        self._results.append(result)
        if planned.path != file.path:
            named = [[planned.path], [file.path]]
            self._vault_rows.paths.append(pa.table(named, schema=vault.PATH_SCHEMA))
        if feed.columns_of(*RESTRICTED_TYPES):
            self._vault_rows.replaced.append(planned.file_version_id)
        try:
            with open_content(self._source, planned) as stream:
                for block in read_blocks(
                    feed, file.format, stream, result.tally, self._engine.connection
                ):
                    self._waiting.append((result, block))
                    if sum(each.num_rows for _, each in self._waiting) >= TYPED_TOGETHER_ROWS:
                        self._type_waiting(feed)
        except FileFaultError as fault:
            self._set_aside(result, fault)
        check_unchanged(self._source, planned)

    def _set_aside(self, result: FileResult, fault: FileFaultError) -> None:
        """The whole file: what was read of it is forgotten, its rows are counted."""
        result.fault = fault
        result.anomalies.clear()
        result.reasons = Counter({fault.reason_code.value: result.tally.rows})
        result.lake_file.restart_as_faulty(fault.reason_code, result.tally.rows)
        self._waiting = [waiting for waiting in self._waiting if waiting[0] is not result]
        self._vault_rows.forget(result.planned.file_version_id)

    def _type_waiting(self, feed: Feed) -> None:
        """Types the waiting blocks as one and gives each file its part."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        dates = [
            pa.repeat(pa.scalar(result.planned.file.delivery_date, pa.date32()), block.num_rows)
            for result, block in waiting
        ]
        together = pa.concat_tables([block for _, block in waiting])
        typed = self._engine.type_block(
            feed, together.append_column("on_date", pa.chunked_array(dates)).combine_chunks()
        )
        self._vault_rows.identities.append(typed.identities)
        offset = 0
        for result, block in waiting:
            self._take(feed, result, typed.rows.slice(offset, block.num_rows))
            offset += block.num_rows
        if self._vault_rows.row_count >= VAULT_ROWS_HELD:
            self._write_vault()

    def _take(self, feed: Feed, result: FileResult, rows: Table) -> None:
        """One file's part of typed rows: counted, then to the vault and the lake."""
        for name, counts in (("reason_code", result.reasons), ("anomaly_code", result.anomalies)):
            for each in pc.value_counts(rows[name].drop_null()).to_pylist():
                counts[each["values"]] += each["counts"]
        restricted = feed.columns_of(*RESTRICTED_TYPES)
        for column in restricted:
            self._keep_restricted(column.name, column.type, result, rows)
        result.lake_file.write(rows.drop_columns([column.name for column in restricted]))

    def _keep_restricted(
        self, name: str, kind: ColumnType, result: FileResult, rows: Table
    ) -> None:
        first = result.lake_file.row_count + 1
        numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
        owner = "person_key" if kind is ColumnType.BIRTH_DATE else "dispute_id"
        version = pa.repeat(result.planned.file_version_id, rows.num_rows)
        table = pa.table(
            [version, numbers, rows[owner], rows[name]],
            names=["file_version_id", "row_number", owner, name],
        ).filter(pc.is_valid(rows[name]))
        if kind is ColumnType.BIRTH_DATE:
            self._vault_rows.births.append(table)
        else:
            self._vault_rows.grounds.append(table)

    def _write_vault(self) -> None:
        rows, self._vault_rows = self._vault_rows, vault.VaultRows()
        if rows.row_count or rows.replaced:
            vault.write(self._home, rows, self._engine.pseudonymizer, self._known)


def _log_file(result: FileResult) -> None:
    version = result.to_version()
    _LOG.info(
        "%s %s: %d rows, %d quarantined%s",
        redact(version.path),
        version.status,
        version.rows_delivered,
        version.rows_quarantined,
        f" ({result.fault.reason_code}: {result.fault.hint})" if result.fault else "",
    )
