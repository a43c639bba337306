"""A run whose process was killed is ended, and no other one."""

import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from orchestration import killed
from orchestration.killed import PROCESS, end_killed_runs, in_this_process, is_gone

_LIVES = """
import sys
from orchestration.killed import PROCESS, in_this_process
print(in_this_process(sys.argv[1])[PROCESS], flush=True)
input()
"""


def a_run(tags: dict[str, str] | None = None, run_id: str = "") -> dg.DagsterRun:
    """A run under way."""
    status = dg.DagsterRunStatus.STARTED
    return dg.DagsterRun("morning", run_id or str(uuid4()), status=status, tags=tags or {})


def test_the_run_of_a_killed_process_ends_and_no_other(instance: dg.DagsterInstance) -> None:
    run_id = str(uuid4())
    with subprocess.Popen(
        [sys.executable, "-c", _LIVES, run_id],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        tags = {PROCESS: child.stdout.readline().strip()}
        mine = a_run()
        # without a tag: of before; with another run's: started again, and not yet under way
        for each in (a_run(tags, run_id), a_run(tags), a_run()):
            instance.add_run(each)
        instance.add_run(mine.with_tags(in_this_process(mine.run_id)))
        assert end_killed_runs(instance) == []
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert end_killed_runs(instance) == [run_id]
    assert end_killed_runs(instance) == []
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])
    assert [each.run_id for each in instance.get_runs(failed)] == [run_id]


def test_a_run_that_ends_while_its_process_is_looked_for_has_not_failed(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run()
    instance.add_run(run)

    def ends(_: dg.DagsterRun) -> bool:
        instance.report_run_canceled(run)
        return True

    monkeypatch.setattr(killed, "is_gone", ends)
    assert end_killed_runs(instance) == []


@pytest.mark.parametrize(
    ("part", "gone"),
    [("run", False), ("machine", False), ("boot", True), ("started", True), (None, False)],
    ids=[
        *("of another run", "of another machine", "before a restart"),
        *("its number is another's now", "this one"),
    ],
)
def test_who_is_gone(part: str | None, *, gone: bool) -> None:
    run_id = str(uuid4())
    names = ("run", "machine", "boot", "pid", "started")
    process = dict(zip(names, in_this_process(run_id)[PROCESS].split(), strict=True))
    if part:
        process[part] = "1"
    assert is_gone(a_run({PROCESS: " ".join(process.values())}, run_id)) is gone


def test_a_process_with_any_name_has_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel puts the name in brackets, as it is."""
    (tmp_path / "7").mkdir()
    after = " ".join(["S", *(str(number) for number in range(4, 53))])
    (tmp_path / "7" / "stat").write_text(f"7 (a) b (c 9) {after}")
    monkeypatch.setattr(killed, "_PROC", tmp_path)
    assert killed._started(7) == "22"
    assert killed._started(8) == "-"
