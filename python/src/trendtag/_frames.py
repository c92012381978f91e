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

# What Arrow raises about values that it cannot take, such as large integers.
_REFUSALS = (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError, OverflowError)

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
    if is_frame(data):
        return data, False
    if _is_of(data, "pandas", "Series"):
        return data.to_frame(TEXT), True
    if _is_of(data, "polars", "Series"):
        return data.alias(TEXT).to_frame(), True
    return pa.table({TEXT: _texts(data)}), True


def is_frame(data: Any) -> bool:
    """Whether data have columns with names."""
    return isinstance(data, (Mapping, pa.RecordBatch)) or hasattr(data, "columns")


def is_matrix(labels: Any) -> bool:
    """Whether labels are rows of 0 and 1, whose columns have no names, and not lists of labels."""
    if getattr(labels, "ndim", 1) == 2:
        return getattr(getattr(labels, "dtype", None), "kind", "O") in "biuf"
    if not isinstance(labels, (list, tuple)):
        return False
    rows = [row for row in labels if isinstance(row, (list, tuple)) or getattr(row, "ndim", 0) == 1]
    marks = [mark for row in rows for mark in row]
    is_regular = len(rows) == len(labels) and len({len(row) for row in rows}) == 1
    return is_regular and marks != [] and all(mark in (0, 1) for mark in marks)


def is_missing(value: Any) -> bool:
    """Whether it is None, NaN, NaT or the NA of pandas."""
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        return bool(value != value)
    except ValueError:  # an array
        return False


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


def row_table(row: Any) -> pa.Table:
    """Returns a single row (a dict, or a pandas series) as a table."""
    if _is_of(row, "pandas", "Series"):
        row = row.to_dict()
    if not isinstance(row, Mapping):
        raise TypeError("give one text, or one row, such as frame.iloc[0]")
    return pa.table({str(name): _array([value]) for name, value in row.items()})


def add_column(table: pa.Table, name: str, values: Any) -> tuple[pa.Table, str]:
    """Adds a column under this name, or one like it that is free; returns the name too."""
    while name in table.column_names:
        name += "_"
    column = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else _column(values)
    if len(column) != table.num_rows:
        raise ValueError(f"there are {len(column)} labels for {table.num_rows} rows")
    return table.append_column(name, column), name


def add_columns(table: pa.Table, more: pa.Table) -> tuple[pa.Table, list[str]]:
    """Adds columns of labels, whose names are those of the labels; returns the names too."""
    names = more.column_names
    taken = set(names) & set(table.column_names)
    if taken:
        raise ValueError(f"labels and columns of the data have the same names: {sorted(taken)}")
    if more.num_rows != table.num_rows:
        raise ValueError(f"there are labels for {more.num_rows} rows, and {table.num_rows} rows")
    for name in names:
        table = table.append_column(name, more.column(name))
    return table, names


def whole_numbers(table: pa.Table, name: str) -> pa.Table:
    """Reads 1.0 as 1 in a column, as pandas makes whole numbers with missing values floats."""
    at = table.column_names.index(name) if name in table.column_names else None
    if at is None or not pa.types.is_floating(table.column(at).type):
        return table
    try:
        return table.set_column(at, name, table.column(at).cast(pa.int64()))
    except pa.ArrowInvalid:  # other numbers
        return table


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
    if getattr(texts, "ndim", 1) == 2:
        raise TypeError("give a list of texts, or a frame if there are several columns of texts")
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
    except _REFUSALS:
        return _array(list(values))


def _array(values: list[Any]) -> pa.Array:
    """Values that Arrow may not take together: sets, and the mixed columns of workbooks."""
    plain = [sorted(v, key=str) if isinstance(v, (set, frozenset)) else v for v in values]
    try:
        return pa.array(plain, from_pandas=True)
    except _REFUSALS:
        return pa.array([None if is_missing(v) else str(v) for v in plain], pa.string())


def _to_pandas(table: pa.Table) -> Any:
    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            # Lists instead of the numpy arrays that Arrow returns.
            values = table.column(field.name).to_pylist()
            frame[field.name] = sys.modules["pandas"].Series(values, frame.index, dtype=object)
    return frame
