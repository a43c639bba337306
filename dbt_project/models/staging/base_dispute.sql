{{ config(materialized="table") }}
{{ resolve_rows("disputes", key=["dispute_id"], newest="updated_at", keeps_hash=true) }}
