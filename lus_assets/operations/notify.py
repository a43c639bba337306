"""Tells people of failures: each once, by every channel that is set, and again until it is told.

A channel that does not work never fails a run: it is itself an alert, told by the others.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.overdue import overdue
from lus_assets.operations.alerts import (
    Alert,
    add_alerts,
    add_lines,
    now,
    one_at_a_time,
    read_alerts,
    read_lines,
)
from lus_assets.operations.channels import Channel, channels, title

logger = logging.getLogger(__name__)

TOLD_WITHIN = timedelta(days=2)
"""An older alert is not sent any more: a channel that is set up later tells no history."""


def raise_alerts(alerts: Iterable[Alert], home: Home) -> int:
    """Keep alerts that are new, and tell them and those that nobody could be told before.

    Returns how many were new.
    """
    with one_at_a_time(home.logs):
        fresh = add_alerts(alerts, home.alerts)
        for alert in fresh:
            logger.warning("%s: %s", title(alert), ", ".join(alert.names))
        _tell(home)
    return len(fresh)


def raise_missing(home: Home, moment: datetime) -> tuple[date, list[str]]:
    """Alert of feeds whose delivery of the day before is late at `moment`: day, and feeds.

    What could not be told of older alerts is tried again.
    """
    settings = load_settings(home).alerts
    day, feeds = overdue(home, moment, settings.due, settings.delivery_feeds)
    late = [Alert("delivery", "", f"deliveries of {day}", tuple(feeds), now())] if feeds else []
    raise_alerts(late, home)
    return day, feeds


def _tell(home: Home) -> None:
    try:
        ways = channels(load_settings(home).alerts)
    except LusError as error:  # the settings' own fault is told by every command
        logger.error("alerts are told to nobody: %s", error.what)
        return
    broken = {way.name: reason for way in ways if (reason := _tell_by(way, home))}
    if _is_news(home, broken):
        for way in ways:  # that one is dead, the others can tell
            if way.name not in broken:
                _tell_by(way, home)


def _tell_by(way: Channel, home: Home) -> str:
    """Tell a channel what it was not told; why it does not work, or empty."""
    oldest = (datetime.now(UTC) - TOLD_WITHIN).isoformat()
    told = {
        (line["kind"], line["run_id"])
        for line in read_lines(home.alerts_sent)
        if line["channel"] == way.name and line["state"] == "sent"
    }
    for alert in read_alerts(home.alerts):
        is_own_death = alert.kind == "notifier" and alert.job == way.name
        if (alert.kind, alert.run_id) in told or alert.at < oldest or is_own_death:
            continue
        try:
            way.send(alert)
        except Exception as error:  # noqa: BLE001 - no failure to tell may fail a run
            _note(home, way, alert, "failed")
            return type(error).__name__
        _note(home, way, alert, "sent")
    return ""


def _note(home: Home, way: Channel, alert: Alert, state: str) -> None:
    line = {"kind": alert.kind, "run_id": alert.run_id, "channel": way.name}
    add_lines(home.alerts_sent, [{**line, "state": state, "at": now()}])


def _is_news(home: Home, broken: dict[str, str]) -> bool:
    """Make an alert of each channel that has not worked since it worked last; was there one?"""
    sent: dict[str, str] = {
        line["channel"]: line["at"]
        for line in read_lines(home.alerts_sent)
        if line["state"] == "sent"
    }
    dead = [
        Alert("notifier", name, f"{name} since {sent.get(name, 'ever')}", (reason,), now())
        for name, reason in broken.items()
    ]
    fresh = add_alerts(dead, home.alerts)
    for alert in fresh:
        logger.error("%s: %s", title(alert), ", ".join(alert.names))
    return bool(fresh)
