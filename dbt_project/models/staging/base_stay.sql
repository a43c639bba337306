{{ config(materialized="table") }}
{{ resolve_rows("stays", key=["stay_id"], newest="updated_at") }}
