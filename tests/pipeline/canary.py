"""Deliveries that name persons wherever a sender may: in every form, in wrong places, in names."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from tests.golden.contract import FEED_COLUMNS, Row, write_landing
from tests.pipeline.marts import write_region
from tests.unit.privacy.numbers import PERSONNUMMER, SAMORDNINGSNUMMER

FIRST, LAST = date(2024, 3, 1), date(2024, 4, 26)
DAY = date(2024, 3, 8)
HUDDINGE, BOTKYRKA = "0126", "0127"
OWN = "200604032391"
"""A person of Botkyrka; everyone else here is Huddinge's."""
PEOPLE = [*PERSONNUMMER[:3], SAMORDNINGSNUMMER[0]]
ACTIVE = {
    "settings.toml": 'region = "01"\n',
    "ruleset_invoicing.csv": "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2024-01-01,active\n"
    "stockholm-2020-psychiatric,2024-01-01,active\n",
}


def writings(person_id: str) -> list[str]:
    """A person id as people and programs write it, right and wrong."""
    year, birth, last = person_id[:2], person_id[2:8], person_id[8:]
    wrong = f"{last[:3]}{(int(last[3]) + 1) % 10}"
    return [
        *(person_id, f"{birth}{last}", f"{birth}-{last}", f"{year}{birth}-{last}"),
        *(f"{birth}+{last}", f"{year}{birth} {last}", f"{birth} {last}", f" {person_id} "),
        *(f"'{person_id}'", f'"{person_id}"', f"{year}{birth}{wrong}", f"{birth}-{wrong}"),
        *(f"{year}{birth}\u2013{last}", f"{year}{birth[:2]}-{birth[2:4]}-{birth[4:]}-{last}"),
        *(f"{year}{birth[:2]} {birth[2:]} {last}", f"{birth}_{last}", f"{birth}.{last}"),
        *(f"{year}{birth} - {last}", f"{year}{birth}\u00a0{last}"),
    ]


def deliver(landing: Path) -> None:
    """Two municipalities' stays with notices, and then what should not have been sent."""
    rows: list[Row] = []
    forms = [form for each in PEOPLE for form in writings(each)]
    for number, form in enumerate(forms):
        rows += _stay(f"S{number}", form, HUDDINGE, unit=f"Avd {forms[-number - 1]}")
    rows += _stay("B1", OWN, BOTKYRKA, unit="Geriatriken")
    write_landing(landing, rows, FIRST, LAST)
    _wrong_places(landing, forms)
    _names(landing, forms)


def region(home: Home) -> None:
    """Invoicing is active."""
    write_region(home, "01", ACTIVE)


def _stay(stay_id: str, person_id: str, municipality: str, unit: str) -> list[Row]:
    stay = {
        "stay_id": stay_id,
        "person_id": person_id,
        "hospital_unit": unit,
        "care_type": "somatic",
        "admission_type": "unplanned",
        "admitted_at": "2024-03-01T08:00:00",
        "discharged_at": "2024-03-08T14:00:00",
        "discharge_type": "home",
        "updated_at": "2024-03-08T14:00:00",
    }
    person = {
        "person_id": person_id,
        "municipality_code": municipality,
        "birth_date": "1940-01-02",
        "valid_from": "2020-01-01",
    }
    sent = {"stay_id": stay_id, "sender_role": "inpatient", "needs": "municipality"}
    notices = (
        ("a", "admission_notice", "2024-03-01T09:00:00", "Geriatriken"),
        ("r", "ready_notice", "2024-03-04T10:00:00", unit),
    )
    return [
        Row("stays", DAY, "a.csv", stay),
        Row("persons", FIRST, "a.csv", person),
        *(
            Row(
                *("messages", date(2024, 3, 4), "a.csv"),
                sent
                | {"message_id": f"{stay_id}{mark}", "message_type": kind}
                | {"sent_at": at, "sender_unit": who},
            )
            for mark, kind, at, who in notices
        ),
    ]


def _wrong_places(landing: Path, forms: list[str]) -> None:
    """Ids in columns that are no person's, rows that cannot be read, values too many."""
    for feed, columns in FEED_COLUMNS.items():
        keys = {"stay_id", "message_id", "placement_id", "dispute_id", "episode_id"}
        for column in columns:
            if column.removeprefix("cancels_").removeprefix("refers_to_") in keys:
                continue
            with _file(landing, feed, f"wrong-{column}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="x")
                writer.writeheader()
                writer.writerows({column: form} for form in forms)
        _file(landing, feed, "broken.csv").write_text(
            ",".join(columns) + "\n" + "".join(f'{form},"{form}\n' for form in forms)
        )
        lines = [f'{{"person_id": "{forms[0]}", {form}' for form in forms]
        _file(landing, feed, "broken.jsonl").write_text("\n".join(lines))
        _file(landing, feed, "cut.csv.gz").write_bytes(gzip.compress(forms[0].encode())[:-4])
        _file(landing, feed, "no.parquet").write_text(forms[0])


def _names(landing: Path, forms: list[str]) -> None:
    """Ids in names of files, folders, columns, JSON keys and Parquet metadata."""
    for feed, columns in FEED_COLUMNS.items():
        for number, form in enumerate(forms):
            name = form.replace("/", "").replace('"', "''")
            if feed == "stays" or number % 19 == 0:
                _file(landing, feed, f"{name}.csv").write_text(",".join([*columns, form]) + "\n")
            if number % 19 == 0:
                _file(landing, feed, f"{name}.pdf").write_text("no delivery")
                (landing / feed / name).mkdir()
        _file(landing, feed, "keys.jsonl").write_text(
            "\n".join(json.dumps({form: form}, ensure_ascii=False) for form in forms)
        )
        _file(landing, feed, "header.csv").write_text(",".join(map(repr, forms)) + "\n1\n")
        fields = [pa.field(form, pa.string(), metadata={form: form}) for form in forms]
        fields += [pa.field(each, pa.string()) for each in columns]
        schema = pa.schema(fields, metadata={forms[0]: forms[1]})
        pq.write_table(schema.empty_table(), _file(landing, feed, "names.parquet"))
    (landing / forms[0]).mkdir()


def _file(landing: Path, feed: str, name: str) -> Path:
    return landing / feed / DAY.isoformat() / name
