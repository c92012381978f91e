"""Models: trained, loaded, saved, and used on texts and frames."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ._explanation import Explanation
from ._figures import figures, reading_rows
from ._filter import Filter
from ._frames import (
    TEXT,
    Names,
    add_column,
    add_columns,
    as_frame,
    is_frame,
    is_matrix,
    like,
    names_flag,
    row_table,
    to_arrow,
    whole_numbers,
    with_answer,
)
from ._params import Params, recipe
from ._program import run, write_stream

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Unpack

# Number of rows in a record batch.
_BATCH_ROWS = 10_000

_ARROW = ("-", "--format", "arrow")
# Shares of a batch in a reading plan.
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_EXPLAIN = ("explain", *_ARROW, "--json", "--id", "1")


def tag(data: Any, *flags: str, text_columns: Names = None, program: str | None = None) -> Any:
    """Tags texts, or the rows of a frame, with the built-in model.

    ``data`` are texts (a list, a pandas or Polars series, an Arrow array), or a frame
    (pandas, Polars, Arrow) with the text columns of the model; ``text_columns``
    names them if they have other names. ``flags`` are further flags of
    ``trendtag tag``, such as ``"--mark-duplicates"``. One thread works unless
    ``"--jobs", "4"`` says otherwise. ``program`` names the program if it is not the
    installed one.

    Returns a frame of the same kind: the rows and columns as they were given, in
    their order, with the columns that ``trendtag tag`` adds. Texts without a frame
    come back as the column ``text``; lists of them as an Arrow table.

    Raises :class:`TrendtagError` with the program's own message if it fails.
    """
    frame, is_texts = as_frame(data)
    given = to_arrow(frame)
    columns = names_flag("--text-columns", TEXT if is_texts else text_columns)
    batches = given.to_batches(max_chunksize=_BATCH_ROWS)
    with Filter(given.schema, batches, [*columns, *flags], program) as tagged:
        answer = pa.Table.from_batches(tagged, tagged.schema)
    return with_answer(frame, given, answer)


def train(
    data: Any,
    *,
    labels: Any = "trends",
    text_columns: Names = None,
    id_column: str | None = None,
    **params: Unpack[Params],
) -> Model:
    """Trains a model from labelled texts, or from the labelled rows of a frame.

    ``labels`` is the name of the column with the labels (lists, or texts such as
    ``"noise; waste"``), the names of columns that mark one label each with 0 and 1,
    or the labels themselves: one list for each row, or a frame with a column of 0 and
    1 for each label. An empty list says that no label applies; a missing value, that
    the row is not labelled.

    ``text_columns`` names the columns that are read (by default ``title``,
    ``summary`` and ``description``). The other arguments are :class:`Params`: the
    recipe of the model, of which nothing need be given.

    The logger ``trendtag`` reports the progress. Raises :class:`TrendtagError` if a
    row cannot be read or the params do not fit.
    """
    table, columns = labelled(data, labels, text_columns, id_column)
    return learn(table, [*columns, *recipe(params)])


def cross_validate(
    data: Any,
    *,
    labels: Any = "trends",
    text_columns: Names = None,
    id_column: str | None = None,
    cv: int = 5,
    repeats: int = 1,
    group_by: str | None = None,
    split_by: str | None = None,
    report: str | os.PathLike[str] | None = None,
    **params: Unpack[Params],
) -> Any:
    """Measures how good models are that are trained on such data.

    Nested cross-validation: everything, also the params and the thresholds, is
    learned again for each of the ``cv`` parts. ``repeats`` repeats it on other
    parts. ``group_by`` keeps the rows with the same value in a column on one side;
    ``split_by`` trains on the past and tests on the next value of a column, such as
    a year, instead. The other arguments are those of :func:`train`.

    Returns the figures as a frame of the same kind, one in each row: ``source``
    (``model``, a baseline, or ``annotators``), ``trend`` (missing for figures of all
    together), ``figure``, ``value``, and its 95 % interval ``lower`` to ``upper``.
    ``report`` names a file for the whole evaluation as a page (HTML).
    """
    table, columns = labelled(data, labels, text_columns, id_column)
    if split_by is None:
        protocol = [f"--cross-validate={cv}", f"--repeats={repeats}"]
        protocol += [] if group_by is None else [f"--group-by={group_by}"]
    else:
        protocol = [f"--split-by={split_by}"]
    return _evaluate(data, table, [*columns, *protocol, *recipe(params)], report)


class Model:
    """A model that tags texts: trained by :func:`train`, loaded from a file, or built in.

    It can be pickled and copied; it holds the bytes of its file.
    """

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Loads a model: a file, or the champion of a folder of versions or its name."""
        if not Path(path).is_file():
            shown = json.loads(run(["models", "show", "--json", f"--model={path}"]))
            folder = Path(path) if Path(path).is_dir() else Path("models", path)
            path = folder / f"{shown['version']}.safetensors"
        model = cls(Path(path).read_bytes())
        model._about  # noqa: B018  (the program checks the file)
        return model

    @classmethod
    def built_in(cls) -> Model:
        """Returns the model that is part of the program."""
        return cls(None)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to a file, in place of one that exists."""
        if self._content is None:
            raise ValueError("the built-in model is part of the program and needs no file")
        path = Path(path)
        part = path.with_name(f"{path.name}.trendtag-part")
        part.write_bytes(self._content)
        os.replace(part, path)

    @property
    def version(self) -> str:
        """The version: a hash of the model, which each answer carries."""
        return str(self._about["model"])

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The keys of the trends, in the order of the columns of :meth:`predict`."""
        return np.array([trend["key"] for trend in self._about["trends"]])

    @property
    def names(self) -> dict[str, str]:
        """The names of the trends for people, by their keys."""
        return {trend["key"]: trend["name"] for trend in self._about["trends"]}

    @property
    def text_columns(self) -> list[str]:
        """The columns that the model reads."""
        return list(self._about["fields"])

    def tag(self, data: Any, *flags: str, text_columns: Names = None) -> Any:
        """Tags texts, or the rows of a frame; see :func:`trendtag.tag`."""
        return tag(data, *self._flags, *flags, text_columns=text_columns)

    def predict_proba(self, data: Any, *, text_columns: Names = None) -> NDArray[np.float64]:
        """Returns the probability of each trend: a row for each text, in the order given.

        The columns are in the order of :attr:`classes_`. A text may show several
        trends, so the probabilities of a row do not add up to 1.
        """
        return self._predict(data, text_columns)[1]

    def predict(self, data: Any, *, text_columns: Names = None) -> NDArray[np.int64]:
        """Returns the suggested trends: 1 where a trend is suggested, otherwise 0.

        The columns are in the order of :attr:`classes_`.
        """
        return self._predict(data, text_columns)[0]

    def explain(self, text: str | Mapping[Any, Any], *, text_columns: Names = None) -> Explanation:
        """Explains a text, or a row of a frame such as ``frame.iloc[0]`` or a dict."""
        if isinstance(text, str):
            table, text_columns = row_table({TEXT: text}), TEXT
        else:
            table = row_table(text)
        columns = names_flag("--text-columns", text_columns)
        data = json.loads(run([*_EXPLAIN, *columns, *self._flags], table))
        return Explanation(data, data.pop("texts"))

    def evaluate(
        self,
        data: Any,
        *,
        labels: Any = "trends",
        text_columns: Names = None,
        id_column: str | None = None,
        report: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Measures the model on labelled texts or rows that it has not learned from.

        ``labels`` is as in :func:`train`. Returns the figures as a frame; see
        :func:`cross_validate`.
        """
        table, columns = labelled(data, labels, text_columns, id_column)
        return _evaluate(data, table, [*columns, *self._flags], report)

    def reading_plan(
        self, data: Any, *, text_columns: Names = None, shares: Iterable[float] = _SHARES
    ) -> Any:
        """Says what reading the doubtful rows of a batch brings.

        Returns a frame of the same kind: for each of the ``shares``, and for the rows
        that the model marks for review (``is_plan``), how many rows are read, those
        most likely to have wrong tags first; the macro F1 of the batch to expect once
        they are read and corrected; and the wrong tags per row that remain. Rows with
        another reason for review, such as no text, are always read. The figures
        are missing if the model learned from too few cases to say how good unread
        rows are.
        """
        frame, is_texts = as_frame(data)
        flags = names_flag("--text-columns", TEXT if is_texts else text_columns)
        flags += ["--explain=0", "--probabilities=none", "--quiet", *self._flags]
        with tempfile.TemporaryDirectory(prefix="trendtag-") as folder:
            batch = Path(folder, "batch.arrows")
            with pa.OSFile(str(batch), "wb") as file:
                write_stream(file, to_arrow(frame))
            wanted = [[], *([f"--read={100 * share:g}%"] for share in shares)]
            plans = [_summary(batch, [*flags, *read])["reading_plan"] for read in wanted]
        return like(frame, reading_rows(plans))

    def __repr__(self) -> str:
        return f"<Model {self.version}: {', '.join(self.classes_)}>"

    def __reduce__(self) -> tuple[type[Model], tuple[bytes | None]]:
        return type(self), (self._content,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @cached_property
    def _about(self) -> dict[str, Any]:
        """What the model is called, its trends and its text columns."""
        about: dict[str, Any] = json.loads(
            run([*_EXPLAIN, f"--text-columns={TEXT}", *self._flags], row_table({TEXT: ""}))
        )
        return about

    @cached_property
    def _flags(self) -> list[str]:
        """The flags that name the model. Its file lives as long as this object."""
        if self._content is None:
            return []
        folder = tempfile.mkdtemp(prefix="trendtag-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder, "model.safetensors")
        path.write_bytes(self._content)
        return ["--model", str(path)]

    def _predict(
        self, data: Any, text_columns: Names
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        frame, is_texts = as_frame(data)
        flags = names_flag("--text-columns", TEXT if is_texts else text_columns)
        flags += ["--probabilities", "exact", "--explain", "0", *self._flags]
        given = to_arrow(frame)
        with Filter(given.schema, given.to_batches(max_chunksize=_BATCH_ROWS), flags) as tagged:
            answer = pa.Table.from_batches(tagged, tagged.schema)
        answer = answer.select(range(given.num_columns, answer.num_columns))
        at = {key: position for position, key in enumerate(self.classes_)}
        suggested = np.zeros((answer.num_rows, len(at)), dtype=np.int64)
        for row, keys in enumerate(answer.column(0).to_pylist()):
            suggested[row, [at[key] for key in keys]] = 1
        # After the suggested trends, the program adds one column for each trend.
        columns = [answer.column(1 + position).to_numpy() for position in range(len(at))]
        return suggested, np.column_stack(columns)


def reading_plan(
    data: Any, *, text_columns: Names = None, shares: Iterable[float] = _SHARES
) -> Any:
    """Says what reading the doubtful rows of a batch brings, by the built-in model.

    See :meth:`Model.reading_plan`.
    """
    return Model.built_in().reading_plan(data, text_columns=text_columns, shares=shares)


def labelled(
    data: Any, labels: Any, text_columns: Names, id_column: str | None
) -> tuple[pa.Table, list[str]]:
    """Returns labelled data as a table, and the flags that name its columns."""
    frame, is_texts = as_frame(data)
    table = to_arrow(frame)
    flags = names_flag("--text-columns", TEXT if is_texts else text_columns)
    flags += [] if id_column is None else [f"--id-column={id_column}"]
    if is_matrix(labels):
        raise TypeError("the labels have no names: give a frame, whose columns name them")
    if is_frame(labels):
        table, labels = add_columns(table, to_arrow(labels))
    names = _columns_of_labels(table, labels)
    if names:
        return table, [*flags, *names_flag("--label-columns", names)]
    name = labels
    if not isinstance(labels, str):
        table, name = add_column(table, "labels", labels)
    return whole_numbers(table, name), [*flags, f"--trends-column={name}"]


def _columns_of_labels(table: pa.Table, labels: Any) -> list[str]:
    """The columns that mark one label each, if labels are names of such columns."""
    if isinstance(labels, str):
        is_mark = labels in table.column_names and pa.types.is_boolean(table[labels].type)
        return [labels] if is_mark else []
    names = [str(label) for label in labels]
    are_columns = len(set(names)) == len(names) and set(names) <= set(table.column_names)
    return names if are_columns else []


def learn(table: pa.Table, flags: Sequence[str]) -> Model:
    """Trains a model from a table, with flags of ``trendtag train``."""
    with tempfile.TemporaryDirectory(prefix="trendtag-") as folder:
        path = Path(folder, "model.safetensors")
        run(["train", *_ARROW, *flags, "-o", str(path)], table)
        return Model(path.read_bytes())


def _summary(batch: Path, flags: list[str]) -> dict[str, Any]:
    """The summary of a batch that is tagged."""
    out, summary = batch.with_name("tagged.arrows"), batch.with_name("summary.json")
    run(["tag", str(batch), "-o", str(out), f"--summary={summary}", "--force", *flags])
    answer: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return answer


def _evaluate(
    data: Any, table: pa.Table, flags: list[str], report: str | os.PathLike[str] | None
) -> Any:
    page = [] if report is None else [f"--report={os.fspath(report)}", "--force"]
    answer = run(["evaluate", *_ARROW, "--json", *flags, *page], table)
    return like(as_frame(data)[0], figures(json.loads(answer)))
