"""The program as a filter: what it gives, and what happens when something fails."""

import pickle
import stat
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from trendtag import FilterError, TrendtagError, find_program, tag
from trendtag._filter import Filter
from trendtag.spark import pipe

TEXTS = [
    "Citizens vote on the city budget on a digital platform.",
    None,
    "",
    "🗳️ one\ttab\nand a new line",
    "data " * 200_000,
]


def batches(count, rows=100):
    column = pa.array([f"Citizens vote on the budget {row}" for row in range(rows)])
    return [pa.record_batch({"title": column}) for _ in range(count)]


@pytest.fixture
def program(tmp_path):
    """A program of the test's own in place of the real one."""

    def write(script):
        path = tmp_path / "other"
        path.write_text(f"#!{sys.executable}\nimport sys, os, time\n{script}")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        return str(path)

    return write


def test_a_list_of_texts_comes_back_in_order_with_its_tags():
    tagged = tag(TEXTS)
    assert tagged.column("text").to_pylist() == TEXTS
    assert tagged.column("suggested_trends").type == pa.list_(pa.string())
    probabilities = [name for name in tagged.column_names if name.startswith("p_")]
    assert probabilities
    for name in probabilities:
        assert all(0 <= p <= 1 for p in tagged.column(name).to_pylist())
    assert set(tagged.column("model").to_pylist()) == {tag(["a"]).column("model")[0].as_py()}


def test_no_text_gives_the_columns_and_no_row():
    tagged = tag([])
    assert tagged.num_rows == 0
    assert tagged.schema == tag(["a"]).schema


def test_a_string_is_not_taken_for_a_list_of_letters():
    with pytest.raises(TypeError, match="list of texts"):
        tag("Citizens vote")


def test_flags_reach_the_program_and_its_message_comes_back():
    assert tag(["Citizens vote"], "--explain", "0").column("evidence").to_pylist() == [""]
    with pytest.raises(
        TrendtagError, match="exit code 2.*nowhere.safetensors: there is no model file"
    ) as error:
        tag(["Citizens vote"], "--model", "nowhere.safetensors")
    assert error.value.code == 2
    assert FilterError is TrendtagError, "its name in 0.1"
    again = pickle.loads(pickle.dumps(error.value))
    assert (str(again), again.code) == (str(error.value), 2)
    with pytest.raises(TrendtagError, match="none of the text columns"):
        tag(pa.table({"body": ["a"]}))


def test_much_more_than_a_pipe_holds_goes_through():
    with Filter(batches(1)[0].schema, iter(batches(300)), ["--explain", "0", "--allow-missing-columns"]) as tagged:
        assert sum(batch.num_rows for batch in tagged) == 30_000


def test_a_partition_without_rows_starts_no_program():
    assert list(pipe(program="/does/not/exist")(iter([]))) == []
    tagged = list(pipe("--explain", "0", "--allow-missing-columns")(iter(batches(2))))
    assert [batch.num_rows for batch in tagged] == [100, 100]


def test_a_fault_of_the_source_is_raised_after_the_rows_before_it():
    def source():
        yield from batches(2)
        raise BrokenPipeError("the disk has gone")

    rows = 0
    with pytest.raises(BrokenPipeError, match="the disk has gone"):
        with Filter(batches(1)[0].schema, source(), ["--allow-missing-columns"]) as tagged:
            for batch in tagged:
                rows += batch.num_rows
    assert rows == 200


def test_who_wants_no_more_ends_the_program():
    with Filter(batches(1)[0].schema, iter(batches(1000)), ["--allow-missing-columns"]) as tagged:
        next(iter(tagged))
    assert tagged._process.poll() is not None


def test_a_program_that_talks_without_end_blocks_nobody(program):
    talk = "for i in range(200_000): sys.stderr.write(f'line {i}\\n')\nsys.exit(3)"
    with pytest.raises(TrendtagError, match=r"exit code 3(.|\n)*line 199999") as error:
        tag(["a"], program=program(talk))
    assert len(str(error.value).splitlines()) < 30, "only its end is reported"


@pytest.mark.parametrize(
    "script", ["os.kill(os.getpid(), 9)", "sys.stdin.buffer.read(10); os.kill(os.getpid(), 9)"]
)
def test_a_program_that_is_killed_is_an_error(program, script):
    with (
        pytest.raises(TrendtagError, match="signal 9"),
        Filter(batches(1)[0].schema, iter(batches(300)), program=program(script)) as tagged,
    ):
        list(tagged)


def test_a_program_that_stops_in_mid_answer_with_a_good_exit_code_is_an_error(program):
    real = find_program()
    cut = (
        "import subprocess\n"
        f"run = subprocess.run([{real!r}] + sys.argv[1:], stdin=sys.stdin, stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(run.stdout[:-500])"
    )
    with pytest.raises(OSError, match="Expected to be able to read"):
        tag(["a"], program=program(cut))


def test_the_program_is_found_beside_the_interpreter_before_the_path(monkeypatch, tmp_path):
    found = find_program()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(found).is_file()
    with pytest.raises(TrendtagError, match="no-such-program was not found"):
        find_program("no-such-program")
    # A file that was added to the job comes first.
    own = tmp_path / "trendtag"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert find_program(folder=str(tmp_path)) == str(own)
    assert find_program("./trendtag", folder=str(tmp_path)) == str(own)
