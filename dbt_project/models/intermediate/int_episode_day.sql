-- Day zero, the entry of liability, and the days that follow from them (rules.md section 5).
with episodes as (
    select
        episode.episode_id,
        episode.end_date,
        episode.is_discharged,
        fact.ready_notice_at,
        ruleset.ruleset_id,
        ruleset.free_days,
        ruleset.free_day_unit,
        ruleset.holiday_calendar,
        ruleset.cutoff_time,
        ruleset.cutoff_comparator,
        {{ day_zero("fact.ready_notice_at", "ruleset.cutoff_time", "ruleset.cutoff_comparator") }} as day_zero
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_fact") }} as fact
        on episode.episode_id = fact.episode_id
    inner join {{ ref("int_episode_liability") }} as liability
        on episode.episode_id = liability.episode_id
    left join {{ ref("int_ruleset_in_force") }} as in_force
        on
            episode.care_type = in_force.care_type
            and episode.end_date = in_force.on_date
            and coalesce(liability.liable_municipality_code, '') = coalesce(in_force.liable_municipality_code, '')
    left join {{ ref("stg_ruleset") }} as ruleset
        on in_force.ruleset_id = ruleset.ruleset_id
),

withdrawn as (
    select
        episodes.episode_id,
        sum(
            {{ days_from(
                day_zero("period.ready_notice_at", "episodes.cutoff_time", "episodes.cutoff_comparator"),
                date_of("period.withdrawn_at")
            ) }}
        ) as withdrawn_ready_days
    from episodes
    inner join {{ ref("int_ready_period") }} as period
        on episodes.episode_id = period.episode_id
    where not period.is_standing
    group by episodes.episode_id
),

entered as (
    select
        episodes.*,
        case
            -- no day to wait for: day zero itself, weekday or not
            when episodes.free_day_unit = 'calendar' or episodes.free_days = 0
                then {{ add_days("episodes.day_zero", "episodes.free_days") }}
            when episodes.free_day_unit = 'weekday' then entry_day.calendar_date
        end as liability_entry_date
    from episodes
    left join {{ ref("int_weekday") }} as zero_day
        on
            -- as one equality: a condition on the left side alone keeps DuckDB from hashing
            case when episodes.free_day_unit = 'weekday' then episodes.holiday_calendar end
            = zero_day.holiday_calendar
            and episodes.day_zero = zero_day.calendar_date
    left join {{ ref("int_weekday") }} as entry_day
        on
            zero_day.holiday_calendar = entry_day.holiday_calendar
            and entry_day.is_weekday
            and zero_day.weekday_number + episodes.free_days = entry_day.weekday_number
)

select
    entered.episode_id,
    entered.ruleset_id,
    entered.day_zero,
    entered.liability_entry_date,
    case
        when entered.is_discharged then {{ days_from("entered.day_zero", "entered.end_date") }}
    end as ready_days,
    case
        when entered.is_discharged then {{ days_from("entered.liability_entry_date", "entered.end_date") }}
    end as liable_days,
    case
        when not entered.is_discharged then {{ days_from("entered.day_zero", "entered.end_date") }}
    end as ready_days_to_date,
    case
        when withdrawn.episode_id is null then 0
        else cast(withdrawn.withdrawn_ready_days as integer)
    end as withdrawn_ready_days
from entered
left join withdrawn
    on entered.episode_id = withdrawn.episode_id
