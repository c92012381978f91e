"""Rows a second on Spark beside the plain command and a scikit-learn pipeline.

One run on one machine: the command on one and two threads, then the same documents
on a standalone cluster with one and two executors (one core each), tagged by the
filter and by the pipeline of benches/recipe in `mapInArrow`, and read and written
without either (Spark's own floor). Sessions and Python workers are warm before the
clock starts. Each figure is the median of the repeats, taken in turn. Processor time is
that of the executors with all their processes, or of the command: on a machine with
other work it tells more than the clock.

    pip install -r python/tests/requirements.txt scikit-learn==1.9.1
    pip install trendtag-*.whl
    python benches/spark/bench.py 400000
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
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "python/tests/spark"))

from cluster import REPOSITORY, Cluster, documents  # noqa: E402
from trendtag import find_program  # noqa: E402
from trendtag.spark import pipe, schema  # noqa: E402

REPEATS = 3


def recipe():
    """The usual pipeline, learned from the labelled cases."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MultiLabelBinarizer

    with (REPOSITORY / "data/cases.csv").open(newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    texts = ["\n".join((c["title"], c["summary"], c["description"])) for c in cases]
    labels = MultiLabelBinarizer()
    gold = labels.fit_transform([set(c["trends"].split(";")) - {"", "-"} for c in cases])
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
    model = make_pipeline(words, OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000)))
    return model.fit(texts, gold), list(labels.classes_)


def pipeline_of(model, keys):
    """What mapInArrow wants, and the columns it gives."""

    def tag_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = (batch.column("title").to_pylist(), batch.column("description").to_pylist())
            texts = [f"{title or ''}\n{text or ''}" for title, text in zip(*columns)]
            p = model.predict_proba(texts)
            given = zip(batch.schema.names, batch.columns)
            yield pa.record_batch(
                {**dict(given), **{f"p_{k}": p[:, i] for i, k in enumerate(keys)}}
            )

    return tag_partition, "".join(f", `p_{key}` double" for key in keys)


def of_children() -> float:
    """Seconds of processor time of the commands that were run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(count: int) -> None:
    folder = Path(tempfile.mkdtemp())
    documents(folder / "documents", count)
    documents(folder / "few", count // 10)
    model, keys = recipe()
    function, added = pipeline_of(model, keys)
    columns = "id string, year bigint, title string, description string"
    # Rows a second by the clock, and of processor time.
    clock: dict[str, list[float]] = {}
    processor: dict[str, list[float]] = {}

    def note(name: str, number: int, action, used) -> None:
        start, before = time.perf_counter(), used()
        action()
        clock.setdefault(name, []).append(number / (time.perf_counter() - start))
        processor.setdefault(name, []).append(number / (used() - before))
        print(f"{name}: {clock[name][-1]:,.0f}, {processor[name][-1]:,.0f}", flush=True)

    def command(jobs: int):
        program = [find_program(), "tag", "--quiet", "--force", "--jobs", str(jobs)]
        files = [str(folder / "documents/*.parquet"), "-o", str(folder / "out.parquet")]
        return lambda: subprocess.run([*program, *files], check=True)

    with Cluster(folder) as cluster:
        for executors in (1, 2):
            spark = cluster.session(executors)
            many = spark.read.parquet(str(folder / "documents"))
            few = spark.read.parquet(str(folder / "few"))
            out = folder / "out"

            def write(df, out=out):
                return lambda: df.write.mode("overwrite").parquet(str(out))

            jobs = {
                "read and write": (count, many),
                "trendtag": (count, many.mapInArrow(pipe(), schema(many))),
                "scikit-learn": (count // 10, few.mapInArrow(function, columns + added)),
            }
            for _, df in jobs.values():
                write(df.limit(2000))()
            write(jobs["trendtag"][1])()
            for _ in range(REPEATS):
                note(f"command, {executors} threads", count, command(executors), of_children)
                for name, (number, df) in jobs.items():
                    name = f"Spark, {executors} executors, {name}"
                    note(name, number, write(df), cluster.processor_time)
            print(f"a Python worker has had up to {cluster.memory('python') >> 20} MB")
            spark.stop()
    shutil.rmtree(folder)

    print(
        f"\n{count:,} documents, {os.cpu_count()} processors; median (least to most) of {REPEATS}\n"
    )
    print("| | rows/s by the clock | rows per second of processor time |\n|---|---|---|")
    for name in clock:
        figures = [sorted(rates[name]) for rates in (clock, processor)]
        cells = [f"{statistics.median(f):,.0f} ({f[0]:,.0f} to {f[-1]:,.0f})" for f in figures]
        print(f"| {name} | {' | '.join(cells)} |")
    for executors in (1, 2):
        for kind, rates in (("clock", clock), ("processor time", processor)):
            rate = {name: statistics.median(all_) for name, all_ in rates.items()}
            ours = rate[f"Spark, {executors} executors, trendtag"]
            plain = ours / rate[f"command, {executors} threads"]
            times = ours / rate[f"Spark, {executors} executors, scikit-learn"]
            print(
                f"{executors}, by {kind}: {plain:.2f} of the command, {times:.1f} times scikit-learn"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400_000)
