"""Tagging on a real cluster: the same rows as on one machine, or a job that fails.

    python/tests/run

Java 17 is needed. DOCUMENTS in the environment sets another number of documents.
"""

import os
import signal
import subprocess
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cluster import SPECIAL, Cluster, documents
from trendtag import find_program
from trendtag.spark import pipe, schema

pytestmark = pytest.mark.spark

DOCUMENTS = int(os.environ.get("DOCUMENTS", 200_000))

TRANSFORM = """
    SELECT TRANSFORM(to_json(struct(*), map('ignoreNullFields', 'false')))
    USING './trendtag tag --quiet --format jsonl {flags} -' AS (j STRING)
    FROM {table}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def given(desk):
    return documents(desk / "documents", DOCUMENTS)


@pytest.fixture(scope="module")
def cluster(desk):
    with Cluster(desk) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def spark(cluster):
    session = cluster.session()
    session.sql(f"ADD FILE '{find_program()}'")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def single(desk, given):
    """What one machine gives, without Spark, in a format."""

    def run(name):
        out = desk / name
        if not out.exists():
            command = [find_program(), "tag", "--allow-missing-columns", str(desk / "documents/*.parquet"), "-o", str(out)]
            subprocess.run(command, check=True)
        return out

    return run


def arrow_bytes(table, like):
    """The table, sorted by id, as the bytes of an Arrow stream."""
    table = table.select(like.names).cast(like).sort_by("id").combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, like) as writer:
        writer.write_table(table, max_chunksize=10_000)
    return sink.getvalue()


def same_rows(found, single):
    expected = pq.read_table(single("single.parquet"))
    like = expected.schema.remove_metadata()
    assert found.num_rows == expected.num_rows == DOCUMENTS
    return arrow_bytes(found, like).equals(arrow_bytes(expected, like))


def test_the_arrow_route_gives_the_bytes_of_one_machine(spark, desk, given, single):
    df = spark.read.parquet(str(desk / "documents"))
    tagged = df.mapInArrow(pipe("--allow-missing-columns"), schema(df, "--allow-missing-columns"))
    assert tagged.schema.names[:4] == given.column_names
    tagged.write.parquet(str(desk / "arrow"))
    found = pq.read_table(desk / "arrow")
    assert same_rows(found, single)
    # The given columns are unchanged.
    assert found.sort_by("id").select(given.column_names).equals(given)
    texts = found.column("description").to_pylist()
    assert all(text in texts for text in SPECIAL)


def test_the_sql_route_gives_the_bytes_of_one_machine(spark, desk, single):
    spark.read.parquet(str(desk / "documents")).createOrReplaceTempView("documents")
    spark.sql(TRANSFORM.format(table="documents", flags="")).write.text(str(desk / "json"))
    found = b"".join(path.read_bytes() for path in (desk / "json").glob("part-*"))
    found, expected = found.splitlines(True), single("single.jsonl").read_bytes().splitlines(True)
    # The id is first and sorts as it is.
    assert len(found) == DOCUMENTS
    assert sorted(found) == sorted(expected)


def test_an_executor_killed_in_mid_job_costs_no_row_and_doubles_none(spark, cluster, desk, single):
    df = spark.read.parquet(str(desk / "documents")).repartition(64, "id")
    tagged = df.mapInArrow(pipe("--allow-missing-columns"), schema(df, "--allow-missing-columns"))
    job = threading.Thread(target=lambda: tagged.write.parquet(str(desk / "killed")))
    job.start()
    tracker = spark.sparkContext.statusTracker()
    killed = None
    while job.is_alive() and killed is None:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        tagging = any(
            stage and stage.numTasks == 64 and stage.numCompletedTasks > 4 for stage in stages
        )
        for executor in cluster.busy_executors() if tagging else []:
            os.kill(executor, signal.SIGKILL)
            killed = executor
            break
        time.sleep(0.02)
    assert killed is not None and job.is_alive(), "the job was over before"
    job.join()
    assert killed not in cluster.executors()
    assert same_rows(pq.read_table(desk / "killed"), single)


def test_partitions_without_rows_give_none(spark):
    few = spark.createDataFrame(
        [(str(i), f"Citizens vote {i}") for i in range(3)], "id string, title string"
    )
    spread = few.repartition(6)
    spread.createOrReplaceTempView("spread")
    rows = spread.mapInArrow(pipe("--allow-missing-columns"), schema(spread, "--allow-missing-columns")).collect()
    assert sorted(row.id for row in rows) == ["0", "1", "2"]
    lines = [row.j for row in spark.sql(TRANSFORM.format(table="spread", flags="")).collect()]
    assert sorted(line[:9] for line in lines) == [f'{{"id":"{i}"' for i in range(3)]

    none = few.where("id > 5")
    none.createOrReplaceTempView("none")
    assert none.mapInArrow(pipe("--allow-missing-columns"), schema(none, "--allow-missing-columns")).collect() == []
    assert spark.sql(TRANSFORM.format(table="none", flags="")).collect() == []


def test_a_limit_ends_early_and_leaves_no_program_behind(spark, cluster, desk, given):
    df = spark.read.parquet(str(desk / "documents"))
    assert len(df.mapInArrow(pipe("--allow-missing-columns"), schema(df, "--allow-missing-columns")).limit(5).collect()) == 5
    patience = time.monotonic() + 60
    while cluster.busy_executors() and time.monotonic() < patience:
        time.sleep(0.1)
    assert not cluster.busy_executors()


def test_a_filter_that_fails_fails_the_job_with_its_own_message(spark, desk, given):
    df = spark.read.parquet(str(desk / "documents")).limit(10)
    df.createOrReplaceTempView("ten")
    words = "nowhere.safetensors: there is no model file"
    with pytest.raises(Exception, match=words):
        df.mapInArrow(pipe("--model", "nowhere.safetensors", "--allow-missing-columns"), schema(df, "--allow-missing-columns")).collect()
    with pytest.raises(Exception, match=words):
        spark.sql(TRANSFORM.format(table="ten", flags="--model nowhere.safetensors")).collect()
    # One row that cannot be read is enough.
    lines = spark.createDataFrame([('{"title": "a"}',), ('{"title": ',)], "line string").coalesce(1)
    lines.createOrReplaceTempView("lines")
    broken = (
        "SELECT TRANSFORM(line) USING './trendtag tag --format jsonl -' AS (j STRING) FROM lines"
    )
    with pytest.raises(Exception, match="row failed: -, row 2 .line 2.: not a JSON object"):
        spark.sql(broken).collect()
