"""What a landing area may be, and that no secret is written where addresses are."""

from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.location import Landing, parse_landing, resolved, scheme_of
from lus_assets.core.settings import load_settings
from lus_assets.core.source_settings import SourceSettings


@pytest.mark.parametrize(
    ("text", "landing", "scheme"),
    [
        ("landing", Path("landing"), ""),
        ("file:///srv/l%C3%A5da", Path("/srv/låda"), ""),
        ("s3://bucket/lus", "s3://bucket/lus", "s3"),
        ("SFTP://lus@host:22/srv", "SFTP://lus@host:22/srv", "sftp"),
        ("postgresql://u@h/d?sslmode=verify-full&sslkey=/k", None, "postgresql"),
    ],
)
def test_a_text_with_a_scheme_is_an_address(text: str, landing: Landing | None, scheme: str):
    if landing is None:
        landing = text = text.replace("&sslkey=/k", "")
    assert parse_landing(text) == landing
    assert scheme_of(landing) == scheme
    assert resolved(landing) == (landing.absolute() if isinstance(landing, Path) else landing)


@pytest.mark.parametrize(
    "address",
    [
        "sftp://lus:hush@host/srv",
        "postgresql://u@h/d?password=hush",
        "s3://bucket/x?secret=hush",
        "abfs://c@account/x?sas_token=hush",
        "s3://[bucket/hush",
    ],
)
def test_an_address_with_a_secret_or_without_sense_is_refused_and_not_shown(address: str):
    with pytest.raises(LusError) as refused:
        parse_landing(address)
    assert "hush" not in str(refused.value)


def settings(home: Home, text: str) -> SourceSettings:
    home.region.joinpath("settings.toml").write_text(text)
    return load_settings(home).source


def test_settings_of_a_source(tmp_path: Path):
    home = Home(tmp_path).prepare()
    assert load_settings(home).source == SourceSettings()
    given = settings(home, '[source]\nread_seconds = 5\noptions = {endpoint_url = "http://x"}\n')
    assert (given.read_seconds, given.options) == (5, {"endpoint_url": "http://x"})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("source = 1", "'source' has the wrong type"),
        ("[source]\nread = 1", "'source.read' is no setting"),
        ('[source]\nread_seconds = "hush"', "'source.read_seconds' has the wrong type"),
        ("[source]\nread_seconds = 0", "'source.read_seconds' is out of bounds"),
        ('[source]\ndatabase_schema = "a; drop hush"', "'source.database_schema' is no name"),
        ('[source.options]\nsecret = "hush"', "'source.options.secret' is a secret"),
        ('[source.options]\nsas_token = "hush"', "'source.options.sas_token' is a secret"),
    ],
)
def test_a_setting_of_a_source_that_cannot_be_used_is_named_without_its_value(
    tmp_path: Path, text: str, what: str
):
    with pytest.raises(LusError, match=what) as refused:
        settings(Home(tmp_path).prepare(), text)
    assert "hush" not in str(refused.value)
