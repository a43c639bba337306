{{ config(materialized="table") }}
{{ resolve_rows("persons", key=["person_key", "valid_from"], keeps_hash=true) }}
