{{ with_own_rows("district", key=["district_name"]) }}
