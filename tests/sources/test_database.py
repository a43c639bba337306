"""A database as a landing area: a day of its views is a delivery, whole or not at all."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from lus_assets.core.errors import LusError, UnreachableError
from lus_assets.core.location import parse_landing
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.landing import open_landing
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.source import Source
from tests.postgres import PASSWORD, Cluster, needs_postgres, running_cluster
from tests.unit.ingest.support import DAY, County, is_sum_right, row
from tests.wire import Wire, wire_to

pytestmark = [
    pytest.mark.slow,
    needs_postgres,
    pytest.mark.promise(
        "A database as source: read only, whole days or nothing, also when it restarts mid-read",
        area="Faults",
        how="Debian's PostgreSQL on loopback; the server is killed, the wire cut or silent",
    ),
]

ROLE = "lus_reader"
ROLE_PASSWORD = "reads and nothing else"  # noqa: S105 - of a server of the test's own
MANY = 20_000
SETTINGS = "[source]\nconnect_seconds = 5\nread_seconds = 2\n"


class Sender:
    """A source system's database: tables of its own, and the views that it offers."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        with self.connect() as connection:
            connection.execute(f"drop role if exists {ROLE}")
            connection.execute(f"create role {ROLE} login password '{ROLE_PASSWORD}'")
            connection.execute("create schema lus_export")
            connection.execute(
                "create table lus_export.delivery"
                " (feed text, delivery_date date, row_count bigint, version text)"
            )
            for feed in FEEDS.values():
                columns = ", ".join(f"{name} text" for name in feed.column_names)
                connection.execute(
                    f"create table lus_export.{feed.name} (delivery_date date, {columns})"
                )
            connection.execute(f"grant usage on schema lus_export to {ROLE}")
            connection.execute(f"grant select on all tables in schema lus_export to {ROLE}")

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.cluster.url(), password=PASSWORD, autocommit=True)

    def deliver(
        self, feed: str, rows: list[dict[str, str | None]], day: date = DAY, version: str = "1"
    ) -> None:
        """The day's rows are these from now on."""
        with self.connect() as connection:
            for table in (feed, "delivery"):
                where = "" if table == feed else f" and feed = '{feed}'"
                connection.execute(
                    f"delete from lus_export.{table} where delivery_date = %s{where}", [day]
                )
            names = ["delivery_date", *FEEDS[feed].column_names]
            with connection.cursor().copy(
                f"copy lus_export.{feed} ({', '.join(names)}) from stdin"
            ) as copy:
                for each in rows:
                    copy.write_row([day, *(each.get(name) or None for name in names[1:])])
            connection.execute(
                "insert into lus_export.delivery values (%s, %s, %s, %s)",
                [feed, day, len(rows), version],
            )

    def clear(self) -> None:
        with self.connect() as connection:
            for table in (*FEEDS, "delivery"):
                connection.execute(f"truncate lus_export.{table}")


@pytest.fixture(scope="module")
def sender() -> Iterator[Sender]:
    with running_cluster() as cluster, pytest.MonkeyPatch.context() as patch:
        made = Sender(cluster)
        patch.setenv("PGPASSWORD", ROLE_PASSWORD)
        yield made


class FromDatabase(County):
    """A home whose deliveries come from the sender's database, over a wire."""

    def __init__(self, root: Path, sender: Sender, wire: Wire) -> None:
        super().__init__(root)
        self.sender, self.wire = sender, wire
        self.address = f"postgresql://{ROLE}@127.0.0.1:{wire.port}/postgres"
        self.home.region.joinpath("settings.toml").write_text(SETTINGS)

    @property
    def source(self) -> Source:  # type: ignore[override]
        return open_landing(self.home, self.address)

    def take_in(self) -> int:
        """Everything there is; how many rows were delivered."""
        report = ingest_days(self.home, self.source, self.pseudonymizer)
        return sum(day.rows_delivered for day in report.days)


@pytest.fixture
def there(sender: Sender, tmp_path: Path) -> Iterator[FromDatabase]:
    sender.clear()
    with wire_to(sender.cluster.port) as wire:
        yield FromDatabase(tmp_path, sender, wire)


def stays(count: int) -> list[dict[str, str | None]]:
    return [row("stays", stay_id=f"S{number}") for number in range(count)]


def test_a_day_is_a_delivery_with_its_rows_accounted_for(there: FromDatabase) -> None:
    there.sender.deliver("stays", [row("stays"), row("stays", care_type="x")])
    there.sender.deliver("messages", [row("messages")], date(2024, 3, 3))
    there.sender.deliver("persons", [], date(2024, 3, 2))
    report = ingest_days(there.home, there.source, there.pseudonymizer)
    assert is_sum_right(there)
    delivered = {
        (day.feed, day.delivery_date): (day.rows_delivered, day.rows_quarantined)
        for day in report.days
        if not day.is_gap
    }
    assert delivered == {
        ("stays", DAY): (2, 1),
        ("messages", date(2024, 3, 3)): (1, 0),
        ("persons", date(2024, 3, 2)): (0, 0),
    }
    assert len(report.gaps) == 3 * len(FEEDS) - 3
    assert sorted(there.reasons("stays"), key=str) == ["INVALID_CODE", None]
    assert [each["admitted_at"].isoformat() for each in there.lake("stays")[:1]] != []


def test_columns_may_have_types_of_their_own(there: FromDatabase) -> None:
    """Timestamps with and without zone, dates and flags as a database has them."""
    with there.sender.connect() as connection:
        connection.execute(
            "alter table lus_export.stays alter admitted_at type timestamptz"
            " using admitted_at::timestamptz,"
            " alter to_open_compulsory_care type boolean using to_open_compulsory_care::boolean,"
            " add extra jsonb"
        )
    try:
        there.sender.deliver("stays", [row("stays", admitted_at="2024-07-01T10:00+00",
            discharged_at="2024-07-03T12:00")])  # fmt: skip
        (file,) = ingest_days(there.home, there.source, there.pseudonymizer).days[0].files
        assert (file.rows_quarantined, file.unknown_columns) == (0, 1)
        (read,) = there.lake("stays")
        assert read["admitted_at"].isoformat() == "2024-07-01T12:00:00"
        assert read["discharged_at"].isoformat() == "2024-07-03T12:00:00"
        assert read["to_open_compulsory_care"] is False
    finally:
        with there.sender.connect() as connection:
            connection.execute(
                "alter table lus_export.stays alter admitted_at type text,"
                " alter to_open_compulsory_care type text, drop column extra"
            )


def test_what_is_known_is_not_read_again_and_a_changed_day_is_refused(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(1000))
    assert there.take_in() == 1000
    before = there.wire.received
    assert [file.status for file in there.ingest("stays").files] == ["seen"]
    assert there.wire.received - before < 5000
    there.sender.deliver("stays", stays(999), version="2")
    assert pending_days(there.home, there.source, there.pseudonymizer) == [DAY]
    (refused,) = there.ingest("stays").refused
    assert refused.reason_code == "FILE_CHANGED"
    assert len(there.lake("stays")) == 1000


def test_the_same_rows_in_another_order_are_the_same_delivery(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(100))
    there.take_in()
    there.sender.deliver("stays", stays(100)[::-1], version="loaded again")
    assert [file.status for file in there.ingest("stays").files] == ["seen"]


@pytest.mark.parametrize("how", ["break_after", "fall_silent_after", "restart"])
def test_a_read_that_breaks_leaves_nothing_and_the_next_run_does_the_rest(
    there: FromDatabase, how: str, figures: dict[str, object]
) -> None:
    there.sender.deliver("stays", stays(10), date(2024, 2, 28))
    there.take_in()
    there.sender.deliver("stays", stays(MANY))
    there.sender.deliver("stays", stays(10), date(2024, 3, 2))
    before = (there.versions(), there.state())
    cache = there.home.landing_cache / "content"
    kept = sorted(each.name for each in cache.glob("*"))
    source = there.source
    assert len(source.list_deliveries("stays")) == 3
    cluster = there.sender.cluster
    if how == "restart":
        there.wire.on_passing(200_000, lambda: cluster.stop("immediate"))
    else:
        getattr(there.wire, how)(200_000)
    with pytest.raises(UnreachableError, match="does not answer"):
        ingest_days(there.home, source, there.pseudonymizer)
    assert (there.versions(), there.state()) == before
    assert sorted(each.name for each in cache.glob("*")) == kept
    there.wire.mend()
    if how == "restart":
        cluster.start()
    assert there.take_in() == MANY + 20
    assert is_sum_right(there)
    figures["broken reads"] = 1


def test_a_day_that_has_fewer_rows_than_it_says_is_not_taken(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(10))
    with there.sender.connect() as connection:
        connection.execute("delete from lus_export.stays where stay_id = 'S3'")
    with pytest.raises(UnreachableError, match="sent 9 rows of a day that it says has 10"):
        there.take_in()
    assert there.versions() == []


def test_a_day_that_changes_between_listing_and_reading_is_not_taken(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(10))
    source = there.source
    assert len(source.list_deliveries("stays")) == 1
    there.sender.deliver("stays", stays(11), version="2")
    with pytest.raises(UnreachableError, match="changed in the database"):
        ingest_days(there.home, source, there.pseudonymizer)
    assert there.take_in() == 11


def test_a_view_that_writes_is_refused(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(1))
    with there.sender.connect() as connection:
        connection.execute("create table public.written (n int)")
        connection.execute("grant insert on public.written to public")
        connection.execute(
            "create function public.writes() returns text language sql volatile"
            " as 'insert into public.written values (1) returning n::text'"
        )
        connection.execute("alter table lus_export.stays rename to stays_table")
        connection.execute(
            "create view lus_export.stays as"
            " select t.*, public.writes() as more from lus_export.stays_table t"
        )
        connection.execute(f"grant select on lus_export.stays to {ROLE}")
    try:
        with pytest.raises(LusError, match="ReadOnlySqlTransaction"):
            there.take_in()
        with there.sender.connect() as connection:
            assert connection.execute("select count(*) from public.written").fetchone() == (0,)
    finally:
        with there.sender.connect() as connection:
            connection.execute("drop view lus_export.stays")
            connection.execute("alter table lus_export.stays_table rename to stays")


def test_what_the_database_says_is_not_told_when_it_may_hold_a_value(there: FromDatabase) -> None:
    there.sender.deliver("stays", stays(1))
    with there.sender.connect() as connection:
        connection.execute("alter table lus_export.delivery rename column version to loaded")
    try:
        with pytest.raises(LusError, match="UndefinedColumn") as told:
            there.take_in()
    finally:
        with there.sender.connect() as connection:
            connection.execute("alter table lus_export.delivery rename column loaded to version")
    assert ROLE_PASSWORD not in str(told.value)


def test_a_feed_that_the_contract_does_not_know_is_reported(there: FromDatabase) -> None:
    with there.sender.connect() as connection:
        connection.execute(
            "insert into lus_export.delivery values ('stays; drop table x', %s, 1, '1')", [DAY]
        )
    assert [each.path for each in there.source.list_strangers(FEEDS)] == ["stays; drop table x"]
    assert there.source.list_deliveries("stays; drop table x") == []


def test_a_wrong_password_is_told_without_it(
    there: FromDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "not the right one")
    with pytest.raises(UnreachableError) as told:
        there.take_in()
    assert "not the right one" not in str(told.value)
    with pytest.raises(LusError, match="holds a secret"):
        parse_landing(f"postgresql://{ROLE}:pw@127.0.0.1/postgres")
