{{ with_own_rows("ruleset", key=["ruleset_id"]) }}
