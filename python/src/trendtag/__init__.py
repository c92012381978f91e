"""Tags texts with trends, through the program of the same name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from ._filter import Filter, FilterError, find_program

__all__ = ["FilterError", "find_program", "tag"]

# Rows that travel together.
_BATCH_ROWS = 10_000


def tag(texts: Iterable[str | None] | Any, *arguments: str, program: str | None = None) -> pa.Table:
    """Tags texts, or the rows of a data frame.

    ``texts`` is a list, a pandas or Polars series or an Arrow array of texts; or
    a pandas or Polars data frame or an Arrow table with the text columns of the
    model. ``arguments`` are flags of ``trendtag tag``, such as ``"--model",
    "mine.safetensors"`` or ``"--jobs", "4"`` (one thread works by default).
    ``program`` names the program if it is not the installed one.

    Returns a table with the rows as they were given (a list of texts as the
    column ``text``), in their order, and the columns that the model adds. It
    goes on by ``.to_pandas()`` or ``polars.from_arrow(...)``.

    Raises :class:`FilterError` with the program's own message if it fails.
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError("give a list of texts, such as [text]")
    if hasattr(texts, "columns"):
        table = pa.table(texts)
    else:
        table = pa.table({"text": _array(texts)})
        arguments = ("--text-columns", "text", *arguments)
    batches = table.to_batches(max_chunksize=_BATCH_ROWS)
    with Filter(table.schema, batches, arguments, program) as tagged:
        return pa.Table.from_batches(tagged, tagged.schema)


def _array(texts: Iterable[str | None] | Any) -> pa.Array | pa.ChunkedArray:
    if isinstance(texts, (pa.Array, pa.ChunkedArray)):
        return texts
    if hasattr(texts, "__arrow_c_stream__"):
        return pa.chunked_array(texts)
    if hasattr(texts, "to_numpy"):
        return pa.array(texts, pa.string(), from_pandas=True)
    return pa.array(list(texts), pa.string())
