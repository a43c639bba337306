"""SFTP for fsspec with known hosts only, keys of this user, and an end to waiting.

fsspec's own file system takes any host key that it does not know and waits for ever.
"""

import os
from pathlib import Path
from stat import S_ISREG
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

KNOWN_HOSTS_VARIABLE = "LUS_SFTP_KNOWN_HOSTS"
"""File of host keys; by default the user's `~/.ssh/known_hosts`."""
KEY_FILE_VARIABLE = "LUS_SFTP_KEY_FILE"
"""Private key file; by default those of `~/.ssh` and the agent's."""
PASSWORD_VARIABLE = "LUS_SFTP_PASSWORD"  # noqa: S105 - the variable's name
"""Password of the account, or of the key file; by default none."""


class KnownHostsSftp(SFTPFileSystem):
    """Gives up after `connect_seconds`, and after `read_seconds` of silence."""

    protocol = "lus-sftp"
    cachable = False

    def __init__(
        self, host: str, *, connect_seconds: int, read_seconds: int, **options: Any
    ) -> None:
        """options: what paramiko's connect takes, such as port and username."""
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        super().__init__(host, host_key_policy="reject", **options)

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(self.host_key_policy)
        known = os.environ.get(KNOWN_HOSTS_VARIABLE)
        self.client.load_system_host_keys(known or str(Path("~/.ssh/known_hosts").expanduser()))
        waits = ("timeout", "banner_timeout", "auth_timeout", "channel_timeout")
        self.client.connect(
            self.host,
            key_filename=os.environ.get(KEY_FILE_VARIABLE) or None,
            password=os.environ.get(PASSWORD_VARIABLE) or None,
            **dict.fromkeys(waits, self._connect_seconds),
            **self.ssh_kwargs,
        )
        self.ftp = self.client.open_sftp()
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(self._read_seconds)

    @staticmethod
    def _decode_stat(stat: paramiko.SFTPAttributes, parent_path: str | None = None) -> Any:
        """As fsspec's, but a device or pipe is no file: it would block a reader."""
        decoded = SFTPFileSystem._decode_stat(stat, parent_path)
        if decoded["type"] == "file" and not S_ISREG(stat.st_mode or 0):
            decoded["type"] = "other"
        return decoded
