"""One episode in words: its month, its days, its findings, and the delivered rows behind them."""

from datetime import datetime, timedelta

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.explain.month import explain_month, priced
from lus_assets.explain.words import ACT, Row, assumed, clock, count, indented, money, period, read

_EPISODE = """
    select
        episode.*, ruleset.valid_from, ruleset.valid_to, ruleset.billing_model, ruleset.free_days,
        ruleset.free_day_unit, ruleset.holiday_calendar, ruleset.cutoff_time,
        ruleset.cutoff_comparator, ruleset.individual_after_days, ruleset.status, snapshot.as_of,
        (
            select min(municipality_name) from marts.dim_municipality as municipality
            where municipality.municipality_code = episode.liable_municipality_code
        ) as municipality_name
    from marts.fct_discharge_episode as episode
    cross join marts.dim_snapshot as snapshot
    left join marts.dim_ruleset as ruleset on episode.ruleset_id = ruleset.ruleset_id
    where episode.episode_id = ?
"""
_FINDINGS = """
    select finding.*, dim.status
    from marts.fct_episode_finding as finding
    inner join marts.dim_finding as dim on finding.finding_code = dim.finding_code
    where finding.episode_id = ? order by dim.sort_order
"""
_EVIDENCE = """
    select evidence.*, decides.legal_reference, decides.text_en
    from marts.fct_episode_evidence as evidence
    inner join marts.dim_evidence_use as decides on evidence.used_for = decides.used_for
    where evidence.episode_id = ?
    order by evidence.used_at, decides.sort_order, evidence.path, evidence.row_number
"""
_DISPUTES = "select * from marts.fct_dispute where episode_id = ? order by raised_at, dispute_id"
_LINES = """
    select * from marts.fct_charge_line
    where billing_month = ? and municipality_code = ? and episode_id = ? order by unit_price_sek
"""
_ISSUED = """
    select * from marts.fct_invoice_line
    where original_month = ? and municipality_code = ? and ruleset_id = ?
        and coalesce(episode_id, ?) = ?
    order by as_of, line_type, invoice_line_id
"""
_PROTECTED = "protected_identity"
_LIABILITY = {_PROTECTED, "liability_residence", "liability_placement"}
_SIP = (("ready_notice_at", "Ready notice"), ("sip_call_at", "SIP call"))
_FACTS = {
    "ADMISSION_NOTICE_LATE": (
        ("admitted_at", "Admitted"),
        ("admission_notice_at", "Admission notice"),
    ),
    "SIP_CALL_MISSING": _SIP,
    "SIP_CALL_LATE": _SIP,
    "MESSAGE_AFTER_DISCHARGE": (("discharged_at", "Discharged"),),
}
"""Moments that a finding compares: column of the episode, and what it is called."""


def explain_episode(connection: duckdb.DuckDBPyConnection, episode_id: str) -> list[str]:
    """The whole chain of one episode: month, days, findings, and every delivered row behind them.

    connection: marts as known at one `as_of` (open_snapshot or open_marts). No person id and no
    pseudonym is in the text.

    Raises:
        LusError: no episode in the discharge process has this id.
    """
    found = read(connection, _EPISODE, [episode_id])
    if not found:
        raise LusError(
            "no episode in the discharge process has this id",
            where="marts.fct_discharge_episode",
            todo="give the id of an episode's first stay",
        )
    episode = found[0]
    findings = read(connection, _FINDINGS, [episode_id])
    disputes = read(connection, _DISPUTES, [episode_id])
    evidence = read(connection, _EVIDENCE, [episode_id])
    hidden = _PROTECTED in _decides(evidence)
    return [
        f"Episode {episode_id}, as known at {episode['as_of']}",
        "",
        "1. The municipality's month",
        *indented(_month(connection, episode, hidden=hidden)),
        "",
        "2. The episode, step by step",
        *indented(_stay(episode, evidence)),
        *indented(_days(episode)),
        *indented(_verdict(episode, findings)),
        "",
        f"3. Findings: {len(findings) or 'none'}",
        *indented([line for finding in findings for line in _finding(episode, finding)]),
        *indented([_dispute(dispute) for dispute in disputes]),
        "",
        "4. What it rests on: delivered rows in order of time",
        *indented([line for row in evidence for line in _row(row)]),
    ]


def _decides(evidence: list[Row]) -> set[str]:
    """What of its evidence the liable municipality follows from."""
    return {row["used_for"] for row in evidence} & _LIABILITY


def _month(connection: duckdb.DuckDBPyConnection, episode: Row, *, hidden: bool) -> list[str]:
    if not episode["is_discharged"]:
        return ["None yet: the patient is still in hospital. The discharge date decides the month."]
    if hidden:
        return [f"None: the person's identity is protected ({ACT} 5:2); for manual handling."]
    if episode["liable_municipality_code"] is None:
        return [f"None: no liable municipality can be told ({ACT} 5:2); for manual handling."]
    if episode["ruleset_id"] is None:
        return ["None: no ruleset is in force on the discharge date."]
    code = episode["liable_municipality_code"]
    key = (episode["billing_month"], code, episode["ruleset_id"])
    lines = read(connection, _LINES, [episode["billing_month"], code, episode["episode_id"]])
    issued = read(connection, _ISSUED, [*key, *[episode["episode_id"]] * 2])
    return [*explain_month(connection, key), *_share(episode, lines), *map(_issued, issued)]


def _share(episode: Row, lines: list[Row]) -> list[str]:
    """What this one episode adds to its month."""
    if not episode["is_billable"]:
        return ["This episode is not billable: it counts neither in days nor in a mean."]
    days = count(episode["ready_days"], "ready day")
    limit = episode["individual_after_days"]
    told = [f"This episode's own days: {priced(line)}" for line in lines]
    if episode["billing_model"] != "individual" and (
        limit is None or episode["ready_days"] <= limit
    ):
        return [f"This episode is in the mean with {days}.", *told]
    return told or ["This episode has no liable day: nothing is charged for it."]


def _issued(line: Row) -> str:
    return (
        f"Issued: {line['line_type']} of {money(line['amount_sek'])} SEK in base"
        f" {line['invoice_base_id']}, line {line['invoice_line_id']}"
    )


def _stay(episode: Row, evidence: list[Row]) -> list[str]:
    begin = f"{episode['care_type'].capitalize()} care, {episode['hospital_unit']}:"
    begin += f" admitted {clock(episode['admitted_at'])} ({episode['admission_type']}),"
    if episode["is_discharged"]:
        begin += f" discharged {clock(episode['discharged_at'])} ({episode['discharge_type']})."
    else:
        begin += " still in hospital."
    linked = episode["stays_in_episode"]
    if linked > 1:
        begin += f" {linked} stays linked by transfer."
    return [
        begin,
        *_liable(episode, _decides(evidence)),
        *_ruleset(episode),
        f"Needs: {episode['needs'] or 'unknown'}.",
    ]


def _liable(episode: Row, decides: set[str]) -> list[str]:
    notice = episode["ready_notice_at"]
    day = (notice or episode["admitted_at"]).date()
    what = "the standing ready notice" if notice else "admission"
    if episode["liable_municipality_code"] is None:
        why = "no register row and no placement of the person is known of that day or before"
        if _PROTECTED in decides:
            why = "the person's identity is protected, so no municipality is shown"
        elif decides:
            why = "the row that decides names no known municipality"
        return [f"Liable: not known on {day}, the day of {what}: {why} ({ACT} 5:2)."]
    why = {
        "residence": "where the patient was registered",
        "placement": "which had placed the patient in special service elsewhere",
    }[episode["liability_basis"]]
    return [
        f"Liable: {episode['municipality_name']} ({episode['liable_municipality_code']}), {why} on"
        f" {day}, the day of {what} ({ACT} 5:2)."
    ]


def _ruleset(episode: Row) -> list[str]:
    day = "discharge date" if episode["is_discharged"] else "day as known"
    if episode["ruleset_id"] is None:
        return [f"Ruleset: none is in force on the {day}; days cannot be counted."]
    return [
        f"Ruleset: {episode['ruleset_id']}, in force"
        f" {period(episode['valid_from'], episode['valid_to'])}, by the {day}"
        f"{assumed(episode['status'])}."
    ]


def _days(episode: Row) -> list[str]:
    """Day zero, entry of liability, ready and liable days (rules.md section 5)."""
    told: list[str] = []
    notice, zero = episode["ready_notice_at"], episode["day_zero"]
    if notice is None:
        told.append(f"Day zero: none, for no ready notice stands ({ACT} 3:1).")
    elif zero is not None:
        limit = "after" if episode["cutoff_comparator"] == "after" else "at or after"
        late = zero > notice.date()
        told.append(
            f"Day zero: {zero}. The standing ready notice was sent {clock(notice)}, and one sent"
            f" {limit} {episode['cutoff_time']} is late: this one"
            f" {'is, so the next day counts' if late else 'is not'} ({ACT} 3:1)."
        )
        told.append(_entry(episode))
        told += _counted(episode)
    if episode["withdrawn_ready_days"]:
        told.append(
            f"Withdrawn: {count(episode['withdrawn_ready_days'], 'day')} of readiness that was"
            " withdrawn again; in no other figure — AN ASSUMPTION."
        )
    return told


def _entry(episode: Row) -> str:
    days, unit = episode["free_days"], episode["free_day_unit"]
    how = (
        f"weekday number {days} after day zero (Monday to Friday, without the holidays of calendar"
        f" {episode['holiday_calendar']})"
        if unit == "weekday"
        else f"day zero + {count(days, 'calendar day')}"
    )
    return f"Liability enters: {episode['liability_entry_date']}, {how} ({ACT} 5:3)."


def _counted(episode: Row) -> list[str]:
    if not episode["is_discharged"]:
        days = count(episode["ready_days_to_date"], "day")
        return [f"Ready so far: {days}, from day zero to {episode['as_of']}."]
    end, entry = episode["discharge_date"], episode["liability_entry_date"]
    zero = episode["day_zero"]
    days = f"from day zero {zero} to {end}" if zero < end else f"discharged {end}, day zero {zero}"
    ready = f"Ready days: {episode['ready_days']}, {days}."
    if entry < end:
        last = end - timedelta(days=1)
        liable = f"from {entry} to {last}; the day of discharge is not charged"
    else:
        liable = f"discharged {end}, before a day with liability had passed"
    return [ready, f"Liable days: {episode['liable_days']}, {liable} ({ACT} 5:3)."]


def _verdict(episode: Row, findings: list[Row]) -> list[str]:
    blocking = [finding["finding_code"] for finding in findings if finding["is_blocking"]]
    if episode["is_billable"]:
        return ["Billable: yes. Discharged, with a standing ready notice, and nothing blocks."]
    reasons = [*([] if episode["is_discharged"] else ["Still in hospital"]), *blocking]
    return [f"Billable: no. {', '.join(reasons)}."]


def _finding(episode: Row, finding: Row) -> list[str]:
    effect = "blocks billing" if finding["is_blocking"] else "does not block"
    who, code = finding["sender_role"] or finding["responsible"], finding["finding_code"]
    return [
        f"{code}: {effect}; who could have changed it: {who};"
        f" {finding['legal_reference']}{assumed(finding['status'])}",
        f"  {finding['text_sv']}",
        *(f"  {what}: {_moment(episode[name])}" for name, what in _FACTS.get(code, ())),
    ]


def _moment(moment: datetime | None) -> str:
    return clock(moment) if moment else "none"


def _dispute(dispute: Row) -> str:
    effects = {
        "holds_line": f"holds the line back; objections until {dispute['objections_until']}",
        "removes_episode": "the episode is removed",
        "keeps_episode": "the episode stays",
        "none": "without effect",
    }
    return (
        f"Dispute {dispute['dispute_id']}: {dispute['status']}, raised"
        f" {clock(dispute['raised_at'])}; {effects[dispute['effect']]} (överenskommelsen kap. 12)."
    )


def _row(row: Row) -> list[str]:
    named = [row["message_type"] or row["used_for"], row["said"], row["record_id"]]
    reference = "" if row["legal_reference"] == "–" else f" ({row['legal_reference']})"
    return [
        f"{clock(row['used_at'])}  {'  '.join(filter(None, named))}",
        f"  {row['text_en']}{reference}",
        f"  {row['path']}, row {row['row_number']}",
    ]
