"""What a command cost, measured from outside."""

import pytest

from bench.measure import CommandFailedError, python, run

HOLDING = "import time; held = b'x' * (200 << 20); time.sleep(1)"
STARTING = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDING!r}])"


@pytest.mark.parametrize("program", [HOLDING, STARTING])
def test_memory_is_that_of_a_command_with_the_processes_that_it_starts(program: str) -> None:
    assert 200 < run(python("-c", program)).peak_mib < 300


def test_a_command_that_fails_says_its_last_words() -> None:
    with pytest.raises(CommandFailedError, match="no such county"):
        run(python("-c", "raise SystemExit('no such county')"))
