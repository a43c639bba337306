-- The liable municipality, on the day of the standing ready notice or, without one, of admission
-- (rules.md section 7; 2017:612 5:2).
with episodes as (
    select
        episode.episode_id,
        episode.person_key,
        episode.end_date,
        coalesce({{ date_of("fact.ready_notice_at") }}, {{ date_of("episode.admitted_at") }}) as liability_date
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_fact") }} as fact
        on episode.episode_id = fact.episode_id
),

placements as (
    select
        episodes.episode_id,
        placement.placement_id,
        municipality.municipality_code as placing_municipality_code,
        row_number() over (
            partition by episodes.episode_id
            order by placement.valid_from desc, placement.placement_id desc
        ) as nth
    from episodes
    inner join {{ ref("stg_placement") }} as placement
        on
            episodes.person_key = placement.person_key
            and {{ in_force("episodes.liability_date", "placement.valid_from", "placement.valid_to") }}
    left join {{ ref("municipality") }} as municipality
        on placement.placing_municipality_code = municipality.municipality_code
    where
        placement.housing = 'special_service'
        and placement.placing_municipality_code != placement.staying_municipality_code
),

liable as (
    select
        episodes.episode_id,
        episodes.liability_date,
        episodes.end_date,
        person_day.is_protected,
        case when not person_day.is_protected then placements.placement_id end as placement_id,
        person_day.municipality_code as residence_municipality_code,
        person_day.delivered_district_name,
        case
            when person_day.is_protected then null
            when placements.episode_id is not null then 'placement'
            when person_day.municipality_code is not null then 'residence'
        end as liability_basis,
        case
            when person_day.is_protected then null
            when placements.episode_id is not null then placements.placing_municipality_code
            else person_day.municipality_code
        end as liable_municipality_code
    from episodes
    inner join {{ ref("int_person_day") }} as person_day
        on
            episodes.person_key = person_day.person_key
            and episodes.liability_date = person_day.on_date
    left join placements
        on episodes.episode_id = placements.episode_id and placements.nth = 1
)

select
    liable.episode_id,
    liable.liability_date,
    liable.is_protected,
    liable.liability_basis,
    liable.placement_id,
    liable.liable_municipality_code,
    case
        when liable.liable_municipality_code = liable.residence_municipality_code
            then district.name_in_force
    end as district_code
from liable
left join {{ ref("int_district_in_force") }} as district
    on
        liable.delivered_district_name = district.district_name
        and {{ in_force("liable.end_date", "district.valid_from", "district.valid_to") }}
