{{ with_own_rows("agreement_party", key=["agreement_id", "municipality_code", "valid_from"]) }}
