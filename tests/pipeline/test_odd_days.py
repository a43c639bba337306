"""Discharges dated where no month was expected: one row must not stop a county's figures."""

from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.golden.contract import Row, write_landing
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

FIRST, AS_OF = date(2024, 3, 20), date(2024, 3, 31)


def of_a_patient(name: str, admitted: str, left: str | None, to: str = "home") -> list[Row]:
    """A stay in the discharge process, delivered on the last day; left: None while it lasts."""
    stay = {"stay_id": name, "person_id": f"R-{name}", "hospital_unit": "Avd 1"}
    stay |= {"care_type": "somatic", "admission_type": "unplanned", "discharge_type": to}
    stay |= {"admitted_at": f"{admitted} 08:00", "discharged_at": f"{left} 00:10" if left else ""}
    notice = {"message_id": f"{name}-n", "stay_id": name, "message_type": "admission_notice"}
    notice |= {"sent_at": f"{admitted} 09:00", "sender_unit": "Avd 1", "sender_role": "inpatient"}
    rows = {"stays": stay | {"updated_at": "2024-03-31 23:00"}, "messages": notice}
    return [Row(feed, AS_OF, "delivery.csv", values) for feed, values in rows.items()]


@pytest.mark.parametrize(
    ("admitted", "left"),
    [("2024-03-25", "2024-04-01"), ("2016-12-05", "2016-12-20")],
    ids=["a month after as_of", "before every calendar"],
)
def test_a_discharge_of_an_unexpected_month_is_counted_there(
    admitted: str, left: str, tmp_path: Path
) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    usual = of_a_patient("USUAL", "2024-03-21", "2024-03-28")
    write_landing(landing, [*usual, *of_a_patient("ODD", admitted, left)], FIRST, AS_OF)
    write_region(home)
    know(home, landing, AS_OF)
    with query(home) as ask:
        county = ask(
            "select month, cast(value as integer) from marts.rpt_monthly_statistics where"
            " geography_level = 'county' and care_type = 'all' and value > 0"
            " and measure = 'episodes_discharged' order by month"
        )
    assert county == sorted([(date(2024, 3, 1), 1), (date.fromisoformat(left).replace(day=1), 1)])


def test_how_a_patient_will_leave_is_no_finding_while_the_patient_is_there(tmp_path: Path) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    there = of_a_patient("THERE", "2024-03-25", None, to="deceased")
    died = of_a_patient("DIED", "2024-03-25", "2024-03-28", to="deceased")
    write_landing(landing, [*there, *died], FIRST, AS_OF)
    write_region(home)
    know(home, landing, AS_OF)
    with query(home) as ask:
        assert ask(
            "select episode_id from marts.fct_episode_finding where finding_code = 'DECEASED'"
        ) == [("DIED",)]
