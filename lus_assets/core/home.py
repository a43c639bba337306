"""The home folder: all state of one installation, and nothing outside it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Paths below `--home`. Creating one touches nothing; `prepare` makes the folders."""

    root: Path

    @property
    def region(self) -> Path:
        """The region's own rows (CSV beside the shipped seeds) and `settings.toml`."""
        return self.root / "region"

    @property
    def lake(self) -> Path:
        """Typed Parquet, one file per delivered file version: `<feed>/<date>/<id>.parquet`."""
        return self.root / "lake"

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
        return self.root / "warehouse" / "warehouse.duckdb"

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
        """dbt's logs and target, alerts; no patient data."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """The lock file that makes this home one writer's."""
        return self.root / "writer.lock"

    def prepare(self) -> "Home":
        """Make the folders; the vault's is for the owner only. Returns itself."""
        for folder in (
            self.root,
            self.region,
            self.lake,
            self.warehouse.parent,
            self.published,
            self.dagster,
            self.logs,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.vault.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.vault.parent, 0o700)  # noqa: PTH101 - also when it was there before
        return self
