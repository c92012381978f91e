"""Tags data frames on Apache Spark: one process of the program per partition.

    from trendtag.spark import pipe, schema
    tagged = df.mapInArrow(pipe(), schema(df))

Spark sees to the tasks: one that fails or is killed is done again from its input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Callable

import pyarrow as pa

from ._filter import Filter

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

__all__ = ["pipe", "schema"]

Batches = Iterator[pa.RecordBatch]


def pipe(*arguments: str, program: str | None = None) -> Callable[[Batches], Batches]:
    """What ``mapInArrow`` wants: takes the batches of a partition, gives them tagged.

    ``arguments`` are flags of ``trendtag tag``, such as ``"--model",
    "mine.safetensors"``; ``program`` names the program if it is not found beside
    the executors' Python or in their ``PATH``. Both are taken on the executors:
    a path that is not absolute is one of the files added to the job
    (``spark.addFile``, ``--files``).

    A task fails, with the program's own message, if the program does.
    """

    def tag_partition(batches: Batches) -> Batches:
        first = next(batches, None)
        if first is None:
            return
        given = _put_back(first, batches)
        with Filter(first.schema, given, arguments, program, _added_files()) as tagged:
            yield from tagged

    return tag_partition


def schema(df: DataFrame, *arguments: str, program: str | None = None) -> StructType:
    """The columns of the tagged data frame: those of ``df``, then the added ones.

    The program is asked, on the driver; give it the arguments that ``pipe`` gets.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
    from pyspark.sql.types import StructType

    with Filter(to_arrow_schema(df.schema), [], arguments, program, _added_files()) as tagged:
        found = from_arrow_schema(tagged.schema)
    own = {field.name: field for field in df.schema}
    return StructType([own.get(field.name, field) for field in found])


def _put_back(first: pa.RecordBatch, rest: Batches) -> Batches:
    yield first
    yield from rest


def _added_files() -> str | None:
    """The folder of the files that were added to the job, inside of one."""
    from pyspark import SparkContext, SparkFiles

    # On the driver, it exists only while a session is open.
    if SparkFiles._is_running_on_worker or SparkContext._active_spark_context is not None:
        return str(SparkFiles.getRootDirectory())
    return None
