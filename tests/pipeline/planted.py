"""Persons planted in deliveries, and how to find them where nobody may be told of."""

import zipfile
from pathlib import Path

import duckdb

from tests.golden.contract import FEED_COLUMNS
from tests.pipeline.deliveries import write_rows

THEIR_OWN = "published/review/2024-02/v1/0126/"
"""The one place outside the vault that may tell of the planted person: her own municipality's."""
IN_TEXT, IN_NAME = "189001019802", "189001029819"
SECRETS = (b"canary", IN_TEXT.encode(), IN_NAME.encode(), f"{IN_TEXT[:8]}-{IN_TEXT[8:]}".encode())
"""What no other file outside the vault may hold, in lower case."""


def plant_secrets(landing: Path) -> None:
    """Rows and files, good and bad, that name persons or hold values to be recognised by."""

    def deliver(feed: str, name: str, *rows: dict[str, str]) -> None:
        columns = list(FEED_COLUMNS[feed])
        full = [dict.fromkeys(columns, "") | row for row in rows]
        write_rows(landing / feed / "2024-02-10" / name, columns, full)

    stay = {
        "stay_id": "SECRET-1",
        "person_id": "CANARY-RESERVE",
        "hospital_unit": "Geriatriken",
        "care_type": "somatic",
        "admission_type": "unplanned",
        "admitted_at": "2024-02-03T08:00:00",
        "discharged_at": "2024-02-10T12:00:00",
        "discharge_type": "home",
        "updated_at": "2024-02-10T12:00:00",
    }
    person = {"person_id": "CANARY-RESERVE", "birth_date": "1931-07-13"}
    message = {"message_id": "SECRET-M", "stay_id": "SECRET-1", "sent_at": "2024-02-04T08:00:00"}
    message |= {"message_type": "ready_notice", "sender_unit": "G", "sender_role": "inpatient"}
    deliver(
        *("stays", "secret.csv", stay),
        stay | {"stay_id": "SECRET-2", "admitted_at": "canary-stamp"},
        stay | {"stay_id": "SECRET-3", "hospital_unit": f"Avd 3, {IN_TEXT}"},
    )
    deliver("stays", f"{IN_NAME}.csv", stay | {"stay_id": "SECRET-4", "care_type": "canary-care"})
    deliver(
        *("persons", "secret.jsonl"),
        person | {"municipality_code": "0126", "valid_from": "2010-01-01"},
        person | {"municipality_code": "0126", "valid_from": "canary-date"},
    )
    deliver("messages", "secret.parquet", message, message | {"message_type": "canary_type"})
    dispute = {"dispute_id": "SECRET-D", "episode_id": "SECRET-1", "municipality_code": "0126"}
    dispute |= {"billing_month": "2024-02", "status": "rejected", "ground": "Canary säger nej"}
    stamp = "2024-02-10T13:00:00"
    deliver("disputes", "secret.csv", dispute | {"raised_at": stamp, "updated_at": stamp})
    day = landing / "messages" / "2024-02-10"
    (day / "broken.parquet").write_bytes(b"canary, not Parquet")
    (day / "broken.jsonl").write_bytes(b'{"message_id": "canary')
    (day / "broken.csv").write_bytes(b'message_id,"canary\n')


def unzipped(workbook: Path) -> bytes:
    """All of its parts, in lower case."""
    with zipfile.ZipFile(workbook) as packed:
        return b"".join(packed.read(name) for name in packed.namelist()).lower()


def secrets_in(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Which of the secrets the relation's rows hold."""
    row = "lower(concat_ws('|', *columns(*)))"
    found = [
        connection.execute(
            f"select count(*) from {relation} where contains({row}, ?)", [secret.decode()]
        ).fetchone()
        for secret in SECRETS
    ]
    return [
        secret.decode() for secret, count in zip(SECRETS, found, strict=True) if count and count[0]
    ]
