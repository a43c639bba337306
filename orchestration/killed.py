"""Runs that were killed together with the code server, as by a power cut: Dagster takes them for
alive, and each may hold the pool's only slot.

Runs here are of one process each, which says in a tag who it is; so anyone on that machine can see
whether it lives.
"""

import os
import socket
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

PROCESS = "lus/process"
"""Run tag: run, machine, its start, process, and that one's start. A run that is started again has
the tags of the first until it says its own."""
COMMANDS_RUN = {"lus/started_by": "command"}
"""Run tag of what a command runs in its own process, with the home's writer lock held."""
_PROC = Path("/proc")


def in_this_process(run_id: str) -> dict[str, str]:
    """The tag of a run that this process is."""
    pid = os.getpid()
    return {PROCESS: f"{run_id} {socket.gethostname()} {_boot()} {pid} {_started(pid)}"}


def is_gone(run: dg.DagsterRun) -> bool:
    """Has the run's process ended? One of another machine or container is not seen from here."""
    run_id, machine, boot, pid, started = run.tags.get(PROCESS, "- - - - -").split()
    if run_id != run.run_id or machine != socket.gethostname():
        return False
    return boot != _boot() or started != _started(int(pid))


def end_killed_runs(instance: dg.DagsterInstance, *, is_writer: bool = False) -> list[str]:
    """Let the runs whose process is gone have failed, and free what they held; their ids.

    is_writer: the home's writer lock is held here, so that no other command's run is alive, also
    where it could not say yet who it is.
    """
    ended: list[str] = []
    for run in instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES)):
        if is_gone(run) or (is_writer and COMMANDS_RUN.items() <= run.tags.items()):
            # what it said last, as it may have ended well while its process was looked for
            now = instance.get_run_by_id(run.run_id)
            if now is None or now.is_finished:
                continue
            instance.report_run_failed(run, "The process of this run is gone: it was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            ended.append(run.run_id)
    return ended


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; `-` when there is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "-"
    # its name, in brackets, may hold anything
    return stat.rpartition(")")[2].split()[19]
