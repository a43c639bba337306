{{ config(materialized="table") }}
{{ resolve_rows("messages", key=["message_id"], first_wins=true) }}
