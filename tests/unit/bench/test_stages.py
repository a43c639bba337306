"""The clock of stages: seconds, CPU and memory of each without those inside it."""

import time

from bench.stages import OTHER, Clock

MIB = 2**20


def test_time_and_memory_are_those_of_the_stage_under_way_and_not_of_the_one_around_it() -> None:
    clock, began = Clock(), time.perf_counter()
    with clock.stage("outer"):
        with clock.stage("inner"):
            held = bytearray(300 * MIB)
            held[:] = bytes(1) * len(held)
            time.sleep(0.3)
            del held
        with clock.stage("after"):
            pass
    whole = time.perf_counter() - began
    assert 0.3 <= clock.seconds["inner"] <= whole - clock.seconds["outer"] - clock.seconds["after"]
    assert clock.peak_mib["inner"] >= clock.peak_mib["after"] + 250
    assert clock.peak_mib["inner"] >= clock.peak_mib["outer"] + 250
    assert OTHER in clock.peak_mib
