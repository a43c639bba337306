"""Ways to tell a person: a webhook and mail. Each sends one alert, or raises.

Secrets come from the environment only; what is sent is redacted.
"""

import json
import os
import smtplib
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from http.client import HTTPMessage
from typing import IO

from lus_assets.core.alert_settings import AlertSettings, is_web_address
from lus_assets.operations.alerts import WORDS, Alert
from lus_assets.privacy.redact import redact

WEBHOOK_VARIABLE = "LUS_ALERT_WEBHOOK_URL"
TOKEN_VARIABLE = "LUS_ALERT_WEBHOOK_TOKEN"  # noqa: S105 - the variable's name
PASSWORD_VARIABLE = "LUS_ALERT_SMTP_PASSWORD"  # noqa: S105 - the variable's name


@dataclass(frozen=True)
class Channel:
    """name: `webhook` or `mail`; send: raises whatever went wrong."""

    name: str
    send: Callable[[Alert], None]


def channels(settings: AlertSettings) -> list[Channel]:
    """The ways that are set, in a fixed order."""
    found: list[Channel] = []
    url = os.environ.get(WEBHOOK_VARIABLE) or settings.webhook_url
    if url:
        found.append(Channel("webhook", lambda alert: _post(url, alert, settings)))
    if settings.mail_to:
        found.append(Channel("mail", lambda alert: _mail(alert, settings)))
    return found


def title(alert: Alert) -> str:
    """One line: what happened, and where."""
    where = f" ({alert.job})" if alert.job else ""
    return redact(f"lus: {WORDS[alert.kind]}{where}")


def body(alert: Alert) -> str:
    """What a person reads: what, which, when, and where to read on."""
    lines = [
        f"{title(alert)}.",
        "",
        *(f"- {name}" for name in alert.names),
        "",
        f"{alert.at} UTC, {alert.run_id}",
        f"What it means and what to do: docs/runbooks/alerts.md, section `{alert.kind}`.",
    ]
    return redact("\n".join(lines))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An address that answers with another one is an error: the token is for the first."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """None: urllib then raises the answer's status as an error."""


def _post(url: str, alert: Alert, settings: AlertSettings) -> None:
    if not is_web_address(url):
        raise ValueError("no web address")
    told = {name: redact(value) if isinstance(value, str) else value
            for name, value in asdict(alert).items()}  # fmt: skip
    told |= {"names": [redact(name) for name in alert.names], "text": body(alert)}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token := os.environ.get(TOKEN_VARIABLE):
        headers["Authorization"] = f"Bearer {token}"
    content = json.dumps(told, ensure_ascii=False).encode()
    request = urllib.request.Request(url, content, headers, method="POST")  # noqa: S310 - checked above
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request, timeout=settings.timeout_seconds):
        pass


def _mail(alert: Alert, settings: AlertSettings) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = title(alert), settings.mail_from
    message["To"] = ", ".join(settings.mail_to)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body(alert))
    safe = ssl.create_default_context()
    host, port, wait = settings.smtp_host, settings.smtp_port, settings.timeout_seconds
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=wait, context=safe)
    else:
        server = smtplib.SMTP(host, port, timeout=wait)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=safe)
        if settings.smtp_user:
            server.login(settings.smtp_user, os.environ.get(PASSWORD_VARIABLE, ""))
        server.send_message(message)
