"""Who is told: everyone once, again until it is told, and that a channel is dead."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.operations import notify
from lus_assets.operations.alerts import WORDS, Alert, now, read_alerts
from lus_assets.operations.channels import Channel
from lus_assets.operations.notify import raise_alerts
from tests.postgres import free_port

PERSON_ID = "19121212-1212"
SECRET = "hush-hush-hush"  # noqa: S105 - of a server of the test's own


PROMISE = pytest.mark.promise(
    "A failure is one alert by webhook and mail; a dead notifier fails no run and is itself told",
    area="Production",
    how="a web server and a mail server on loopback that answer, refuse, redirect or hang",
)


def alert(run_id: str = "R1", kind: str = "run") -> Alert:
    return Alert(kind, "morning", run_id, ("dbt",), now())


@dataclass
class Fake:
    """A channel that keeps what it was told, or dies."""

    name: str
    is_dead: bool = False
    told: list[str] = field(default_factory=list)

    def send(self, alert: Alert) -> None:
        if self.is_dead:
            raise ConnectionRefusedError(PERSON_ID)
        self.told.append(f"{alert.kind} {alert.run_id}")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).prepare()


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> tuple[Fake, Fake]:
    made = (Fake("webhook"), Fake("mail"))
    ways = [Channel(each.name, each.send) for each in made]
    monkeypatch.setattr(notify, "channels", lambda _: ways)
    return made


def test_an_alert_is_told_once_by_every_channel(home: Home, fakes: tuple[Fake, Fake]) -> None:
    for each in (alert(), alert(), alert("R2"), alert("R1", "check")):
        raise_alerts([each], home)
    raise_alerts((), home)
    assert [each.told for each in fakes] == [["run R1", "run R2", "check R1"]] * 2


def test_a_dead_channel_fails_nothing_and_is_told_once_by_the_others(
    home: Home, fakes: tuple[Fake, Fake]
) -> None:
    webhook, mail = fakes
    mail.is_dead = True
    assert raise_alerts([alert("R1")], home) == 1
    raise_alerts([alert("R2")], home)
    assert webhook.told == ["run R1", "notifier mail since ever", "run R2"]
    (dead,) = (each for each in read_alerts(home.alerts) if each.kind == "notifier")
    assert (dead.job, dead.names) == ("mail", ("ConnectionRefusedError",))
    assert PERSON_ID not in home.alerts.read_text() + home.alerts_sent.read_text()


def test_what_a_channel_missed_it_is_told_when_it_works_again_but_not_its_own_death(
    home: Home, fakes: tuple[Fake, Fake]
) -> None:
    _, mail = fakes
    mail.is_dead = True
    raise_alerts([alert("R1")], home)
    raise_alerts([alert("R2")], home)
    mail.is_dead = False
    raise_alerts((), home)
    raise_alerts((), home)
    assert mail.told == ["run R1", "run R2"]
    mail.is_dead = True
    raise_alerts([alert("R3")], home)
    died = [each.run_id for each in read_alerts(home.alerts) if each.kind == "notifier"]
    assert len(set(died)) == 2, "a channel that dies again is told again"


def test_a_channel_that_is_set_later_tells_no_history(home: Home, fakes: tuple[Fake, Fake]) -> None:
    old = Alert("run", "morning", "R0", ("dbt",), "2024-03-01T04:00:00+00:00")
    raise_alerts([old, alert("R1")], home)
    assert fakes[0].told == ["run R1"]


def test_a_line_that_a_killed_process_left_half_hides_nothing(
    home: Home, fakes: tuple[Fake, Fake]
) -> None:
    raise_alerts([alert("R1")], home)
    with home.alerts.open("a") as file:
        file.write('{"kind": "run", "job": "mor')
    raise_alerts([alert("R2")], home)
    assert [each.run_id for each in read_alerts(home.alerts)] == ["R1", "R2"]
    assert fakes[0].told == ["run R1", "run R2"]


def test_settings_that_cannot_be_read_fail_no_alert(home: Home) -> None:
    (home.region / "settings.toml").write_text("[alerts]\nmail_to = 1\n")
    assert raise_alerts([alert()], home) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('webhook_url = "file:///hush"', "webhook_url' is no address"),
        ('mail_to = ["a@example.org"]', "mail_to' is not enough"),
        ('mail_from = "a@b"\nsmtp_host = "h"\nmail_to = ["a@b\\nBcc: c@d"]', "has no address"),
        ('delivery_due = "8"', "delivery_due' is no time"),
        ('smtp_security = "hush"', "smtp_security' is unknown"),
        ("timeout_seconds = 0", "timeout_seconds' is out of bounds"),
    ],
)
def test_settings_that_tell_nobody_are_refused(home: Home, text: str, what: str) -> None:
    (home.region / "settings.toml").write_text(f"[alerts]\n{text}\n")
    with pytest.raises(LusError, match=what) as refused:
        load_settings(home)
    assert "hush" not in str(refused.value)


def test_every_alert_has_a_runbook() -> None:
    page = Path(__file__).parents[3] / "docs" / "runbooks" / "alerts.md"
    sections = page.read_text(encoding="utf-8").split("\n## ")[1:]
    found = {text.split("\n")[0].strip("`"): text for text in sections}
    assert set(WORDS) <= set(found)
    for kind in WORDS:
        for part in ("**It means**", "**Look at**", "**Do**"):
            assert part in found[kind], f"{kind} lacks {part}"


class Web:
    """A web server on loopback that keeps what is posted."""

    def __init__(self, status: int = 200) -> None:
        web = self
        self.posted: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                web.posted.append(json.loads(content))
                web.tokens.append(self.headers["Authorization"])
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@PROMISE
@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_webhook_is_posted_to_with_its_token_and_follows_nowhere(
    home: Home, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web(status)
    monkeypatch.setenv("LUS_ALERT_WEBHOOK_URL", web.url)
    monkeypatch.setenv("LUS_ALERT_WEBHOOK_TOKEN", SECRET)
    raise_alerts([Alert("run", "morning", "R1", (f"step of {PERSON_ID}",), now())], home)
    web.server.shutdown()
    web.server.server_close()
    (posted,) = web.posted
    assert (posted["kind"], posted["run_id"]) == ("run", "R1")
    assert posted["names"] == ["step of [person id]"]
    assert "docs/runbooks/alerts.md" in posted["text"]
    assert web.tokens == [f"Bearer {SECRET}"]
    died = [each.names for each in read_alerts(home.alerts) if each.kind == "notifier"]
    assert died == ([] if status == 200 else [("HTTPError",)])
    kept = home.alerts.read_text() + home.alerts_sent.read_text()
    assert SECRET not in kept
    assert web.url not in kept


class Inbox:
    """What an SMTP server was handed."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.messages.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    from aiosmtpd.controller import Controller

    kept = Inbox()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield kept, controller.port
    controller.stop()


def mail_settings(home: Home, port: int) -> None:
    (home.region / "settings.toml").write_text(
        '[alerts]\nmail_to = ["one@example.org", "two@example.org"]\n'
        'mail_from = "lus@example.org"\n'
        f'smtp_host = "127.0.0.1"\nsmtp_port = {port}\n'
        'smtp_security = "none"\ntimeout_seconds = 2\n'
    )


@PROMISE
@pytest.mark.slow
def test_mail_reaches_everyone_with_words_and_no_person(
    home: Home, inbox: tuple[Inbox, int]
) -> None:
    kept, port = inbox
    mail_settings(home, port)
    raise_alerts([Alert("check", "morning", "R1", (f"x: of {PERSON_ID}",), now())], home)
    (envelope,) = kept.messages
    assert envelope.rcpt_tos == ["one@example.org", "two@example.org"]
    text = envelope.content.decode()
    assert "Subject: lus: checks did not pass (morning)" in text
    assert "x: of [person id]" in text
    assert "1212" not in text


@PROMISE
@pytest.mark.slow
@pytest.mark.parametrize("how", ["nobody listens", "nobody answers"])
def test_a_mail_server_that_is_dead_or_hangs_fails_nothing(home: Home, how: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail_settings(home, silent.getsockname()[1] if how == "nobody answers" else free_port())
        assert raise_alerts([alert()], home) == 1
    (dead,) = (each for each in read_alerts(home.alerts) if each.kind == "notifier")
    assert dead.names in (("ConnectionRefusedError",), ("SMTPServerDisconnected",))
