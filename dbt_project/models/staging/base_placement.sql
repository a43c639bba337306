{{ config(materialized="table") }}
{{ resolve_rows("placements", key=["placement_id"]) }}
