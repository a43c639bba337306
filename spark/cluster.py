"""A standalone cluster on this machine's loopback, for tests and figures."""

import os
import re
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_PATIENCE = 180.0


@contextmanager
def cluster(python: Path, work: Path, *, workers: int = 2, memory: str = "2g") -> Generator[str]:
    """The master's address while the block lasts; every process of it has ended afterwards.

    python: the environment that has pyspark. work: a folder for logs and the workers' files.
    memory: of each worker, which has one core.

    Raises:
        TimeoutError: a process did not come up.
    """
    work.mkdir(parents=True, exist_ok=True)
    started: list[subprocess.Popen[bytes]] = []
    try:
        log = work / "master.log"
        own = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        started.append(_start(python, log, _MASTER, *own))
        master = _said(log, started[0], r"Starting Spark master at (spark://\S+)")
        logs = [work / f"worker-{number}.log" for number in range(workers)]
        for log in logs:
            size = ("--cores", "1", "--memory", memory, "--work-dir", str(log.with_suffix("")))
            started.append(_start(python, log, _WORKER, *own, *size, master))
        for log, process in zip(logs, started[1:], strict=True):
            _said(log, process, r"(Successfully registered with master)")
        yield master
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def _start(python: Path, log: Path, *command: str) -> subprocess.Popen[bytes]:
    (home,) = python.parent.parent.glob("lib/python*/site-packages/pyspark")
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("wb") as out:
        return subprocess.Popen(  # noqa: S603 - Spark's own program
            [str(home / "bin" / "spark-class"), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _said(log: Path, process: subprocess.Popen[bytes], pattern: str) -> str:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(pattern, log.read_text(encoding="utf-8", errors="replace")):
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(f"a process of the Spark cluster did not come up: {log}")
