-- Protection of small numbers: the counts that are not published, and why. The one place of it.
with counts as (
    select
        counted.*,
        run.small_number_limit
    from {{ ref("int_statistic_count") }} as counted
    cross join {{ ref("stg_run") }} as run
)

{{ suppressed_cells("counts", "small_number_limit") }}
