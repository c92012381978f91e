"""A Spark cluster of one master and workers on 127.0.0.1, and documents for it."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
from pyspark.sql import SparkSession

REPOSITORY = Path(__file__).parents[3]
FILES = 16

# Texts that a careless filter breaks.
SPECIAL = [
    None,
    "",
    " ",
    "🗳️ Citizens vote 👩‍💻 in the city's 投票 platform",
    "a line\nand another\r\nand\u2028one more",
    "tabs\tbetween\twords \\t \\n \\N",
    'quotes " and \' and \\" and {"json": [1, 2]}',
    "Citizens vote on the budget. " * (2**20 // 29),
]


class Cluster:
    """A standalone master and workers with one core each; ends with the ``with``."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self._folder = folder
        self._count = workers
        self._daemons: list[subprocess.Popen] = []

    def __enter__(self) -> Cluster:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"spark://127.0.0.1:{port}"
        self._start("org.apache.spark.deploy.master.Master", "--port", str(port))
        _wait_for(port)
        self.workers = [
            self._start(
                "org.apache.spark.deploy.worker.Worker",
                *("--cores", "1", "--memory", "1g"),
                *("--work-dir", str(self._folder / f"worker-{number}")),
                self.url,
            )
            for number in range(self._count)
        ]
        return self

    def __exit__(self, *_) -> None:
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def session(self, executors: int | None = None, **config: str) -> SparkSession:
        """A session on the cluster, with one core per executor."""
        # The Python of the executors, which has this package too.
        os.environ["PYSPARK_PYTHON"] = sys.executable
        builder = SparkSession.builder.master(self.url).appName("trendtag")
        builder = builder.config("spark.cores.max", str(executors or self._count))
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executor.memory": "1g",
            "spark.executor.cores": "1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": str(self._folder / "warehouse"),
            **config,
        }
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return session

    def executors(self) -> list[int]:
        """Process ids of the executors."""
        workers = {worker.pid for worker in self.workers}
        return [process.pid for process in _processes() if process.parent in workers]

    def busy_executors(self) -> list[int]:
        """Process ids of those that run the program at this moment."""
        processes = _processes()
        parents = {process.pid: process.parent for process in processes}
        executors, busy = set(self.executors()), []
        for pid in (process.pid for process in processes if process.name == "trendtag"):
            while pid in parents and pid not in executors:
                pid = parents[pid]
            if pid in executors:
                busy.append(pid)
        return busy

    def processor_time(self) -> float:
        """Seconds of processor time that the executors have used, with all that they
        started and have waited for."""
        return sum(process.seconds for process in self._of_executors())

    def memory(self, name: str) -> int:
        """The most memory, in bytes, that one of the executors' processes of this name
        has ever had, of those that still run."""
        most = 0
        for process in self._of_executors():
            if process.name.startswith(name):
                try:
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except OSError:
                    continue
                lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
                most = max([most, *(int(line.split()[1]) << 10 for line in lines)])
        return most

    def _of_executors(self) -> list[Process]:
        processes, known = _processes(), set(self.executors())
        while more := {p.pid for p in processes if p.parent in known} - known:
            known |= more
        return [process for process in processes if process.pid in known]

    def _start(self, name: str, *arguments: str) -> subprocess.Popen:
        spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
        log = (self._folder / f"daemon-{len(self._daemons)}.log").open("wb")
        daemon = subprocess.Popen(
            [str(spark_class), name, "--host", "127.0.0.1", "--webui-port", "0", *arguments],
            env={
                **os.environ,
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_DAEMON_MEMORY": "256m",
                "SPARK_NO_DAEMONIZE": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._daemons.append(daemon)
        return daemon


def documents(folder: Path, count: int) -> pa.Table:
    """Writes documents as Parquet files, made of sentences of the labelled cases;
    every thousandth has one of the special texts. The ids sort as they stand."""
    csv.field_size_limit(2**24)
    with (REPOSITORY / "data/cases.csv").open(newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    sentences = [s for case in cases for s in case["description"].split(". ") if len(s) > 40]
    ids = [f"doc-{number:09}" for number in range(count)]
    titles, texts = [], []
    for number in range(count):
        titles.append(f"{cases[number % len(cases)]['title']} {number}")
        start = number * 7919
        texts.append(". ".join(sentences[(start + k * 31) % len(sentences)] for k in range(4)))
        if number % 1000 == 17:
            at = number // 1000
            # The long one only occasionally.
            kinds = len(SPECIAL) - (at % 16 > 0)
            texts[-1] = SPECIAL[at // 2 % kinds if at % 16 else -1]
            titles[-1] = texts[-1] if at % 2 and at % 16 else titles[-1]
    years = pa.array([2015 + number % 10 for number in range(count)], pa.int64())
    columns = {"id": ids, "year": years, "title": titles, "description": texts}
    table = pa.table(columns)
    folder.mkdir(parents=True)
    size = -(-count // FILES)
    for file in range(FILES):
        part = table.slice(file * size, size)
        pq.write_table(part, folder / f"part-{file:02}.parquet", row_group_size=5000)
    return table


class Process(NamedTuple):
    """A process of this machine."""

    pid: int
    parent: int
    name: str
    seconds: float


def _processes() -> list[Process]:
    """All that run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        name, rest = stat.split("(", 1)[1].rsplit(")", 1)
        fields = rest.split()
        ticks = sum(int(field) for field in fields[11:15])
        seconds = ticks / os.sysconf("SC_CLK_TCK")
        found.append(Process(int(folder.name), int(fields[1]), name, seconds))
    return found


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the master does not answer")
