-- Days without a readable file of a feed, from the first delivery to as_of. An acknowledged gap is known
-- and accepted by an operator; it no longer stops an invoice base. What the home received itself (returned
-- objections, decisions on them) fills no gap: it says nothing about what the sender delivered.
with run as (
    select * from {{ ref("stg_run") }}
),

feeds as (
    {% for feed in ["stays", "messages", "persons", "placements", "disputes"] -%}
        select '{{ feed }}' as feed
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

landed as (
    select *
    from {{ ref("stg_file") }}
    where path not like 'received/%'
),

first_delivery as (
    select min(delivery_date) as delivery_date
    from landed
),

expected as (
    select
        feeds.feed,
        calendar.calendar_date as delivery_date
    from feeds
    cross join run
    cross join first_delivery
    inner join {{ ref("int_calendar") }} as calendar
        on first_delivery.delivery_date <= calendar.calendar_date and run.as_of >= calendar.calendar_date
),

delivered as (
    select distinct
        feed,
        delivery_date
    from landed
    where status = 'accepted'
),

acknowledged as (
    select distinct
        feed,
        delivery_date
    from {{ source("lake", "decision") }}
    where kind = 'acknowledge_gap'
)

select
    expected.feed,
    expected.delivery_date,
    acknowledged.feed is not null as is_acknowledged
from expected
left join delivered
    on expected.feed = delivered.feed and expected.delivery_date = delivered.delivery_date
left join acknowledged
    on expected.feed = acknowledged.feed and expected.delivery_date = acknowledged.delivery_date
where delivered.feed is null
