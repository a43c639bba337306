"""Table `[alerts]` of the settings: who is told of failures, and when a delivery is late."""

import re
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lus_assets.core.table import read_table, refused

SECURITY = ("starttls", "tls", "none")


@dataclass(frozen=True)
class AlertSettings:
    """Whom to tell; without any, alerts stand in `logs/alerts.jsonl` and in the log only."""

    webhook_url: str = ""
    """Where alerts are posted as JSON. A secret one belongs in LUS_ALERT_WEBHOOK_URL."""
    mail_to: list[str] = field(default_factory=list[str])
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    """`starttls`, `tls`, or `none` for a relay on this machine."""
    smtp_user: str = ""
    """Account at the mail server; its password is LUS_ALERT_SMTP_PASSWORD."""
    timeout_seconds: int = 10
    """How long a notifier may take for one alert."""
    delivery_due: str = "08:00"
    """Stockholm's time by which the deliveries of the day before are there."""
    delivery_feeds: list[str] = field(default_factory=list[str])
    """Feeds that are due every day; empty: those that were ever delivered."""

    @property
    def due(self) -> time:
        """`delivery_due` as a time."""
        return time.fromisoformat(self.delivery_due)


def read_alerts(path: Path, given: Any) -> AlertSettings:
    """What the settings file `path` gives as `[alerts]`, checked.

    Raises:
        LusError: an unknown name, another type, or a value that cannot be used.
    """
    settings = read_table(path, "alerts", AlertSettings, given)
    if settings.webhook_url and not is_web_address(settings.webhook_url):
        raise refused(path, "alerts.webhook_url", "is no address", "give https://host/path")
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", settings.delivery_due):
        raise refused(path, "alerts.delivery_due", "is no time", 'give it as "08:00"')
    if settings.smtp_security not in SECURITY:
        raise refused(path, "alerts.smtp_security", "is unknown", f"use {', '.join(SECURITY)}")
    if not 1 <= settings.timeout_seconds <= 300:
        raise refused(path, "alerts.timeout_seconds", "is out of bounds", "give seconds, 1 to 300")
    if settings.mail_to and not (settings.mail_from and settings.smtp_host):
        raise refused(path, "alerts.mail_to", "is not enough", "give mail_from and smtp_host too")
    if any(not re.fullmatch(r"[^@\s,]+@[^@\s,]+", str(each)) for each in settings.mail_to):
        raise refused(path, "alerts.mail_to", "has no address", 'give them as ["name@example.org"]')
    return settings


def is_web_address(text: str) -> bool:
    """Is it an http or https address with a host?"""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
