"""Who delivers: a place that files are put in, and the address that we read them from."""

import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.postgres import free_port
from tests.wire import Wire, wire_to

SECRET = "a-secret-that-nobody-may-see"  # noqa: S105 - of a server of the test's own
AN_HOUR = 3600


class Sender(Protocol):
    """A landing area elsewhere. wire: what lies between, if it can be disturbed."""

    address: str
    wire: Wire | None

    def put(self, path: str, content: bytes) -> None:
        """Deliver a file, an hour ago."""
        ...

    def remove(self, path: str) -> None:
        """Take a file away."""
        ...


class Memory:
    """fsspec's own memory: without server, times or hashes."""

    wire = None

    def __init__(self, name: str) -> None:
        import fsspec

        self.address = f"memory://{name}"
        self._fs: Any = fsspec.filesystem("memory")
        self._root = f"/{name}"
        self._fs.mkdirs(self._root)

    def put(self, path: str, content: bytes) -> None:
        self._fs.pipe_file(f"{self._root}/{path}", content)

    def remove(self, path: str) -> None:
        self._fs.rm_file(f"{self._root}/{path}")


class S3:
    """A bucket of a server that speaks S3."""

    def __init__(self, wire: Wire) -> None:
        import boto3

        self.wire, self.address = wire, "s3://county/lus"
        self.client: Any = boto3.client("s3")
        self.client.create_bucket(Bucket="county")

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket="county", Key=f"lus/{path}", Body=content)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket="county", Key=f"lus/{path}")


class Sftp:
    """A folder behind OpenSSH."""

    def __init__(self, folder: Path, wire: Wire, user: str) -> None:
        self.folder, self.wire = folder, wire
        self.address = f"sftp://{user}@127.0.0.1:{wire.port}{folder}"

    def put(self, path: str, content: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        before = time.time() - AN_HOUR
        os.utime(file, (before, before))

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()


@contextmanager
def s3_sender() -> Generator[S3]:
    """An S3 server on loopback (moto); credentials and address come from the environment."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with wire_to(port) as wire, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.port}")
        try:
            yield S3(wire)
        finally:
            server.stop()


@contextmanager
def sftp_sender(root: Path) -> Generator[Sftp]:
    """OpenSSH's server on loopback, with keys made here; they come from the environment."""
    folder = root / "landing"
    folder.mkdir()
    for name in ("host", "client"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)], check=True
        )
    port = free_port()
    config = root / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {root / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {root / 'client.pub'}\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    log = (root / "sshd.log").open("w")
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(config)], stderr=log)
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    with log, wire_to(port) as wire, pytest.MonkeyPatch.context() as patch:
        host_key = (root / "host.pub").read_text().split()[:2]
        known = root / "known_hosts"
        known.write_text(f"[127.0.0.1]:{wire.port} {' '.join(host_key)}\n")
        patch.setenv("LUS_SFTP_KNOWN_HOSTS", str(known))
        patch.setenv("LUS_SFTP_KEY_FILE", str(root / "client"))
        _wait_for(port, server)
        try:
            yield Sftp(folder, wire, user)
        finally:
            server.terminate()
            server.wait()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert server.poll() is None, "sshd did not start"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("sshd does not listen")
