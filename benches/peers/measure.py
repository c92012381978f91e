"""Runs programs as whole processes and measures what they cost."""

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]

# What the programs say.
LOG = Path(tempfile.gettempdir()) / "trendtag-peers.log"


@dataclass(frozen=True)
class Cost:
    """What a process has cost: seconds of wall clock and processor, peak memory in MB.

    The kernel counts the memory of the process that starts it too, so that peaks
    below that of the server (some 15 MB) are not seen.
    """

    wall: float
    cpu: float
    memory: float

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> "Cost":
        """The median of each figure on its own."""
        return cls(*(statistics.median(getattr(c, name) for c in costs) for name in ("wall", "cpu", "memory")))


@functools.cache
def server() -> subprocess.Popen[str]:
    """A small process that starts the others: this one grows with what it has read."""
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def together(commands: Sequence[Command]) -> list[Cost]:
    """Runs processes at the same time, each to its end."""
    pipe = server()
    assert pipe.stdin is not None and pipe.stdout is not None
    print(json.dumps([[str(part) for part in command] for command in commands]), file=pipe.stdin, flush=True)
    costs, failed = json.loads(pipe.stdout.readline())
    if failed:
        raise SystemExit(f"failed, see {LOG}: {failed}")
    return [Cost(*cost) for cost in costs]


def run(command: Command) -> Cost:
    """Runs one process to its end."""
    return together([command])[0]


def side_by_side(commands: Sequence[Command]) -> Cost:
    """Runs processes at the same time; the wall clock is that of the last."""
    costs = together(commands)
    return Cost(max(c.wall for c in costs), sum(c.cpu for c in costs), sum(c.memory for c in costs))


def serve() -> None:
    """Reads lists of commands, and writes what each has cost; the kernel knows what it (and its
    children) used."""
    # Libraries may use one thread unless the command says otherwise.
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    for line in sys.stdin:
        started, costs, failed = [], [], []
        with open(LOG, "ab") as log:
            for command in json.loads(line):
                began = time.perf_counter()
                process = subprocess.Popen(command, env=os.environ | single, stdout=subprocess.DEVNULL, stderr=log)
                started.append((process, began))
        for process, began in started:
            _, status, usage = os.wait4(process.pid, 0)
            costs.append((time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000))
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                failed.append(process.args)
        print(json.dumps((costs, failed)), flush=True)


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


if __name__ == "__main__":
    serve()
