"""The tagger as an estimator of scikit-learn.

    from sklearn.model_selection import cross_val_score
    from trendtag.sklearn import TrendTagger

    cross_val_score(TrendTagger(), texts, labels, scoring="f1_macro")
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from ._explanation import Explanation
from ._frames import Names, as_frame, is_matrix, is_missing, names_flag, to_arrow
from ._model import learn
from ._params import Params, recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TrendTagger"]


class TrendTagger(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Tags texts with labels: a classifier of texts for scikit-learn.

    ``X`` are texts (a list, a series, an array), or a frame of which ``text_columns``
    are read, by default all columns. ``y`` is a matrix of 0 and 1 with a column for each label
    (multilabel), a list of lists of labels, or one class for each text. The columns
    of a frame, and labels in lists, have names that explanations show and a
    ``taxonomy`` can define.

    The params are those of :func:`trendtag.train`; see :class:`trendtag.Params`.
    Nothing is searched unless ``search`` says so: model selection is left to
    scikit-learn.

    After ``fit``, ``classes_`` are the labels and ``model_`` is the
    :class:`trendtag.Model`, which can be saved.
    """

    def __init__(
        self,
        *,
        text_columns: Names = None,
        taxonomy: str | os.PathLike[str] | None = None,
        examples: str | os.PathLike[str] | None = None,
        search: bool = False,
        alpha: float | None = None,
        min_df: int | None = None,
        word_ngrams: int | None = None,
        subwords: bool = True,
        language: str | None = None,
        folds: int | None = None,
        seed: int | None = None,
        accept_precision: float | None = None,
        miss_rate: float | None = None,
        confidence: float | None = None,
        jobs: int | None = None,
    ) -> None:
        self.text_columns = text_columns
        self.taxonomy = taxonomy
        self.examples = examples
        self.search = search
        self.alpha = alpha
        self.min_df = min_df
        self.word_ngrams = word_ngrams
        self.subwords = subwords
        self.language = language
        self.folds = folds
        self.seed = seed
        self.accept_precision = accept_precision
        self.miss_rate = miss_rate
        self.confidence = confidence
        self.jobs = jobs

    def fit(self, X: Any, y: Any) -> TrendTagger:
        """Trains a model."""
        table = self._table(X)
        texts = names_flag("--text-columns", table.column_names)
        if len(table) < 2:
            raise ValueError(f"a model cannot be trained on n_samples = {len(table)}")
        classes, marks, is_multilabel = _labels(y)
        check_consistent_length(table, marks)
        keys = [_key(label) for label in classes]
        # Columns of labels have the names of the labels; columns of texts keep their
        # names.
        clash = set(keys) & set(table.column_names)
        if clash:
            raise ValueError(f"labels and columns of X have the same names: {sorted(clash)}")
        for at, key in enumerate(keys):
            table = table.append_column(key, pa.array(marks[:, at] == 1))
        params = {name: value for name, value in self.get_params().items() if name in _PARAMS}
        flags = [*texts, *names_flag("--label-columns", keys), *recipe(params)]
        self.model_ = learn(table, flags)
        learned = list(self.model_.classes_)
        self._order = [learned.index(key) for key in keys]
        self._is_multilabel = is_multilabel
        self.classes_ = classes
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Returns the labels: a matrix of 0 and 1 if ``y`` was one, else the likeliest class."""
        suggested, probabilities = self._predict(X)
        if self._is_multilabel:
            return suggested
        likeliest: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return likeliest

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Returns the probability of each label, in the order of ``classes_``.

        The probabilities of a row add up to 1 if each text has one class.
        """
        probabilities = self._predict(X)[1]
        if self._is_multilabel:
            return probabilities
        shares: NDArray[np.float64] = probabilities / probabilities.sum(axis=1, keepdims=True)
        return shares

    def explain(self, text: Any) -> Explanation:
        """Explains a text, or a row of a frame; see :meth:`trendtag.Model.explain`."""
        check_is_fitted(self)
        return self.model_.explain(text)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_label = True
        return tags

    def _table(self, X: Any) -> pa.Table:
        """The texts to learn from: a column of texts, or the text columns of a frame."""
        frame, is_texts = as_frame(X)
        table = to_arrow(frame)
        if is_texts:
            # A name that is not a label.
            return table.rename_columns([_TEXTS])
        columns = [self.text_columns] if isinstance(self.text_columns, str) else self.text_columns
        return table if columns is None else table.select(list(columns))

    def _predict(self, X: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        check_is_fitted(self)
        frame, is_texts = as_frame(X)
        table, names = to_arrow(frame), self.model_.text_columns
        table = table.rename_columns(names[:1]) if is_texts else table.select(names)
        suggested, probabilities = self.model_._predict(table, table.column_names)
        return suggested[:, self._order], probabilities[:, self._order]


_PARAMS = Params.__annotations__
_TEXTS = "text of the case"


def _labels(y: Any) -> tuple[NDArray[Any], NDArray[Any], bool]:
    """The labels, which of them each text has, and whether it may have several."""
    if hasattr(y, "columns"):
        names = np.array([str(name) for name in y.columns])
        return names, _marks(np.asarray(y)), True
    if hasattr(y, "toarray"):
        y = y.toarray()
    if _are_lists_of_labels(y):
        binarizer = MultiLabelBinarizer()
        marks = binarizer.fit_transform([list(row) for row in y])
        return binarizer.classes_, marks, True
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        return np.arange(y.shape[1]), _marks(y), True
    y = column_or_1d(y, warn=True)
    if y.dtype == object and any(is_missing(label) for label in y):
        raise ValueError("y contains missing labels: leave these rows out")
    check_classification_targets(y)
    classes, at = np.unique(y, return_inverse=True)
    return classes, np.eye(len(classes), dtype=np.int64)[at], False


def _are_lists_of_labels(y: Any) -> bool:
    """Whether there is a list of labels for each text, and not a row of 0 and 1."""
    is_list = isinstance(y, Iterable) and not isinstance(y, str) and getattr(y, "ndim", 1) == 1
    if not is_list or is_matrix(y):
        return False
    rows = list(y)
    return rows != [] and all(isinstance(r, Iterable) and not isinstance(r, str) for r in rows)


def _marks(y: NDArray[Any]) -> NDArray[np.int64]:
    marks = y.astype(np.float64)
    if not np.isin(marks, (0, 1)).all():
        raise ValueError("a matrix of labels holds 0 and 1 only")
    return marks.astype(np.int64)


def _key(label: Any) -> str:
    key = str(label)
    if not key or key != key.strip() or ";" in key or key == "-":
        raise ValueError(
            f"{key!r} cannot be a label: it is empty, has spaces around it, is '-', or has a ';' "
            "(several labels of a text are a list of labels)"
        )
    return key
