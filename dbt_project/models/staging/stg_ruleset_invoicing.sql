{{ with_own_rows("ruleset_invoicing", key=["ruleset_id", "valid_from"]) }}
