"""Rows a second on Spark beside the plain command and scikit-learn pipelines.

One run on one machine: the command on one and two threads, then the same documents
on a standalone cluster with one and two executors (one core each), tagged by the
filter and by the pipelines of benches/peers in `mapInArrow`, passed through Python unchanged,
and read and written without either (Spark's own floors). The slow pipelines get fewer documents. Sessions,
Python workers and the compiler of the JVM are warm before the clock starts. Each figure
is the median of the repeats, taken in turn. Processor time is that of the executors with
all their processes, or of the command: on a machine with other work it tells more than
the clock.

    python/tests/run                                         # makes the environment
    target/python-venv/bin/pip install scikit-learn==1.9.1
    target/python-venv/bin/python benches/spark/bench.py 200000
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "python/tests/spark"), str(HERE.parent / "peers")]

import numpy as np  # noqa: E402
from cluster import REPOSITORY, Cluster, documents  # noqa: E402
from peers import Sklearn  # noqa: E402
from trendtag import find_program  # noqa: E402
from trendtag.spark import pipe, schema  # noqa: E402

REPEATS = 3
# Rows that travel together, for all jobs.
BATCH_ROWS = 3000
# The pipelines: whether they use subwords, and their share of the documents.
PIPELINES = {
    "scikit-learn, words alone": (False, 10),
    "scikit-learn, the same kinds of features": (True, 40),
}


def fitted(subwords: bool):
    """A pipeline that has learned from the labelled cases, and the trends it knows."""
    with (REPOSITORY / "data/cases.csv").open(newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    texts = ["\n".join((c["title"], c["summary"], c["description"])) for c in cases]
    trends = [set(c["trends"].split(";")) - {"", "-"} for c in cases]
    keys = sorted(set().union(*trends))
    peer = Sklearn(subwords)
    peer.fit(texts, np.array([[key in of_case for key in keys] for of_case in trends]))
    return peer.vectors, peer.model, keys


def pipeline_of(vectors, model, keys):
    """What mapInArrow wants, and the columns it gives."""

    def tag_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = (batch.column("title").to_pylist(), batch.column("description").to_pylist())
            texts = [f"{title or ''}\n{text or ''}" for title, text in zip(*columns)]
            p = model.predict_proba(vectors.transform(texts))
            given = zip(batch.schema.names, batch.columns)
            yield pa.record_batch(
                {**dict(given), **{f"p_{k}": p[:, i] for i, k in enumerate(keys)}}
            )

    return tag_partition, "".join(f", `p_{key}` double" for key in keys)


def of_children() -> float:
    """Seconds of processor time of the commands that were run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def most_memory(cluster: Cluster, action) -> dict[str, int]:
    """Does it, and tells the most memory that one process of each kind has had."""
    job = threading.Thread(target=action)
    most = {"java": 0, "python": 0, "trendtag": 0}
    job.start()
    while job.is_alive():
        most = {name: max(known, cluster.memory(name)) for name, known in most.items()}
        time.sleep(0.1)
    return most


def main(count: int) -> None:
    folder = Path(tempfile.mkdtemp())
    documents(folder / "documents", count)
    pipelines = {}
    for name, (subwords, share) in PIPELINES.items():
        documents(folder / name, count // share)
        pipelines[name] = (count // share, *pipeline_of(*fitted(subwords)))
    columns = "id string, year bigint, title string, description string"
    # Rows per second of elapsed time, and of processor time.
    clock: dict[str, list[float]] = {}
    processor: dict[str, list[float]] = {}

    def note(name: str, number: int, action, used) -> None:
        start, before = time.perf_counter(), used()
        action()
        clock.setdefault(name, []).append(number / (time.perf_counter() - start))
        processor.setdefault(name, []).append(number / (used() - before))
        print(f"{name}: {clock[name][-1]:,.0f}, {processor[name][-1]:,.0f}", flush=True)

    def command(jobs: int):
        program = [find_program(), "tag", "--quiet", "--force", "--allow-missing-columns", "--jobs", str(jobs)]
        files = [str(folder / "documents/*.parquet"), "-o", str(folder / "out.parquet")]
        return lambda: subprocess.run([*program, *files], check=True)

    settings = {
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
        # The garbage collector for throughput, as suits a batch job.
        "spark.executor.extraJavaOptions": "-XX:+UseParallelGC",
    }
    with Cluster(folder) as cluster:
        for executors in (1, 2):
            spark = cluster.session(executors, **settings)

            def write(df, out=str(folder / "out")):
                return lambda: df.write.mode("overwrite").parquet(out)

            many = spark.read.parquet(str(folder / "documents"))
            tagging = many.mapInArrow(pipe("--allow-missing-columns"), schema(many, "--allow-missing-columns"))
            memory = most_memory(cluster, write(tagging))
            passed = many.mapInArrow(lambda batches: batches, columns)
            jobs = {
                "read and write": (count, many),
                "read, pass through Python, write": (count, passed),
                "trendtag": (count, tagging),
            }
            for name, (number, function, added) in pipelines.items():
                df = spark.read.parquet(str(folder / name))
                jobs[name] = (number, df.mapInArrow(function, columns + added))
            for _, df in jobs.values():
                write(df)()
            for _ in range(REPEATS):
                note(f"command, {executors} threads", count, command(executors), of_children)
                for name, (number, df) in jobs.items():
                    name = f"Spark, {executors} executors, {name}"
                    note(name, number, write(df), cluster.processor_time)
            spark.stop()
    shutil.rmtree(folder)

    print(
        f"\n{count:,} documents, {os.cpu_count()} processors; median (least to most) of {REPEATS}\n"
    )
    told = ", ".join(f"{name} {most >> 20} MB" for name, most in memory.items())
    print(f"most memory of a process while trendtag tags: {told}\n")
    print("| | rows/s by the clock | rows per second of processor time |\n|---|---|---|")
    for name in clock:
        figures = [sorted(rates[name]) for rates in (clock, processor)]
        cells = [f"{statistics.median(f):,.0f} ({f[0]:,.0f} to {f[-1]:,.0f})" for f in figures]
        print(f"| {name} | {' | '.join(cells)} |")
    for executors in (1, 2):
        for kind, rates in (("clock", clock), ("processor time", processor)):
            rate = {name: statistics.median(all_) for name, all_ in rates.items()}
            ours = rate[f"Spark, {executors} executors, trendtag"]
            part = ours / rate[f"command, {executors} threads"]
            print(f"{executors}, by {kind}: {part:.2f} of the command")
            for name in PIPELINES:
                times = ours / rate[f"Spark, {executors} executors, {name}"]
                print(f"{executors}, by {kind}: {times:.1f} times {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
