"""The clock of stages: seconds, CPU and memory of each without those inside it."""

import json
import subprocess
import sys

from bench.stages import OTHER
from lus_assets.warehouse.project import ROOT

_PROGRAM = """
import json, time
from bench.stages import Clock
clock, began = Clock(), time.perf_counter()
with clock.stage("outer"):
    with clock.stage("inner"):
        held = bytearray(300 * 2**20)
        held[:] = bytes(1) * len(held)
        time.sleep(0.3)
        del held
    with clock.stage("after"):
        pass
whole = time.perf_counter() - began
print(json.dumps({"whole": whole, "seconds": clock.seconds, "peak": clock.peak_mib}))
"""


def test_time_and_memory_are_those_of_the_stage_under_way_and_not_of_the_one_around_it() -> None:
    """In a process of its own: what others have allocated and freed would hide it."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    told = json.loads(ended.stdout)
    seconds, peak = told["seconds"], told["peak"]
    assert 0.3 <= seconds["inner"] <= told["whole"] - seconds["outer"] - seconds["after"]
    assert peak["inner"] >= peak["after"] + 250
    assert peak["inner"] >= peak["outer"] + 250
    assert OTHER in peak
