"""The truth agrees with what is delivered, read by a second, independent hand."""

import duckdb
import pytest

from .conftest import County

LOCAL = """
create macro local_time(text) as case
    when text like '%Z' or text like '%+0_:00'
        then text::timestamptz at time zone 'Europe/Stockholm'
    else text::timestamp end
"""


@pytest.fixture
def delivered(faultless: County) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(LOCAL)
    for feed in ("stays", "messages"):
        connection.register(feed, faultless.feed(feed).to_arrow_table())
    connection.register("truth", faultless.episodes())
    return connection


def test_the_truth_has_every_episode_with_a_notice_and_no_other(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    notices = "select distinct stay_id from messages where message_type in ({})"
    told = delivered.execute(notices.format("'admission_notice', 'ready_notice'")).fetchall()
    meant = set(delivered.execute("select episode_id from truth").fetchall())
    assert set(told) <= meant
    waiting = delivered.execute("select episode_id from truth where not is_discharged")
    assert meant - set(told) <= set(waiting.fetchall()), "only where the notice is yet to come"


def test_ready_days_follow_from_the_messages(delivered: duckdb.DuckDBPyConnection) -> None:
    wrong = delivered.execute(
        """
        with ready as (
            select stay_id, min(local_time(sent_at)) as sent_at
            from messages where message_type = 'ready_notice' group by stay_id
        ),
        ended as (
            select stay_id, local_time(discharged_at) as discharged_at
            from stays where discharged_at is not null
        )
        select count(*), count(*) filter (where truth.ready_days <> greatest(0,
            ended.discharged_at::date - ready.sent_at::date
                - (ready.sent_at::time >= '12:00:00')::int))
        from truth
        inner join ready on truth.episode_id = ready.stay_id
        inner join ended on truth.episode_id = ended.stay_id
        """
    ).fetchall()[0]
    assert wrong[0] > 900
    assert wrong[1] == 0


def test_messages_are_sent_during_the_stay_but_for_the_call_and_the_farewell(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    late = delivered.execute(
        """
        select distinct message_type from messages
        inner join stays using (stay_id)
        where discharged_at is not null and local_time(sent_at) > local_time(discharged_at)
        """
    ).fetchall()
    assert {kind for (kind,) in late} == {"sip_call", "discharge_information"}


def test_a_reference_names_an_earlier_message_of_the_same_stay(
    delivered: duckdb.DuckDBPyConnection,
) -> None:
    wrong = delivered.execute(
        """
        select count(*), count(*) filter (where earlier.stay_id = messages.stay_id
            and local_time(earlier.sent_at) <= local_time(messages.sent_at))
        from messages
        left join messages as earlier on messages.refers_to_message_id = earlier.message_id
        where messages.message_type = 'receipt'
        """
    ).fetchall()[0]
    assert wrong[0] == wrong[1] > 1000


def test_nobody_is_in_two_beds(delivered: duckdb.DuckDBPyConnection) -> None:
    overlaps = delivered.execute(
        """
        with ended as (
            select right(replace(replace(person_id, '-', ''), '+', ''), 10) as person,
                local_time(admitted_at) as admitted_at, local_time(discharged_at) as discharged_at
            from stays where discharged_at is not null
        )
        select count(*) from (
            select lead(admitted_at) over (partition by person order by admitted_at)
                < discharged_at as overlap from ended
        ) as pairs where overlap
        """
    ).fetchall()[0][0]
    assert overlaps == 0
