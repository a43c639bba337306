"""Table `[source]` of the settings: how deliveries are fetched from elsewhere. No secrets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lus_assets.core.location import SECRET_NAME
from lus_assets.core.table import read_table, refused


@dataclass(frozen=True)
class SourceSettings:
    """How to reach a landing area that is no folder of this machine; every default works."""

    connect_seconds: int = 10
    """How long a connection may take."""
    read_seconds: int = 60
    """How long a source may be silent before it counts as hanging."""
    database_schema: str = "lus_export"
    """Schema of the views that a database source is read from."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Options of the fsspec file system, such as `endpoint_url`."""


def read_source(path: Path, given: Any) -> SourceSettings:
    """What the settings file `path` gives as `[source]`, checked.

    Raises:
        LusError: an unknown name, another type, a value out of bounds, or a secret.
    """
    settings = read_table(path, "source", SourceSettings, given)
    for name in ("connect_seconds", "read_seconds"):
        if not 1 <= getattr(settings, name) <= 3600:
            raise refused(path, f"source.{name}", "is out of bounds", "give seconds, 1 to 3600")
    if not settings.database_schema.isidentifier():
        raise refused(path, "source.database_schema", "is no name", "give letters, digits and _")
    for name in settings.options:
        if SECRET_NAME.search(name):
            raise refused(
                path,
                f"source.options.{name}",
                "is a secret",
                "take it out of the file; docs/settings.md says which variable it belongs in",
            )
    return settings
