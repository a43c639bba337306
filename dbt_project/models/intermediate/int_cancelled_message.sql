-- Messages that never happened (makulerade): named by a standing message's cancels_message_id
-- (rules.md section 4). A cancellation that is itself cancelled has no effect, so whether a message is
-- cancelled is settled from the newest canceller back: after k steps every chain of k is settled. A message
-- of several cancellers stands in a step as often, until the end.
{% set longest_chain = 24 %}
with cancellations as (
    select * from {{ ref("int_cancellation") }}
),

step_0 as (
    select target_id
    from cancellations
)

{%- for step in range(1, longest_chain + 1) %}
    ,

    step_{{ step }} as (
        select cancellations.target_id
        from cancellations
        left join step_{{ step - 1 }} as cancelled
            on cancellations.canceller_id = cancelled.target_id
        where cancelled.target_id is null
    )
{%- endfor %}

,

settled as (
    select distinct target_id
    from step_{{ longest_chain - 1 }}
)

select distinct
    last_step.target_id as message_id,
    -- a chain that the last step still changed is not settled: a test holds this empty
    settled.target_id is not null as is_settled
from step_{{ longest_chain }} as last_step
left join settled
    on last_step.target_id = settled.target_id
