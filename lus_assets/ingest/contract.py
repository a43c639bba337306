"""The five feeds as data: columns, types, codes, defaults, keys (spec: docs, what comes in).

Belongs here: what a delivery must look like. Does not: how it is read (read.py) or typed
(normalise.py), both of which know nothing that is not written here.
"""

from dataclasses import dataclass
from enum import StrEnum

from lus_assets.ingest.codes import ReasonCode


class ColumnType(StrEnum):
    """How a delivered text is understood."""

    KEY = "key"  # text, kept as written
    TEXT = "text"  # text that must not hold a person id
    CODE = "code"  # one of a closed set, case sensitive
    MUNICIPALITY = "municipality"  # exactly four digits, as text
    TIMESTAMP = "timestamp"  # ISO 8601 date and time, offset optional
    TIMESTAMP_OR_DATE = "timestamp_or_date"  # a date alone is its midnight
    DATE = "date"  # YYYY-MM-DD
    MONTH = "month"  # YYYY-MM, kept as the month's first day
    FLAG = "flag"  # true or false
    PERSON_ID = "person_id"  # restricted: becomes person_key and person_id_kind
    BIRTH_DATE = "birth_date"  # restricted date: becomes has_birth_date
    RESTRICTED_TEXT = "restricted_text"  # as TEXT, and kept in the vault only


@dataclass(frozen=True)
class Column:
    """One delivered column. `default` is what an empty value means."""

    name: str
    type: ColumnType
    description: str
    required: bool = False
    codes: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class RowRule:
    """What must not be true of a row: SQL over its parsed columns; `raw_` ones are as delivered."""

    reason_code: ReasonCode
    violated_when: str
    description: str


@dataclass(frozen=True)
class Feed:
    """One feed. newest_by: what decides between versions of a key, before the delivery's order."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    newest_by: tuple[str, ...] = ()
    first_wins: bool = False
    rules: tuple[RowRule, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in contract order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        return tuple(column.name for column in self.columns if column.required)

    def columns_of(self, *types: ColumnType) -> tuple[Column, ...]:
        """The columns of these types, in contract order."""
        return tuple(column for column in self.columns if column.type in types)


def _required(name: str, kind: ColumnType, description: str, *codes: str) -> Column:
    return Column(name, kind, description, required=True, codes=codes)


def _optional(
    name: str, kind: ColumnType, description: str, *codes: str, default: str | None = None
) -> Column:
    return Column(name, kind, description, codes=codes, default=default)


_T = ColumnType
_PERSON = _required("person_id", _T.PERSON_ID, "personnummer, samordningsnummer or reserve number")

STAYS = Feed(
    name="stays",
    key=("stay_id",),
    newest_by=("updated_at",),
    columns=(
        _required("stay_id", _T.KEY, "id of the stay"),
        _PERSON,
        _required("hospital_unit", _T.TEXT, "inpatient unit"),
        _required("care_type", _T.CODE, "kind of care", "somatic", "psychiatric"),
        _optional("legal_basis", _T.CODE, "act of care", "hsl", "lpt", "lrv", default="hsl"),
        _required("admission_type", _T.CODE, "kind of admission", "planned", "unplanned"),
        _required("admitted_at", _T.TIMESTAMP, "admission"),
        _optional("discharged_at", _T.TIMESTAMP, "discharge; empty while in hospital"),
        _optional(
            "discharge_type",
            _T.CODE,
            "where to; required with discharged_at",
            *("home", "special_housing", "transferred", "deceased", "other"),
        ),
        _optional(
            "to_open_compulsory_care",
            _T.FLAG,
            "discharged to open compulsory care",
            default="false",
        ),
        _required("updated_at", _T.TIMESTAMP, "when the source changed this row"),
    ),
    rules=(
        RowRule(
            ReasonCode.MISSING_VALUE,
            "raw_discharged_at is not null and raw_discharge_type is null",
            "a discharge says where to",
        ),
        RowRule(
            ReasonCode.DISCHARGE_BEFORE_ADMISSION,
            "discharged_at < admitted_at",
            "no stay ends before it begins",
        ),
    ),
)

_CONSENT = ("given", "declined")
_SERVICES = ("available", "unavailable", "unclear")

MESSAGES = Feed(
    name="messages",
    key=("message_id",),
    first_wins=True,
    columns=(
        _required("message_id", _T.KEY, "id of the message"),
        _required("stay_id", _T.KEY, "stay that it is about"),
        _required(
            "message_type",
            _T.CODE,
            "kind of message",
            *("admission_notice", "planned_discharge_changed", "permanent_contact_named"),
            *("sip_call", "ready_notice", "ready_withdrawn", "care_plan_drawn_up", "consent"),
            *("outpatient_services", "receipt", "discharge_information", "cancellation"),
        ),
        _required("sent_at", _T.TIMESTAMP, "when it was sent"),
        _required("sender_unit", _T.TEXT, "unit that sent it"),
        _required("sender_role", _T.CODE, "who sent it", "inpatient", "outpatient", "municipality"),
        _optional("cancels_message_id", _T.KEY, "message that it cancels or replaces"),
        _optional("needs", _T.CODE, "who must act after", "municipality", "region", "both"),
        _optional("need_assessed_at", _T.TIMESTAMP, "when the need was assessed"),
        _optional("planned_discharge_at", _T.TIMESTAMP, "planned discharge"),
        _optional(
            "status", _T.CODE, "of consent and of outpatient services", *_CONSENT, *_SERVICES
        ),
        _optional("refers_to_message_id", _T.KEY, "message that a receipt confirms"),
    ),
    rules=(
        RowRule(
            ReasonCode.MISSING_VALUE,
            "message_type in ('consent', 'outpatient_services') and raw_status is null",
            "consent and outpatient services say which",
        ),
        RowRule(
            ReasonCode.MISSING_VALUE,
            "message_type = 'cancellation' and raw_cancels_message_id is null",
            "a cancellation names what it cancels",
        ),
        RowRule(
            ReasonCode.MISSING_VALUE,
            "message_type = 'receipt' and raw_refers_to_message_id is null",
            "a receipt names what it confirms",
        ),
        RowRule(
            ReasonCode.INVALID_CODE,
            "message_type = 'consent' and status not in ('given', 'declined')",
            "consent is given or declined",
        ),
        RowRule(
            ReasonCode.INVALID_CODE,
            "message_type = 'outpatient_services'"
            " and status not in ('available', 'unavailable', 'unclear')",
            "services are available, unavailable or unclear",
        ),
    ),
)

PERSONS = Feed(
    name="persons",
    key=("person_id", "valid_from"),
    columns=(
        _PERSON,
        _optional("birth_date", _T.BIRTH_DATE, "empty: unknown"),
        _optional("municipality_code", _T.MUNICIPALITY, "empty: not registered in Sweden"),
        _optional("district_code", _T.TEXT, "Stockholm only: the district's name"),
        _optional("protected_identity", _T.FLAG, "address is protected", default="false"),
        _required("valid_from", _T.DATE, "first day that the row holds"),
    ),
)

PLACEMENTS = Feed(
    name="placements",
    key=("placement_id",),
    columns=(
        _required("placement_id", _T.KEY, "id of the placement"),
        _PERSON,
        _required("placing_municipality_code", _T.MUNICIPALITY, "municipality that decided"),
        _required("staying_municipality_code", _T.MUNICIPALITY, "municipality of the housing"),
        _required("legal_basis", _T.CODE, "act of the placement", "sol", "lss"),
        _required("housing", _T.CODE, "kind of housing", "special_service", "other"),
        _required("valid_from", _T.DATE, "first day"),
        _optional(
            "valid_to", _T.DATE, "last day, inclusive; empty: open; before the first: annulled"
        ),
    ),
)

DISPUTES = Feed(
    name="disputes",
    key=("dispute_id",),
    newest_by=("updated_at",),
    columns=(
        _required("dispute_id", _T.KEY, "id of the dispute"),
        _required("episode_id", _T.KEY, "episode, or any stay of it"),
        _required("municipality_code", _T.MUNICIPALITY, "municipality that disputes"),
        _required("billing_month", _T.MONTH, "month of the discharge"),
        _required("ground", _T.RESTRICTED_TEXT, "why, in the municipality's words"),
        _required("status", _T.CODE, "where it stands", "open", "upheld", "rejected"),
        _required("raised_at", _T.TIMESTAMP_OR_DATE, "when it was raised"),
        _required("updated_at", _T.TIMESTAMP_OR_DATE, "when it last changed"),
    ),
)

FEEDS: dict[str, Feed] = {
    feed.name: feed for feed in (STAYS, MESSAGES, PERSONS, PLACEMENTS, DISPUTES)
}
