"""Runs programs as whole processes and measures what they cost."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]

# Versions of the programs.
LOG = Path(tempfile.gettempdir()) / "trendtag-peers.log"


@dataclass(frozen=True)
class Cost:
    """What a process has cost: seconds of wall clock and processor, peak memory in MB.

    The kernel counts the memory of the process that starts it too, so that peaks
    below that of this program (some 40 MB) are not seen.
    """

    wall: float
    cpu: float
    memory: float

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> "Cost":
        """The median of each figure on its own."""
        return cls(*(statistics.median(getattr(c, name) for c in costs) for name in ("wall", "cpu", "memory")))


def start(command: Command) -> tuple[subprocess.Popen[bytes], float]:
    """Starts a process whose libraries may use one thread unless the command says otherwise."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    began = time.perf_counter()
    command = [str(c) for c in command]
    with open(LOG, "ab") as log:
        process = subprocess.Popen(command, env={**os.environ, **single}, stdout=subprocess.DEVNULL, stderr=log)
    return process, began


def end(process: subprocess.Popen[bytes], began: float) -> Cost:
    """Waits for a process; the kernel knows what it (and its children) used."""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"failed, see {LOG}: {process.args}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def run(command: Command) -> Cost:
    """Runs one process to its end."""
    return end(*start(command))


def side_by_side(commands: Sequence[Command]) -> Cost:
    """Runs processes at the same time; the wall clock is that of the last."""
    costs = [end(*started) for started in [start(command) for command in commands]]
    return Cost(max(c.wall for c in costs), sum(c.cpu for c in costs), sum(c.memory for c in costs))


def in_turn(work: dict[str, Callable[[], Cost]], runs: int) -> dict[str, Cost]:
    """Median costs, each kind of work done once in every round, so that what
    disturbs the machine disturbs all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in work}
    for _ in range(runs):
        for name, once in work.items():
            costs[name].append(once())
    return {name: Cost.median(found) for name, found in costs.items()}


def size(path: Path) -> float:
    """Size of a file, or of all files in a folder, in MB."""
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    return sum(p.stat().st_size for p in files) / 1e6


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a Markdown table."""
    print(f"\n### {title}\n\n| " + " | ".join(header) + " |")
    print("|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
