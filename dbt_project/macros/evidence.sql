{#- Columns of a row of evidence: which delivered row of an episode it is, and what that decides. `row` is the
    relation with delivery_date, path and row_number; the others are SQL expressions. -#}
{% macro evidence_columns(row, feed, record_id, used_for, used_at, said, message_type=none) -%}
    '{{ feed }}' as feed,
    {{ row }}.delivery_date,
    {{ row }}.path,
    {{ row }}.row_number,
    {{ record_id }} as record_id,
    {{ message_type or "cast(null as " ~ dbt.type_string() ~ ")" }} as message_type,
    cast({{ used_at }} as timestamp) as used_at,
    {{ used_for }} as used_for,
    {{ said }} as said
{%- endmacro %}

{#- And those of a message as evidence. -#}
{% macro message_evidence_columns(used_for) -%}
    {{ evidence_columns(
        "message", "messages", "message.message_id", used_for, "message.sent_at",
        "coalesce(message.status, message.needs)", "message.message_type"
    ) }}
{%- endmacro %}

{#- Is a receipt of an episode's stay one of its standing ready notice, sent no later than the episode's end (rules.md
    section 6)? `episode` is a relation with ready_notice_id and ended_at. A cancelled one counts no more. -#}
{% macro is_of_standing_notice(receipt, episode) -%}
{{ receipt }}.refers_to_message_id = {{ episode }}.ready_notice_id and {{ receipt }}.sent_at <= {{ episode }}.ended_at
{%- endmacro %}

{#- Every delivered row that episodes rest on, and what it does for them: decides something, never happened, cancels, or
    nothing. Called with the rows of int_stay_episode of these episodes: all of them, and no others, so that only these are
    joined. Receipts are most of what is sent: what they do is read off the stay, so that they are not looked up among all
    that decide something. -#}
{% macro episode_evidence() -%}
with links as (
    {{ caller() }}
),

stays as (
    select
        links.stay_id,
        links.episode_id,
        links.stay_number,
        links.stay_number_from_last,
        episode.person_key,
        episode.ended_at,
        notice.ready_notice_id
    from links
    inner join {{ ref("int_episode") }} as episode
        on links.episode_id = episode.episode_id
    left join {{ ref("int_ready_period") }} as notice
        on links.episode_id = notice.episode_id and notice.is_standing
),

-- a message that cancels is evidence in the cancelled one's episode, beside what else it does
cancelling as (
    select
        stays.episode_id,
        cancellation.canceller_id as message_id
    from {{ ref("int_cancellation") }} as cancellation
    inner join stays
        on cancellation.target_stay_id = stays.stay_id
    left join {{ ref("int_cancelled_message") }} as undone
        on cancellation.canceller_id = undone.message_id
    where undone.message_id is null
),

liabilities as (
    select
        liability.*,
        stays.person_key
    from {{ ref("int_episode_liability") }} as liability
    inner join stays
        on liability.episode_id = stays.episode_id and stays.stay_number = 1
)

select
    stays.episode_id,
    {{ evidence_columns(
        "stay", "stays", "stay.stay_id", "case when stays.stay_number = 1 then 'admission' else 'transfer' end",
        "stay.admitted_at", "stay.admission_type"
    ) }}
from {{ ref("stg_stay") }} as stay
inner join stays
    on stay.stay_id = stays.stay_id
union all
select
    stays.episode_id,
    {{ evidence_columns(
        "stay", "stays", "stay.stay_id", "'discharge'", "stay.discharged_at", "stay.discharge_type"
    ) }}
from {{ ref("stg_stay") }} as stay
inner join stays
    on stay.stay_id = stays.stay_id
where stays.stay_number_from_last = 1 and stay.discharged_at is not null
{% for is_receipt in [true, false] %}
    {%- set does = "case when " ~ is_of_standing_notice("message", "stays") ~ " then 'receipt' end"
        if is_receipt else "uses.used_for" %}
    union all
    select
        stays.episode_id,
        {{ message_evidence_columns(
            "case when cancelled.message_id is not null then 'cancelled' else coalesce(" ~ does ~ ", 'no_effect') end"
        ) }}
    from {{ ref("stg_message") }} as message
    inner join stays
        on message.stay_id = stays.stay_id
    left join {{ ref("int_cancelled_message") }} as cancelled
        on message.message_id = cancelled.message_id
    left join cancelling
        on message.message_id = cancelling.message_id and stays.episode_id = cancelling.episode_id
    {% if not is_receipt %}
    left join {{ ref("int_message_use") }} as uses
        on message.message_id = uses.message_id
    {% endif %}
    where
        message.message_type {{ "=" if is_receipt else "!=" }} 'receipt'
        -- one that cancels in its own episode, and does nothing else, stands below
        and (cancelling.message_id is null or {{ does }} is not null)
{% endfor %}
union all
select
    cancelling.episode_id,
    {{ message_evidence_columns("'cancellation'") }}
from {{ ref("stg_message") }} as message
inner join cancelling
    on message.message_id = cancelling.message_id
union all
select
    liabilities.episode_id,
    {{ evidence_columns(
        "person_day", "persons", "cast(null as " ~ dbt.type_string() ~ ")",
        "case when liabilities.is_protected then 'protected_identity' else 'liability_residence' end",
        "person_day.valid_from", "person_day.municipality_code"
    ) }}
from liabilities
inner join {{ ref("int_person_day") }} as person_day
    on
        liabilities.person_key = person_day.person_key
        and liabilities.liability_date = person_day.on_date
where liabilities.placement_id is null and person_day.path is not null
union all
select
    liabilities.episode_id,
    {{ evidence_columns(
        "placement", "placements", "placement.placement_id", "'liability_placement'", "placement.valid_from",
        "placement.placing_municipality_code"
    ) }}
from liabilities
inner join {{ ref("stg_placement") }} as placement
    on liabilities.placement_id = placement.placement_id
union all
select
    stays.episode_id,
    {{ evidence_columns(
        "dispute", "disputes", "dispute.dispute_id",
        "case when dispute.is_effective then 'dispute' else 'no_effect' end", "dispute.updated_at",
        "dispute.status"
    ) }}
from {{ ref("int_dispute") }} as dispute
inner join stays
    on dispute.episode_id = stays.episode_id and stays.stay_number = 1
{%- endmacro %}
