"""Settings of one installation, `<home>/region/settings.toml`; every default works."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lus_assets.core.alert_settings import AlertSettings, read_alerts
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.retention import Retention, read_retention
from lus_assets.core.seller import Seller, read_seller
from lus_assets.core.source_settings import SourceSettings, read_source

_TABLES: dict[str, Callable[[Path, Any], Any]] = {
    "alerts": read_alerts,
    "retention": read_retention,
    "seller": read_seller,
    "source": read_source,
}
_OTHER_MEANING = (
    "spark.sql.legacy.",
    "spark.sql.caseSensitive",
    "spark.sql.storeAssignmentPolicy",
    "spark.sql.session.collation",
)
"""Beginnings of Spark's properties that would give the models' SQL another meaning."""


@dataclass(frozen=True)
class Settings:
    """What an installation may set; unknown names and wrong types are refused."""

    region: str = "01"
    """Region (county code) that the installation invoices for; decides which agreement applies."""
    review_day: int = 5
    """Day of the following month on which review bases are sent (rules.md section 10)."""
    objection_days: int = 21
    """Days that municipalities have for objections; the invoice base follows after them."""
    small_number_limit: int = 5
    """The first count that published statistics show; 5 suppresses 1 to 4 (rules.md section 9)."""
    memory_limit: str = "4GB"
    """Memory that the engine may use before it spills."""
    engine: str = "duckdb"
    """What computes the models: `duckdb`, or `spark` on the cluster of `spark_master`."""
    build: str = "full"
    """What a build computes anew: everything (`full`), or who was touched since (`incremental`)."""
    spark_master: str = ""
    """Address of the Spark cluster, such as `spark://host:7077`."""
    spark_home: str = ""
    """The home as the cluster sees it, such as `s3a://bucket/home`; empty: under the same path."""
    spark: dict[str, str] = field(default_factory=dict[str, str])
    """Spark's own settings, name -> value (docs/spark.md)."""
    finding_share_warn: dict[str, float] = field(default_factory=dict[str, float])
    """Finding code -> share of a month's episodes (0 to 1) above which its check warns."""
    finding_share_warn_default: float = 0.1
    """The same for codes that are not named."""
    freshness_days: int = 1
    """How many days old the newest delivery in the marts may be when it is checked at 07:00."""
    postgres_schema: str = "marts"
    """Schema that the marts have in PostgreSQL, where they are published there."""
    postgres_reader: str = "lus_reader"
    """Role in PostgreSQL that may read that schema, and nothing else of ours."""
    seller: Seller | None = None
    """The region on its invoices, table `[seller]`; None: not told, and no e-invoice is drafted."""
    source: SourceSettings = field(default_factory=SourceSettings)
    """How deliveries are fetched from elsewhere, table `[source]`."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    """Who is told of failures, and when a delivery is late, table `[alerts]`."""
    retention: Retention = field(default_factory=Retention)
    """How long what can be disposed of is kept, table `[retention]`."""


_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
_NAME_IN_POSTGRES = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,39}")


def load_settings(home: Home) -> Settings:
    """Read the settings of a home; without a file, the defaults.

    Raises:
        LusError: the file is not TOML, or names a setting that does not exist or has another type.
    """
    path = home.region / "settings.toml"
    if not path.exists():
        return Settings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # of what TOML's reader says only the place: the rest may hold a value
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        raise LusError(
            "the settings cannot be read: not valid TOML",
            where=f"{path}, {place[1]}" if place else str(path),
            todo="mend the file; docs/settings.md has an example",
        ) from None
    settings = Settings(**{name: _checked(path, name, value) for name, value in given.items()})
    for name, is_sound, allowed in _bounds(settings):
        if not is_sound:
            raise LusError(f"setting {name!r} is out of bounds", where=str(path), todo=allowed)
    return settings


def _bounds(settings: Settings) -> list[tuple[str, bool, str]]:
    names = (settings.postgres_schema, settings.postgres_reader)
    shares = [settings.finding_share_warn_default, *settings.finding_share_warn.values()]
    return [
        (
            "region",
            len(settings.region) == 2 and settings.region.isdigit(),
            'give the county code as two digits in quotes, such as "01"',
        ),
        (
            "memory_limit",
            bool(_MEMORY.fullmatch(settings.memory_limit)),
            'give a size of memory, such as "4GB" or "1800MB"',
        ),
        ("review_day", 1 <= settings.review_day <= 28, "give a day from 1 to 28"),
        ("objection_days", 0 <= settings.objection_days <= 365, "give days from 0 to 365"),
        ("engine", settings.engine in ("duckdb", "spark"), 'give "duckdb" or "spark"'),
        (
            "build",
            settings.build == "full"
            or (settings.build == "incremental" and settings.engine == "duckdb"),
            'give "full", or "incremental" where the engine is "duckdb"',
        ),
        (
            "spark_master",
            settings.engine != "spark" or bool(settings.spark_master),
            'give the address of the cluster, such as "spark://host:7077"',
        ),
        (
            "spark",
            not any(name.startswith(_OTHER_MEANING) for name in settings.spark),
            f"leave out what gives the same SQL another meaning: {', '.join(_OTHER_MEANING)}",
        ),
        ("small_number_limit", 2 <= settings.small_number_limit <= 100, "give a count from 2"),
        (
            "finding_share_warn",
            all(map(_is_share, shares)),
            "give shares from 0 to 1",
        ),
        ("freshness_days", 1 <= settings.freshness_days <= 31, "give days from 1 to 31"),
        (
            "postgres_schema or postgres_reader",
            all(_NAME_IN_POSTGRES.fullmatch(name) for name in names),
            "give up to 40 of a-z, 0-9 and _, not starting with a digit or pg_",
        ),
    ]


def _is_share(given: object) -> bool:
    return isinstance(given, (int, float)) and 0 <= given <= 1


def _checked(path: Path, name: str, value: Any) -> Any:
    defaults = {each.name: getattr(Settings(), each.name) for each in fields(Settings)}
    if name not in defaults:
        known = ", ".join(sorted(defaults))
        raise LusError(
            f"there is no setting {name!r}", where=str(path), todo=f"use one of: {known}"
        )
    if name in _TABLES:
        return _TABLES[name](path, value)
    if type(value) is not type(defaults[name]):
        raise LusError(
            f"setting {name!r} has the wrong type",
            where=str(path),
            todo=f"give it as {type(defaults[name]).__name__}, as in docs/settings.md",
        )
    return value
