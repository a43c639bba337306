"""Settings: every default works; what is not a setting of ours is refused by its name."""

from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings, load_settings
from lus_assets.warehouse.connection import connect


def home_with(folder: Path, text: str | bytes) -> Home:
    home = Home(folder).prepare()
    raw = text.encode() if isinstance(text, str) else text
    (home.region / "settings.toml").write_bytes(raw)
    return home


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(Home(tmp_path))
    assert settings == Settings()
    assert (settings.region, settings.review_day, settings.objection_days) == ("01", 5, 21)


def test_what_the_file_says_replaces_the_defaults_and_nothing_else(tmp_path: Path) -> None:
    home = home_with(
        tmp_path, 'region = "20"\nobjection_days = 14\n[finding_share_warn]\nSIP_CALL_MISSING = 0.5'
    )
    assert load_settings(home) == Settings(
        region="20", objection_days=14, finding_share_warn={"SIP_CALL_MISSING": 0.5}
    )


def test_an_unknown_setting_is_refused_with_its_name_and_the_names_there_are(
    tmp_path: Path,
) -> None:
    with pytest.raises(LusError, match="no setting 'reviewday'") as refusal:
        load_settings(home_with(tmp_path, "reviewday = 5"))
    assert "review_day" in refusal.value.todo
    assert refusal.value.where.endswith("settings.toml")


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("region = 1", "region", "str"),
        ('review_day = "5"', "review_day", "int"),
        ("review_day = 5.0", "review_day", "int"),
        ("review_day = true", "review_day", "int"),
        ("memory_limit = 4", "memory_limit", "str"),
        ("finding_share_warn = 0.1", "finding_share_warn", "dict"),
        ("finding_share_warn_default = 1", "finding_share_warn_default", "float"),
    ],
)
def test_a_setting_of_another_type_is_refused(
    tmp_path: Path, text: str, name: str, wanted: str
) -> None:
    with pytest.raises(LusError, match=f"'{name}' has the wrong type") as refusal:
        load_settings(home_with(tmp_path, text))
    assert wanted in refusal.value.todo


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("region = ", ", end of document"),
        ("# one\nregion: 01", ", line 2, column 7"),
        (b'region = "\xe5"', ""),
    ],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, text: str | bytes, place: str) -> None:
    with pytest.raises(LusError, match="not valid TOML") as refusal:
        load_settings(home_with(tmp_path, text))
    assert refusal.value.where.endswith(f"settings.toml{place}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('engine = "pandas"', "engine"),
        ('engine = "spark"', "spark_master"),
        ('[spark]\n"spark.sql.legacy.timeParserPolicy" = "LEGACY"', "spark"),
        ('[spark]\n"spark.sql.caseSensitive" = "true"', "spark"),
        ('build = "some"', "build"),
        ('build = "incremental"\nengine = "spark"\nspark_master = "spark://a:7077"', "build"),
    ],
)
def test_an_engine_must_be_known_spark_needs_a_cluster_builds_in_full_and_reads_sql_as_it_is(
    tmp_path: Path, text: str, name: str
) -> None:
    with pytest.raises(LusError, match=f"'{name}' is out of bounds"):
        load_settings(home_with(tmp_path, text))


@pytest.mark.parametrize("limit", ["4", "50%", "much", "4 giga", "", "-1GB"])
def test_a_memory_limit_that_the_engine_cannot_read_is_refused(tmp_path: Path, limit: str) -> None:
    with pytest.raises(LusError, match="'memory_limit' is out of bounds"):
        load_settings(home_with(tmp_path, f'memory_limit = "{limit}"'))


@pytest.mark.parametrize("limit", ["4GB", "1800MB", "1.5 gib"])
def test_every_memory_limit_that_is_taken_is_one_to_the_engine(tmp_path: Path, limit: str) -> None:
    settings = load_settings(home_with(tmp_path, f'memory_limit = "{limit}"'))
    with connect(Path(":memory:"), settings.memory_limit) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("share", ['"0.1"', "1.5", "-0.1", "nan"])
def test_a_share_is_a_number_from_0_to_1(tmp_path: Path, share: str) -> None:
    with pytest.raises(LusError, match="'finding_share_warn' is out of bounds"):
        load_settings(home_with(tmp_path, f"[finding_share_warn]\nSIP_CALL_MISSING = {share}"))
