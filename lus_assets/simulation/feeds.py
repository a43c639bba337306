"""The five feeds: their rows as numbers, and how a row reads in the landing contract.

Every feed's rows carry `day` (the folder), `order` (place in the day's file), `fault` (index into
ROW_FAULTS or -1), `episode` (-1 where none) and `id`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lus_assets.simulation.clock import DAY, iso, iso_day, yyyymmdd
from lus_assets.simulation.columns import Array, Columns, Text, pc
from lus_assets.simulation.messages import INPATIENT, ROLES, STATUSES, TYPES
from lus_assets.simulation.people import RESERVE
from lus_assets.simulation.reference import districts, hospitals, places

Rendered = dict[str, Text]

CARE_TYPES = ("somatic", "psychiatric")
LEGAL_BASES = ("hsl", "lpt", "lrv")
DISCHARGE_TYPES = ("home", "special_housing", "transferred", "deceased", "other")
NEEDS = ("both", "municipality", "region")
DISPUTE_STATUSES = ("open", "upheld", "rejected")
GROUNDS = (
    "Underrättelsen skickades efter klockan 12.00",
    'Kallelsen kom aldrig fram, enligt "Mina ärenden" finns ingen',
    "Patienten var inte medicinskt färdigbehandlad",
    "Fel kommun, den enskilde är placerad av en annan",
)


@dataclass(frozen=True)
class Feed:
    """A feed's rows and their reading."""

    name: str
    rows: Columns
    render: Callable[[Columns], Rendered]


def words(vocabulary: tuple[str, ...] | Array, positions: Array) -> Text:
    """Texts by position; null where it is negative."""
    indices = pa.array(np.maximum(positions, 0).astype(np.int32), mask=positions < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(vocabulary))).cast(pa.string())


def flags(values: Array) -> Text:
    """true, or empty for false: both spellings of the default occur."""
    return words(("true",), np.where(values, 0, -1))


def ids(prefix: str, numbers: Array) -> Text:
    """Prefix and number; null where it is negative."""
    digits = pa.array(np.maximum(numbers, 0), mask=numbers < 0).cast(pa.string())
    return pc.binary_join_element_wise(prefix, digits, "")


def person_ids(who: Columns, rows: Columns) -> Text:
    """The same person's id in the forms that systems write, where the form is unambiguous.

    Ten digits need a century: `-` is written up to 98 years after the birth year, `+` from 101.
    """
    person = rows["who"]
    number, kind = who["number"][person], who["kind"][person]
    text = pa.array(number).cast(pa.string())
    date_part = pc.utf8_slice_codeunits(text, 0, 8)
    short = pc.utf8_slice_codeunits(text, 2, 8)
    end = pc.utf8_slice_codeunits(text, 8, 12)
    years = yyyymmdd(rows["day"]) // 10000 - number // 10**8
    habit = (number + rows["day"] * 7) % 10
    form = np.where(habit < 6, 0, np.where(habit < 8, 1, 2))
    form = np.where((form == 2) & (years >= 101), 3, form)
    form = np.where((form == 2) & (years > 98), 0, form)
    form = np.where(kind == RESERVE, 4, form)
    join = pc.binary_join_element_wise
    return pc.choose(
        pa.array(form),
        text,
        join(date_part, end, "-"),
        join(short, end, "-"),
        join(short, end, "+"),
        join("R", text, ""),
    )


def stay_feed(who: Columns, rows: Columns) -> Feed:
    """Stays: at admission, and again at discharge."""

    def render(row: Columns) -> Rendered:
        style = hospitals().style[row["hospital"]]
        return {
            "stay_id": ids("V", row["id"]),
            "person_id": person_ids(who, row),
            "hospital_unit": words(hospitals().names, row["hospital"]),
            "care_type": words(CARE_TYPES, row["psychiatric"].astype(np.int64)),
            "legal_basis": words(LEGAL_BASES, row["legal"]),
            "admission_type": words(("unplanned", "planned"), row["planned"].astype(np.int64)),
            "admitted_at": iso(row["admitted"], style),
            "discharged_at": iso(row["discharged"], style),
            "discharge_type": words(DISCHARGE_TYPES, row["discharge_type"]),
            "to_open_compulsory_care": flags(row["to_open"]),
            "updated_at": iso(row["updated"], style),
        }

    return Feed("stays", rows, render)


def _units(who: Columns) -> tuple[Array, Array]:
    """Names of all sending units, and each person's place among the municipal ones.

    Hospitals first; then health centres and municipal units per municipality and district. A
    person of unknown or protected residence has a unit that does not tell.
    """
    county = [name for name in places().names[: places().county] if name != "Stockholm"]
    areas = districts().names[0].tolist()
    everywhere = [*county, *areas, "länet"]
    names = [*hospitals().names, *(f"Vårdcentralen {name}" for name in everywhere)]
    names += [f"Biståndsenheten {name}" for name in everywhere]
    stockholm = places().stockholm
    local = np.where(who["home"] > stockholm, who["home"] - 1, who["home"])
    local = np.where(who["area"] >= 0, len(county) + who["area"], local)
    hidden = who["protected"] | (who["home"] < 0) | (who["home"] >= places().county)
    return np.array(names), np.where(hidden, len(everywhere) - 1, local)


def message_feed(who: Columns, rows: Columns) -> Feed:
    """Messages of the discharge process."""
    units, local = _units(who)
    everywhere = (len(units) - len(hospitals().names)) // 2

    def render(row: Columns) -> Rendered:
        style, role = row["style"].astype(np.int64), row["role"].astype(np.int64)
        unit = len(hospitals().names) + (role - 1) * everywhere + local[row["who"]]
        return {
            "message_id": ids("M", row["id"]),
            "stay_id": ids("V", row["stay"]),
            "message_type": words(TYPES, row["type"].astype(np.int64)),
            "sent_at": iso(row["sent"], style),
            "sender_unit": words(units, np.where(role == INPATIENT, row["hospital"], unit)),
            "sender_role": words(ROLES, role),
            "cancels_message_id": ids("M", row["cancels"]),
            "needs": words(NEEDS, row["needs"].astype(np.int64)),
            "need_assessed_at": iso(row["assessed"], style),
            "planned_discharge_at": iso(row["planned_discharge"], style),
            "status": words(STATUSES, row["status"].astype(np.int64)),
            "refers_to_message_id": ids("M", row["refers"]),
        }

    return Feed("messages", rows, render)


def person_feed(who: Columns, rows: Columns) -> Feed:
    """The population register: the row needed first, and moves."""

    def render(row: Columns) -> Rendered:
        person = row["who"]
        district = districts().name_on(row["area"], row["day"])
        return {
            "person_id": person_ids(who, row),
            "birth_date": iso_day(who["birth"][person]),
            "municipality_code": words(places().codes, row["home"]),
            "district_code": pa.array(district, pa.string(), mask=district == ""),
            "protected_identity": flags(who["protected"][person]),
            "valid_from": iso_day(row["valid_from"]),
        }

    return Feed("persons", rows, render)


def placement_feed(who: Columns, rows: Columns) -> Feed:
    """Placements in another municipality."""

    def render(row: Columns) -> Rendered:
        person = row["who"]
        return {
            "placement_id": ids("P", row["id"]),
            "person_id": person_ids(who, row),
            "placing_municipality_code": words(places().codes, who["placing"][person]),
            "staying_municipality_code": words(places().codes, who["staying"][person]),
            "legal_basis": words(("sol", "lss"), who["lss"][person].astype(np.int64)),
            "housing": words(
                ("other", "special_service"), who["special_service"][person].astype(np.int64)
            ),
            "valid_from": iso_day(who["placed_from"][person]),
            "valid_to": iso_day(who["placed_to"][person]),
        }

    return Feed("placements", rows, render)


def dispute_feed(rows: Columns) -> Feed:
    """Municipalities' disputes of the month under review."""

    def render(row: Columns) -> Rendered:
        local = np.zeros(len(row["id"]), np.int64)
        month = iso_day(row["discharged"] // DAY)
        return {
            "dispute_id": ids("T", row["id"]),
            "episode_id": ids("V", row["stay"]),
            "municipality_code": words(places().codes, row["municipality"]),
            "billing_month": pc.utf8_slice_codeunits(month, 0, 7),
            "ground": words(GROUNDS, row["id"] % len(GROUNDS)),
            "status": words(DISPUTE_STATUSES, row["status"]),
            "raised_at": iso(row["raised"], local),
            "updated_at": iso(row["updated"], local),
        }

    return Feed("disputes", rows, render)
