"""Where deliveries lie: a folder of this machine, or an address (`s3://…`, `sftp://…`)."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from lus_assets.core.errors import LusError

Landing = Path | str
"""A Path is a folder of this machine; text is an address and holds no secret."""

DATABASE_SCHEMES = ("postgresql", "postgres")
SECRET_NAME = re.compile(r"passw|secret|token|credential|key(?!file|s?_?path)", re.IGNORECASE)
"""Names of what may not stand in an address or a settings file."""


def parse_landing(text: str) -> Landing:
    """The landing area that a text names: an address if it has a scheme, else a folder.

    LusError when an address holds a password or another secret, or cannot be read.
    """
    if "://" not in text:
        return Path(text)
    try:
        parts = urlsplit(text)
        has_secret = bool(parts.password) or any(
            SECRET_NAME.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)
        )
    except ValueError:
        raise LusError(
            "the landing area's address cannot be read",
            where="--landing",
            todo="write it as scheme://host/path",
        ) from None
    if parts.scheme.lower() == "file":
        return Path(unquote(parts.path))
    if has_secret:
        raise LusError(
            "the landing area's address holds a secret",
            where="--landing",
            todo="take it out of the address; docs/settings.md says which environment variable "
            "or file it belongs in",
        )
    return text


def resolved(landing: Landing) -> Landing:
    """A folder by its absolute path; an address as it is."""
    return landing.resolve() if isinstance(landing, Path) else landing


def scheme_of(landing: Landing) -> str:
    """The address's scheme in lower case; empty for a folder."""
    return "" if isinstance(landing, Path) else urlsplit(landing).scheme.lower()
