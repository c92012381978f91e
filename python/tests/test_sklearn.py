"""The tagger as an estimator of scikit-learn."""

import pickle
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import complaints
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted, validate_data
from trendtag import TrendTagger


@pytest.fixture(scope="module")
def labels(frame):
    return MultiLabelBinarizer().fit_transform(frame["labels"])


def test_check_estimator_passes():
    # Its checks with numbers do not run, because the estimator declares that it takes
    # texts.
    with pytest.warns(SkipTestWarning, match="string=True"):
        check_estimator(TrendTagger())


class OnNumbers(TrendTagger):
    """The tagger on rows of numbers, which it reads as words, rough ones and exact ones."""

    STEPS: ClassVar = (1, 2, 4, 1000)

    def fit(self, X, y):
        return super().fit(self._written(X, reset=True), y)

    def predict(self, X):
        check_is_fitted(self)
        return super().predict(self._written(X, reset=False))

    def predict_proba(self, X):
        check_is_fitted(self)
        return super().predict_proba(self._written(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = tags.input_tags.allow_nan = False
        return tags

    def _written(self, X, reset):
        def word(column, value, step):
            return f"c{column}r{step}x{int(np.floor(value * step))}".replace("-", "m")

        return [
            " ".join(word(at, value, step) for at, value in enumerate(row) for step in self.STEPS)
            for row in validate_data(self, X, reset=reset)
        ]


@pytest.mark.filterwarnings("ignore")
def test_all_checks_of_classifiers_pass_on_numbers_written_as_words():
    found = check_estimator(OnNumbers(min_df=1, jobs=1), on_fail=None, on_skip=None)
    status = {check["check_name"]: check["status"] for check in found}
    assert len(status) > 50
    assert {name for name, state in status.items() if state == "failed"} == set()
    # Skipped: one needs an environment variable, one a method `decision_function`.
    assert {name for name, state in status.items() if state == "skipped"} <= {
        "check_array_api_input",
        "check_classifiers_multilabel_output_format_decision_function",
    }


def test_it_is_selected_and_scored_like_any_classifier(frame, labels):
    texts = frame["body"]
    scores = cross_val_score(TrendTagger(), texts, labels, cv=3, scoring="f1_macro")
    assert scores.min() > 0.8
    assert cross_val_score(TrendTagger(), texts, labels, cv=3, scoring="average_precision").min() > 0.9
    out = cross_val_predict(TrendTagger(), texts, labels, cv=3, method="predict_proba")
    assert out.shape == labels.shape
    grid = {"alpha": [0.5, 2.0], "word_ngrams": [1, 2]}
    found = GridSearchCV(TrendTagger(), grid, cv=2, scoring="f1_macro", n_jobs=2)
    found.fit(texts, labels)
    assert set(found.best_params_) == set(grid)
    assert found.best_estimator_.predict(texts).shape == labels.shape
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    steps = Pipeline([("lower", lower), ("tagger", TrendTagger(alpha=1.0))])
    assert steps.set_params(tagger__alpha=2.0).fit(texts, labels).score(texts, labels) > 0.8


def test_params_are_those_of_the_constructor(frame, labels):
    tagger = TrendTagger(alpha=0.5, text_columns=["body"])
    assert clone(tagger).get_params() == tagger.get_params()
    assert repr(tagger) == "TrendTagger(alpha=0.5, text_columns=['body'])"
    with pytest.raises(NotFittedError):
        tagger.predict(frame)
    a, b = (TrendTagger(alpha=alpha).fit(frame["body"], labels) for alpha in (0.01, 10.0))
    assert not np.allclose(a.predict_proba(frame["body"]), b.predict_proba(frame["body"]))


def test_labels_of_any_form_give_the_same_model(frame, labels):
    names = ["noise", "roads", "waste"]
    texts = list(frame["body"])
    expected = TrendTagger().fit(texts, labels)
    assert list(expected.classes_) == [0, 1, 2]
    matrix = pd.DataFrame(labels, columns=names)
    lists = list(frame["labels"])
    given = [lists, [set(have) for have in lists], frame["labels"], pl.Series(lists)]
    for y in (*given, matrix, matrix == 1, pl.from_pandas(matrix)):
        tagger = TrendTagger().fit(texts, y)
        assert list(tagger.classes_) == names
        np.testing.assert_array_equal(tagger.predict_proba(texts), expected.predict_proba(texts))
        np.testing.assert_array_equal(tagger.predict(texts), expected.predict(texts))
    rows = TrendTagger().fit(texts, labels.tolist())
    np.testing.assert_array_equal(rows.predict(texts), expected.predict(texts))
    with pytest.raises(ValueError, match="0 and 1"):
        TrendTagger().fit(texts, labels + 1)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        TrendTagger().fit(texts, labels[:-1])
    with pytest.raises(ValueError, match="missing labels"):
        TrendTagger().fit(texts, [None, *["noise"] * (len(texts) - 1)])
    with pytest.raises(ValueError, match="are a list of labels"):
        TrendTagger().fit(texts, frame["labels"].map("; ".join))


def test_the_columns_of_predictions_are_in_the_order_of_the_classes():
    # As texts, "10" comes before "2".
    words = ["apple", "pear", "plum", "cherry", "grape", "melon", "lemon", "fig", "date", "kiwi", "lime"]
    texts = [f"{words[row % 11]} of {row} {words[row % 11]}" for row in range(110)]
    labels = np.eye(11, dtype=int)[np.arange(110) % 11]
    tagger = TrendTagger().fit(texts, labels)
    assert list(tagger.classes_) == list(range(11))
    assert list(tagger.predict_proba(texts[:11]).argmax(axis=1)) == list(range(11))


def test_one_class_for_each_text_is_predicted_as_it_was_given(frame):
    first = np.array([labels[0] for labels in frame["labels"]], dtype=object)
    for y in (first, list(first), pd.Series(first), (first == "noise").astype(int), first == "noise"):
        tagger = TrendTagger().fit(frame["body"], y)
        predicted = tagger.predict(frame["body"])
        assert set(predicted) <= set(tagger.classes_) == set(np.unique(np.asarray(y)))
        assert accuracy_score(list(y), list(predicted)) > 0.7
        np.testing.assert_allclose(tagger.predict_proba(frame["body"]).sum(axis=1), 1)


def test_a_frame_has_several_columns_of_text(frame, labels):
    two = pd.DataFrame({"start": frame["body"].str[:40], "rest": frame["body"].str[40:], "n": 1})
    tagger = TrendTagger(text_columns=["start", "rest"]).fit(two, labels)
    expected = tagger.predict_proba(two)
    np.testing.assert_array_equal(tagger.predict_proba(two[["n", "rest", "start"]]), expected)
    again = TrendTagger().fit(two[["start", "rest"]], labels)
    np.testing.assert_array_equal(again.predict_proba(pl.from_pandas(two)), expected)
    assert tagger.explain(two.iloc[0]).texts == [two["start"][0], two["rest"][0]]
    with pytest.raises(KeyError, match="rest"):
        tagger.predict(two[["start"]])
    with pytest.raises(ValueError, match="same names"):
        TrendTagger().fit(two[["start", "rest"]], pd.DataFrame(labels, columns=["start", "b", "c"]))


def test_names_that_cannot_be_labels_are_refused_before_training(frame):
    for name in ("", " a", "a;b", "-"):
        y = [[name] if "noise" in labels else ["other"] for labels in frame["labels"]]
        with pytest.raises(ValueError, match="cannot be a label"):
            TrendTagger().fit(frame["body"], y)


def test_a_fitted_tagger_is_pickled_and_its_model_saved(frame, labels, tmp_path):
    tagger = TrendTagger().fit(frame["body"], labels)
    again = pickle.loads(pickle.dumps(tagger))
    new = complaints(10, seed=9)["body"]
    np.testing.assert_array_equal(again.predict_proba(new), tagger.predict_proba(new))
    tagger.model_.save(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").stat().st_size > 1000
