select
    municipality.municipality_code,
    municipality.municipality_name,
    municipality.county_code,
    municipality.county_code = run.region_code as is_in_region,
    party.agreement_id,
    party.valid_from as agreement_valid_from,
    party.valid_to as agreement_valid_to
from {{ ref("municipality") }} as municipality
cross join {{ ref("stg_run") }} as run
left join {{ ref("stg_agreement_party") }} as party
    on
        municipality.municipality_code = party.municipality_code
        and run.region_code = party.region_code
