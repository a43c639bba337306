"""The check that compares an incremental build with a full one says what it found, and another one
when nothing did."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from lus_assets.warehouse.proof import Proof
from orchestration import proof
from orchestration.proof import MARTS, NAME, build_proven_check, proof_result
from orchestration.resources import InstallationResource


def test_equal_tables_pass_and_are_counted() -> None:
    found = proof_result(Proof(104, []), is_due=True)
    assert found.passed
    assert found.metadata["tables_compared"].value == 104


def test_a_table_that_differs_fails_and_is_named() -> None:
    found = proof_result(Proof(104, ["marts.fct_dispute"]), is_due=True)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert found.metadata["differing"].value == ["marts.fct_dispute"]


def test_where_nothing_can_be_compared_the_reason_stands_and_is_a_warning_where_it_should() -> None:
    found = proof_result(Proof(0, [], "there was no warehouse"), is_due=True)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.WARN
    assert found.metadata["not_compared"].value == "there was no warehouse"
    assert proof_result(Proof(0, [], "every build is a full one"), is_due=False).passed


EQUAL = Proof(104, [])
INCREMENTAL = 'build = "incremental"\n'


def told(found: Proof | None) -> dg.AssetChecksDefinition:
    """The proof's check, of which this came out; None: it could not be made."""

    @dg.asset_check(asset=MARTS, name=NAME)
    def equals_full_build() -> dg.AssetCheckResult:
        if found is None:
            raise dg.Failure("no room", allow_retries=False)
        return proof_result(found, is_due=True)

    return equals_full_build


def is_proven(home: Home, *proofs: Proof | None) -> tuple[bool, object]:
    """What the morning's check says after these proofs: whether it passes, and what it found."""
    resource = InstallationResource(home=str(home.root), landing=str(home.root / "landing"))
    with dg.DagsterInstance.ephemeral() as instance:
        for each in proofs:
            ran_before = dg.materialize(
                [told(each)],
                instance=instance,
                selection=dg.AssetSelection.all_asset_checks(),
                raise_on_error=False,
            )
            assert ran_before.success is (each is not None)
        ran = dg.materialize(
            [build_proven_check()],
            instance=instance,
            resources={INSTALLATION: resource},
            selection=dg.AssetSelection.all_asset_checks(),
        )
    (said,) = ran.get_asset_check_evaluations()
    assert said.severity == dg.AssetCheckSeverity.WARN
    return said.passed, said.metadata["found"].value


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.region.mkdir()
    (home.region / "settings.toml").write_text(INCREMENTAL, encoding="utf-8")
    return home


def test_a_home_built_incrementally_wants_a_proof(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_proven(home) == (False, "nothing")
    assert is_proven(home, EQUAL)[0]
    monkeypatch.setattr(proof, "_PROVEN_EVERY", timedelta(days=-1))
    passed, found = is_proven(home, EQUAL)
    assert (passed, found != "nothing") == (False, True)


@pytest.mark.parametrize(
    "last", [Proof(104, ["marts.fct_dispute"]), Proof(0, [], "every build is a full one")]
)
def test_what_differed_or_compared_nothing_is_no_proof(home: Home, last: Proof) -> None:
    assert is_proven(home, EQUAL, last) == (False, "nothing")


def test_a_proof_that_could_not_be_made_is_none_and_takes_none_away(home: Home) -> None:
    assert is_proven(home, None) == (False, "nothing")
    assert is_proven(home, EQUAL, None)[0]


def test_a_home_built_in_full_needs_none(home: Home) -> None:
    (home.region / "settings.toml").unlink()
    assert is_proven(home) == (True, "nothing")
