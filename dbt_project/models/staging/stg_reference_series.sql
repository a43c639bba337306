{{ with_own_rows("reference_series", key=["measure", "care_type", "reference_month"]) }}
