"""How much memory a process has used at most."""

from pathlib import Path


def peak_memory_mib() -> int:
    """This process's own peak (`ru_maxrss` would count its parent's memory at the fork too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024
