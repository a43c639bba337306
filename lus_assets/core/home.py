"""The home folder: all state of one installation, and nothing outside it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NEXT, TOUCHED, PROOF = SCRATCH = ("warehouse-next", "warehouse-touched", "warehouse-proof")
"""Folders in which a build or its proof works aside (`warehouse_folder`); a killed one leaves them,
and the next build, a disposal or another key removes them."""


@dataclass(frozen=True)
class Home:
    """Paths below `--home`. Creating one touches nothing; `prepare` makes the folders."""

    root: Path
    warehouse_folder: str = "warehouse"
    """Another name: the same home with a warehouse of its own, beside the one that counts."""

    @property
    def version_file(self) -> Path:
        """Which layout this home has; see home_version."""
        return self.root / "version"

    @property
    def region(self) -> Path:
        """The region's own rows (CSV beside the shipped seeds) and `settings.toml`."""
        return self.root / "region"

    @property
    def lake(self) -> Path:
        """Typed Parquet, one file per delivered file version: `<feed>/<date>/<id>.parquet`."""
        return self.root / "lake"

    @property
    def received(self) -> Path:
        """Deliveries that the installation makes itself (0700): objections that came back."""
        return self.root / "received"

    @property
    def landing_cache(self) -> Path:
        """Deliveries fetched from elsewhere, by hash, as they came (0700): they name people."""
        return self.root / "landing_cache"

    @property
    def catalog(self) -> Path:
        """SQLite: file versions and operator decisions; its commit makes a delivery count."""
        return self.lake / "catalog.sqlite"

    @property
    def vault(self) -> Path:
        """The restricted store (mode 0600): person ids, birth dates, grounds of disputes."""
        return self.root / "vault" / "identity.duckdb"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt writes. Read the BI snapshot instead of this one."""
        return self.root / self.warehouse_folder / "warehouse.duckdb"

    @property
    def packed(self) -> Path:
        """The lake's older months, a file a feed and month; made of the lake, and made again."""
        return self.root / "packed"

    @property
    def spark(self) -> Path:
        """What is laid out for Spark, and what it made; only where Spark is the engine."""
        return self.root / "spark"

    @property
    def ledger(self) -> Path:
        """SQLite: every issued review base and invoice base, append-only (mode 0600)."""
        return self.root / "ledger" / "ledger.sqlite"

    @property
    def published(self) -> Path:
        """Releases, never changed once written, and the BI snapshot."""
        return self.root / "published"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def logs(self) -> Path:
        """dbt's target, alerts, what was disposed of, Spark's log; no patient data."""
        return self.root / "logs"

    @property
    def docs(self) -> Path:
        """dbt's documentation of the models, `index.html`; no data."""
        return self.root / "docs"

    @property
    def alerts(self) -> Path:
        """JSON Lines: one alert per failure (operations/alerts.py says of what)."""
        return self.logs / "alerts.jsonl"

    @property
    def alerts_sent(self) -> Path:
        """JSON Lines: what each notifier did with an alert."""
        return self.logs / "alerts_sent.jsonl"

    @property
    def lock(self) -> Path:
        """The lock file that makes this home one writer's."""
        return self.root / "writer.lock"

    @property
    def swap(self) -> Path:
        """Where folders are built that take the place of others, together (core/swap.py)."""
        return self.root / ".swap"

    def prepare(self) -> "Home":
        """Make the folders; only `published` can be read by others. Returns itself.

        An older home is brought up to date; LusError when it is newer than this program.
        """
        from lus_assets.core.home_version import bring_up_to_date

        self.root.mkdir(parents=True, exist_ok=True)
        bring_up_to_date(self)
        self.published.mkdir(exist_ok=True)
        for folder in (
            self.region,
            self.lake,
            self.packed,
            self.landing_cache,
            self.vault.parent,
            self.ledger.parent,
            self.warehouse.parent,
            self.dagster,
            self.logs,
        ):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        for folder in (self.vault.parent, self.ledger.parent):
            for file in folder.iterdir():
                # a journal of whoever writes meanwhile goes when that is done
                with suppress(FileNotFoundError):
                    file.chmod(0o600)
        return self
