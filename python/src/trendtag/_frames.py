"""Data in and out: texts and frames of pandas, Polars and Arrow, as Arrow tables."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Union

import pyarrow as pa

#: Names of columns: one, several, or none given.
Names = Union[str, Iterable[str], None]

#: The column of texts that come without a frame.
TEXT = "text"


def as_frame(data: Any) -> tuple[Any, bool]:
    """Returns the data as a frame, and whether they were texts without a frame.

    A pandas or Polars series becomes a frame of its kind; any other iterable of
    texts becomes an Arrow table. The column is called ``text``.
    """
    if isinstance(data, (str, bytes)):
        raise TypeError("give a list of texts, such as [text]")
    if _is_of(data, "polars", "LazyFrame"):
        raise TypeError("give a frame with its rows: call .collect() on the lazy frame first")
    if isinstance(data, Mapping) or hasattr(data, "columns") or isinstance(data, pa.RecordBatch):
        return data, False
    if _is_of(data, "pandas", "Series"):
        return data.to_frame(TEXT), True
    if _is_of(data, "polars", "Series"):
        return data.alias(TEXT).to_frame(), True
    return pa.table({TEXT: _texts(data)}), True


def to_arrow(frame: Any) -> pa.Table:
    """Returns a frame as an Arrow table, without the index that a pandas frame has."""
    if _is_of(frame, "pandas", "DataFrame"):
        names = [str(name) for name in frame.columns]
        columns = [_column(frame.iloc[:, at]) for at in range(len(names))]
        table = pa.table(columns, names=names)
    elif isinstance(frame, pa.RecordBatch):
        table = pa.Table.from_batches([frame])
    else:
        table = pa.table(frame)
    return table.replace_schema_metadata(None)


def like(frame: Any, table: pa.Table) -> Any:
    """Returns an Arrow table as a frame of the same kind as another frame."""
    if _is_of(frame, "pandas", "DataFrame"):
        return _to_pandas(table)
    if _is_of(frame, "polars", "DataFrame"):
        return sys.modules["polars"].from_arrow(table)
    return table


def with_answer(frame: Any, given: pa.Table, answer: pa.Table) -> Any:
    """Returns the frame with the columns that the program added to its rows.

    The columns of the frame are its own, with their types and their index. If the
    program was asked to leave out rows or columns, all columns are the program's.
    """
    columns = given.num_columns
    is_whole = answer.num_rows == given.num_rows
    if not is_whole or answer.column_names[:columns] != given.column_names:
        return like(frame, answer)
    added = answer.select(range(columns, answer.num_columns))
    if _is_of(frame, "pandas", "DataFrame"):
        added = _to_pandas(added).set_axis(frame.index, axis=0)
        return sys.modules["pandas"].concat([frame, added], axis=1)
    if _is_of(frame, "polars", "DataFrame"):
        return frame.hstack(sys.modules["polars"].from_arrow(added).get_columns())
    return answer


def row_table(row: Mapping[Any, Any]) -> pa.Table:
    """Returns a single row as a table."""
    return pa.table({str(name): _array([value]) for name, value in row.items()})


def add_column(table: pa.Table, name: str, values: Any) -> tuple[pa.Table, str]:
    """Adds a column under this name, or one like it that is free; returns the name too."""
    while name in table.column_names:
        name += "_"
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else _column(values)
    if len(column) != table.num_rows:
        raise ValueError(f"there are {len(column)} labels for {table.num_rows} rows")
    return table.append_column(name, column), name


def names_flag(flag: str, names: Names) -> list[str]:
    """Returns a flag with names separated by commas; names with commas are quoted.

    A value follows its flag after a ``=``, here and elsewhere, as it may begin with a ``-``.
    """
    if names is None:
        return []
    line = io.StringIO()
    names = [names] if isinstance(names, str) else names
    csv.writer(line, lineterminator="").writerow([str(name) for name in names])
    return [f"{flag}={line.getvalue()}"]


def _is_of(data: Any, module: str, kind: str) -> bool:
    """Whether data are of a class of a library, which is loaded if they are."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(data, getattr(loaded, kind, ()))


def _texts(texts: Iterable[str | None]) -> pa.Array | pa.ChunkedArray:
    if isinstance(texts, (pa.Array, pa.ChunkedArray)):
        return texts
    if hasattr(texts, "__arrow_c_stream__"):
        return pa.chunked_array(texts)
    try:
        return pa.array(list(texts), pa.string(), from_pandas=True)
    except pa.ArrowTypeError as error:
        raise TypeError(f"texts must be strings: {error}") from None


def _column(values: Any) -> pa.Array | pa.ChunkedArray:
    """A column of a pandas frame, or labels, one for each row."""
    if hasattr(values, "__arrow_c_stream__") and not _is_of(values, "pandas", "Series"):
        return pa.chunked_array(values)
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError):
        return _array(list(values))


def _array(values: list[Any]) -> pa.Array:
    """Values that Arrow may not take together: sets, and the mixed columns of workbooks."""
    plain = [sorted(v, key=str) if isinstance(v, (set, frozenset)) else v for v in values]
    try:
        return pa.array(plain, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if _is_missing(v) else str(v) for v in plain], pa.string())


def _is_missing(value: Any) -> bool:
    """Whether it is None, NaN, NaT or the NA of pandas."""
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        return bool(value != value)
    except ValueError:  # an array
        return False


def _to_pandas(table: pa.Table) -> Any:
    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            # Lists instead of the numpy arrays that Arrow returns.
            values = table.column(field.name).to_pylist()
            frame[field.name] = sys.modules["pandas"].Series(values, frame.index, dtype=object)
    return frame
