"""Who may be forgotten: people of whom nothing was heard for long, and whom no issued month needs.

People go whole, with whoever shares an id with them (a stay that changed its person, a message that
cancels another's), so that what stays is computed as before. Nobody goes who has a stay in a month
of the ledger, is in a base that was issued, or is still in hospital.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ledger.ledger import Ledger
from lus_assets.ledger.tables import issued_people, issued_tables
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import Table
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.prepare import files_by_feed, in_lake, lake_views

CARE = ("stays", "messages", "disputes")
"""Feeds about care; the others say where people live."""
_NODES = """
create table link as
select
    hash('stay', stay_id) as node, hash('person', person_key) as other,
    greatest(delivery_date, cast(admitted_at as date), cast(discharged_at as date)) as on_date
from stays
union all
select
    hash('message', message_id), hash('stay', stay_id),
    greatest(delivery_date, cast(sent_at as date))
from messages
union all
select hash('message', message_id), hash('message', cancels_message_id), delivery_date
from messages where cancels_message_id is not null
union all
select hash('message', message_id), hash('message', refers_to_message_id), delivery_date
from messages where refers_to_message_id is not null
union all
select hash('dispute', dispute_id), hash('stay', episode_id), delivery_date from disputes;
create table node as
select node, row_number() over () - 1 as number
from (select node from link union select other from link);
"""
"""What belongs together, and when it was last heard of."""

_KIN = """
create table needed as
select hash('stay', stay_id) as node
from stays
inner join issued_month on date_trunc('month', stays.discharged_at) = issued_month.month
union
select hash('stay', stay_id) from issued_stay
union
select hash('person', person_key) from issued_person;
create table in_hospital as
select distinct hash('stay', stay_id) as node
from (
    select
        stay_id, discharged_at, rank() over (partition by stay_id order by updated_at desc) as nth
    from stays
)
where nth = 1 and discharged_at is null;
create table kin as
select
    label.kin,
    max(link.on_date) as last_heard_of,
    count(needed.node) > 0 as is_needed,
    count(in_hospital.node) > 0 as is_in_hospital
from node
inner join label using (number)
left join (select node, on_date from link union all select other, on_date from link) as link
    on node.node = link.node
left join needed on node.node = needed.node
left join in_hospital on node.node = in_hospital.node
group by label.kin;
"""
"""Of each group: when it was last heard of, do issued months need it, is one still in hospital."""


@dataclass(frozen=True)
class Forgetting:
    """What is to go: rows (feed, file_version_id, row_number), people (person_key), and months that
    are not whole afterwards. kept: rows as old that issued months need."""

    rows: Table
    people: list[str]
    months: list[date]
    kept: int


def plan_forgetting(home: Home, care_before: date | None, people_before: date | None) -> Forgetting:
    """What may go. care_before: stays, messages and disputes of people about whose care nothing was
    heard since that day; people_before: people without any care left about whom nothing at all was
    delivered since, and whom no row names that counts. None: nothing of it goes."""
    with connect(Path(":memory:")) as connection:
        _lay_out(connection, home)
        connection.execute(_NODES)
        _label(connection)
        connection.execute(_KIN)
        months, kept = _choose_care(connection, care_before)
        people = _choose_people(connection, people_before)
        rows = connection.execute("from gone order by all").to_arrow_table()
    return Forgetting(rows, people, months, kept)


def _lay_out(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """The feeds' valid rows with their delivery date, and what the ledger says was issued."""
    with Catalog.opened(home) as catalog:
        versions = catalog.file_versions()
    connection.execute("create schema lake")
    lake_views(connection, in_lake(home, files_by_feed(versions)))
    days = {
        "file_version_id": [each.file_version_id for each in versions],
        "delivery_date": pa.array([each.delivery_date for each in versions], pa.date32()),
    }
    connection.register("version", pa.table(days))
    for feed in FEEDS:
        connection.execute(
            f"create view {feed} as select * from lake.{feed} inner join version"
            " using (file_version_id) where reason_code is null"
        )
    for name, table in issued_tables(home, date.max).items():
        connection.register(name, table)
    connection.execute(
        "create table issued_month as select distinct cast(month as timestamp) as month from ("
        " select billing_month as month from issue"
        " union all select original_month from issued_invoice_line"
        " union all select original_month from reviewed_correction)"
    )
    connection.execute("create table issued_stay as select distinct stay_id from reviewed_stay")
    with Ledger.opened(home) as ledger:
        people = vault.keys_of_today(home, sorted(issued_people(ledger)))
    connection.register("issued_person", pa.table({"person_key": pa.array(people, pa.string())}))
    with vault.opened(home) as store:
        keys = [each.select(["person_key"]) for each in store.tables("identity")]
    none = vault.IDENTITY_SCHEMA.empty_table().select(["person_key"])
    connection.register("identity", pa.concat_tables([none, *keys]))


def _label(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `label`: which nodes hang together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = connection.execute(
        "select a.number as a, b.number as b from link"
        " inner join node as a on link.node = a.node inner join node as b on link.other = b.node"
    ).fetchnumpy()
    row = connection.execute("select count(*) from node").fetchone()
    size = int(row[0]) if row else 0
    ones = np.ones(len(edges["a"]), dtype=np.int8)
    graph = coo_matrix((ones, (edges["a"], edges["b"])), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    connection.register("label", pa.table({"number": np.arange(size), "kin": labels}))


def _choose_care(
    connection: duckdb.DuckDBPyConnection, before: date | None
) -> tuple[list[date], int]:
    """Tables `care` and `gone`, rows that go; months that lose rows, and how many are kept."""
    connection.execute(
        """
        create table care as
        select each.*, kin.last_heard_of < ? as is_old, kin.is_needed, kin.is_in_hospital
        from (
            select 'stays' as feed, file_version_id, row_number, hash('stay', stay_id) as node,
                person_key, discharged_at from stays
            union all
            select 'messages', file_version_id, row_number, hash('message', message_id), null, null
            from messages
            union all
            select 'disputes', file_version_id, row_number, hash('dispute', dispute_id), null, null
            from disputes
        ) as each
        inner join node using (node)
        inner join label using (number)
        inner join kin using (kin)
        """,
        [before or date.min],
    )
    connection.execute(
        "create table gone as select feed, file_version_id, row_number, person_key, discharged_at"
        " from care where is_old and not is_needed and not is_in_hospital"
    )
    months = connection.execute(
        "select distinct cast(date_trunc('month', discharged_at) as date) from gone"
        " where discharged_at is not null order by 1"
    ).fetchall()
    row = connection.execute("select count(*) from care where is_old and is_needed").fetchone()
    connection.execute("alter table gone drop person_key")
    connection.execute("alter table gone drop discharged_at")
    return [month for (month,) in months], int(row[0]) if row else 0


def _choose_people(connection: duckdb.DuckDBPyConnection, before: date | None) -> list[str]:
    """People who go, their register rows added to `gone`."""
    if before is None:
        return []
    connection.execute(
        """
        create table leaver as
        with known as (
            select person_key, delivery_date from persons
            union all select person_key, delivery_date from placements
            union all select person_key, delivery_date from stays
        ),
        old as (
            select person_key from known group by person_key having max(delivery_date) < ?
            union all
            -- read of a file that was set aside whole later on: nothing of theirs counts
            select person_key from identity anti join known using (person_key)
        )
        select person_key from old
        except select person_key from issued_person
        except
        select stays.person_key from stays
        anti join gone on stays.file_version_id = gone.file_version_id
            and stays.row_number = gone.row_number
        """,
        [before],
    )
    for feed in ("persons", "placements"):
        connection.execute(
            f"insert into gone select '{feed}', file_version_id, row_number from {feed}"
            " semi join leaver using (person_key)"
        )
    found = connection.execute("select person_key from leaver order by 1").fetchall()
    return [key for (key,) in found]
