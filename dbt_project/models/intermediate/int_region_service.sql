-- Episodes whose outpatient services were not available, or not known to be, at some moment from the
-- standing ready notice to the end (2017:612 5:5). The status in force at the notice counts.
select distinct episode_id
from {{ ref("int_message_use") }}
where used_for = 'outpatient_services' and status in ('unavailable', 'unclear')
