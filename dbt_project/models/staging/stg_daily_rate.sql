{{ with_own_rows("daily_rate", key=["rate_source", "valid_from"]) }}
