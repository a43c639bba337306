"""How often each fault happens."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class FaultRates:
    """One rate per fault name; 0 switches it off, `FaultRates.none()` all of them.

    Process faults are shares of the episodes that they can happen to, and are multiplied by the
    hospital's habit (average near 1). Row faults are shares of delivered rows; at most one a row.
    """

    # the process, per episode in it; SIP and contact where needs = both
    missing_sip_call: float = 0.26
    late_sip_call: float = 0.07  # call later than three days after the ready notice
    missing_contact: float = 0.20  # a third of them named after discharge
    missing_admission_notice: float = 0.06
    late_admission_notice: float = 0.11  # more than 24 h
    missing_ready_notice: float = 0.03
    missing_needs: float = 0.005  # no message says whose support is needed
    declined: float = 0.02
    services_unavailable: float = 0.05  # unavailable or unclear when ready
    missing_care_plan: float = 0.30  # of those going to open compulsory care
    missing_receipt: float = 0.06
    withdrawn: float = 0.04  # a ready notice withdrawn, later renewed
    withdrawn_for_good: float = 0.01  # withdrawn, never renewed
    cancelled: float = 0.015  # a mistaken ready notice, cancelled or replaced
    cancellation_cancelled: float = 0.003  # the cancellation itself is cancelled
    notice_by_mistake: float = 0.003  # of the other episodes: admission notice, then cancelled
    transferred: float = 0.08  # chains of two or three stays
    transfer_without_successor: float = 0.003
    # disputes, of discharged episodes that would cost and that have ready days
    dispute_upheld: float = 0.015
    dispute_rejected: float = 0.015
    dispute_open: float = 0.005
    # rows of stays and messages
    duplicate: float = 0.004  # the same row again, in the same or a later file
    conflicting_message_id: float = 0.0003
    late_delivery: float = 0.004  # in a folder one to ten days later
    out_of_order: float = 0.01  # anywhere in its day's file
    unreadable_timestamp: float = 0.0002
    unknown_code: float = 0.0002
    missing_required: float = 0.0002
    not_csv: float = 0.0002
    discharge_before_admission: float = 0.0004  # of discharges
    person_id_in_text: float = 0.0001
    message_for_unknown_stay: float = 0.0003  # an extra message
    # people with a personnummer
    wrong_check_digit: float = 0.003

    @classmethod
    def none(cls) -> "FaultRates":
        """A county where everything goes as it should."""
        return cls(**dict.fromkeys(cls.names(), 0.0))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every fault name."""
        return tuple(field.name for field in fields(cls))
