"""Unplanned readmissions within seven days, 65 and over."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from .episodes import Episode
from .people import People

WEEK = timedelta(days=7)


def readmissions(episodes: list[Episode], people: People) -> dict[str, dict[str, Any]]:
    """One row per index episode, in the discharge process or not."""
    by_person: dict[str, list[Episode]] = defaultdict(list)
    for episode in sorted(episodes, key=lambda e: (e.admitted_at, e.id)):
        by_person[episode.person].append(episode)
    rows = {}
    for index in episodes:
        row = _index_row(index, by_person[index.person], people)
        if row:
            rows[index.id] = row
    return rows


def _index_row(index: Episode, own: list[Episode], people: People) -> dict[str, Any] | None:
    if index.discharged_at is None or index.last["discharge_type"] == "deceased":
        return None
    discharged = index.discharged_at.date()
    born = people.birth_date(index.person, discharged)
    if born is None or age_on(born, discharged) < 65:
        return None
    home = people.residence(index.person, discharged, discharged)
    after_index = own[own.index(index) + 1 :]
    later = [e for e in after_index if e.admitted_at >= index.discharged_at]
    following = later[0] if later else None
    days = (following.admitted_at.date() - discharged).days if following else None
    unplanned = following and following.stays[0]["admission_type"] == "unplanned"
    return {
        "index_episode_id": index.id,
        "person_key": index.person,
        "discharge_date": discharged,
        "age": age_on(born, discharged),
        "municipality_code": home.municipality,
        "district_code": home.district,
        "next_episode_id": following.id if following else None,
        "days_to_next": days,
        "is_readmitted_within_7_days": bool(unplanned and days <= 7),
        "is_follow_up_complete": discharged + WEEK < index.as_of,
    }


def age_on(born: date, day: date) -> int:
    """Whole years; a birthday counts from its own day."""
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (0 if had_birthday else 1)
