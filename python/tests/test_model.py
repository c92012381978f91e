"""Models: training, files, predictions, explanations and figures."""

import json
import logging
import pickle
import subprocess

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import trendtag
from conftest import complaints
from sklearn.metrics import f1_score, log_loss
from sklearn.preprocessing import MultiLabelBinarizer
from trendtag import Model, TrendtagError, find_program


def marks(labels, classes):
    return MultiLabelBinarizer(classes=list(classes)).fit_transform(labels)


def test_a_model_tells_new_texts_apart(model):
    new = complaints(60, seed=2)
    assert list(model.classes_) == ["noise", "roads", "waste"]
    assert model.text_columns == ["body"]
    predicted = model.predict(new, text_columns="body")
    assert predicted.dtype == np.int64 and predicted.shape == (60, 3)
    assert f1_score(marks(new["labels"], model.classes_), predicted, average="macro") > 0.9
    probabilities = model.predict_proba(list(new["body"]))
    assert probabilities.dtype == np.float64
    assert ((probabilities > 0) & (probabilities < 1)).all()
    # The columns are in the order of the classes.
    one = model.predict_proba(["street traffic bridge pavement", "loud music at night"])
    assert list(one.argmax(axis=1)) == [1, 0]
    assert list(model.tag(new)["suggested_trends"].map(len)) == list(predicted.sum(axis=1))


def test_labels_may_be_lists_texts_marks_or_come_alone(frame, model):
    keys = list(model.classes_)
    joined = frame.assign(labels=frame["labels"].map("; ".join))
    sets = frame.assign(labels=frame["labels"].map(set))
    columns = pd.DataFrame({key: frame["labels"].map(lambda have, k=key: k in have) for key in keys})
    one_each = pd.concat([frame[["body"]], columns.astype(int)], axis=1)
    for data, labels in (
        (joined, "labels"),
        (sets, "labels"),
        (one_each, keys),
        (frame[["body"]], list(frame["labels"])),
        (pl.from_pandas(frame), "labels"),
        (pa.Table.from_pandas(frame), "labels"),
    ):
        again = trendtag.train(data, text_columns="body", labels=labels, search=False)
        assert again.version == model.version, labels
    alone = trendtag.train(list(frame["body"]), labels=list(frame["labels"]), search=False)
    new = list(complaints(20, seed=3)["body"])
    np.testing.assert_array_equal(alone.predict_proba(new), model.predict_proba(new))
    with pytest.raises(ValueError, match="2 labels for 90 rows"):
        trendtag.train(frame, text_columns="body", labels=[["roads"], ["waste"]])


def test_labels_are_a_frame_of_marks_or_the_names_of_such_columns(frame, model):
    keys = list(model.classes_)
    marked = pd.DataFrame({key: frame["labels"].map(lambda have, k=key: k in have) for key in keys})
    whole = pd.concat([frame[["body"]], marked], axis=1)
    for data, labels in (
        (frame[["body"]], marked),
        (frame[["body"]], pl.from_pandas(marked.astype(int))),
        (list(frame["body"]), marked),
        (whole, whole.columns[1:]),
        (whole, np.array(keys)),
    ):
        columns = None if isinstance(data, list) else "body"
        again = trendtag.train(data, text_columns=columns, labels=labels, search=False)
        assert list(again.classes_) == keys
        np.testing.assert_array_equal(
            again.predict(list(frame["body"])), model.predict(list(frame["body"]))
        )
    one = trendtag.train(whole, text_columns="body", labels="noise", search=False)
    assert list(one.classes_) == ["noise"]
    for matrix in (marked.to_numpy(), marked.astype(int).to_numpy().tolist()):
        with pytest.raises(TypeError, match="give a frame, whose columns name them"):
            trendtag.train(frame[["body"]], text_columns="body", labels=matrix)
    with pytest.raises(ValueError, match="same names: \\['noise'\\]"):
        trendtag.train(whole[["body", "noise"]], text_columns="body", labels=marked)
    with pytest.raises(ValueError, match="labels for 80 rows, and 90 rows"):
        trendtag.train(frame[["body"]], text_columns="body", labels=marked.head(80))


def test_an_empty_list_says_that_no_label_applies_and_a_missing_one_says_nothing(frame, caplog):
    labels = list(frame["labels"])
    labels[0], labels[1] = [], None
    with caplog.at_level(logging.INFO, logger="trendtag"):
        trendtag.train(frame[["body"]], text_columns="body", labels=labels, search=False)
    assert "88 cases with labels, 1 to which none applies" in caplog.text
    assert "1 unlabelled" in caplog.text


def test_numbers_are_labels_also_where_some_are_missing(frame):
    kinds = {"noise": 1, "roads": 2, "waste": 3}
    numbers = frame["labels"].map(lambda have: kinds[have[0]]).where(frame.index > 3)
    assert numbers.dtype == float
    for data, labels in ((frame.assign(n=numbers), "n"), (frame, numbers)):
        model = trendtag.train(data, text_columns="body", labels=labels, search=False)
        assert list(model.classes_) == ["1", "2", "3"]


def test_an_error_repeats_what_is_wrong_and_no_progress(model, frame):
    with pytest.raises(TrendtagError, match='unknown trend "other"') as failed:
        model.evaluate(frame, text_columns="body", labels=[["other"]] * len(frame))
    with pytest.raises(TrendtagError, match="exit code 2: error: no case is labelled"):
        model.evaluate(frame, text_columns="body", labels=[None] * len(frame))
    assert failed.value.code == 2 and "Using model" not in str(failed.value)


def test_params_reach_the_program_and_wrong_ones_are_errors(frame, tmp_path):
    taxonomy = tmp_path / "labels.toml"
    keys = ("waste", "roads", "noise")
    taxonomy.write_text("".join(f'[[trend]]\nkey = "{key}"\nname = "About {key}"\n' for key in keys))
    model = trendtag.train(
        frame,
        text_columns="body",
        labels="labels",
        taxonomy=taxonomy,
        alpha=2.0,
        word_ngrams=1,
        subwords=False,
        min_df=1,
        language="english",
        folds=3,
        seed=5,
        jobs=1,
        search=False,
    )
    assert tuple(model.classes_) == keys, "in the order of the taxonomy"
    assert model.names["roads"] == "About roads"
    with pytest.raises(TypeError, match="unexpected argument 'alfa'"):
        trendtag.train(frame, alfa=1)
    with pytest.raises(TrendtagError, match="alpha"):
        trendtag.train(frame, text_columns="body", labels="labels", alpha=-1.0)
    with pytest.raises(TrendtagError, match="no trends column"):
        trendtag.train(frame, text_columns="body", labels="topic")


def test_a_row_that_cannot_be_used_is_an_error_that_names_it(frame, tmp_path):
    taxonomy = tmp_path / "labels.toml"
    taxonomy.write_text('[[trend]]\nkey = "waste"\n[[trend]]\nkey = "roads"\n')
    with pytest.raises(TrendtagError, match='unknown trend "noise"'):
        trendtag.train(frame, text_columns="body", labels="labels", taxonomy=taxonomy, search=False)


def test_a_model_is_the_same_from_a_file_a_folder_of_versions_and_a_pickle(
    frame, model, tmp_path, monkeypatch
):
    path = tmp_path / "mine.safetensors"
    path.write_text("what was there before is replaced")
    model.save(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    for again in (Model.load(path), Model.load(str(path)), pickle.loads(pickle.dumps(model))):
        assert again == model and again.version == model.version

    monkeypatch.chdir(tmp_path)
    frame.assign(labels=frame["labels"].map(";".join)).to_csv("cases.csv", index=False)
    flags = ["--text-columns=body", "--trends-column=labels", "--no-search", "--into=mine"]
    subprocess.run([find_program(), "train", "cases.csv", *flags], check=True, capture_output=True)
    assert Model.load("mine") == Model.load(tmp_path / "models" / "mine")
    assert Model.load("mine").version == model.version

    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrendtagError, match="mine|model"):
        Model.load(path)
    with pytest.raises(TrendtagError, match="nowhere"):
        Model.load("nowhere")


def test_the_built_in_model_works_like_any_other():
    model = Model.built_in()
    assert len(model.classes_) == len(model.names) > 1
    assert model.predict(["Citizens vote on the city budget."]).shape == (1, len(model.classes_))
    assert model.version in repr(model)
    assert pickle.loads(pickle.dumps(model)).version == model.version
    with pytest.raises(ValueError, match="part of the program"):
        model.save("anywhere")


def test_settings_of_the_working_folder_change_nothing(model, frame, tmp_path, monkeypatch):
    expected = model.predict_proba(frame.head(3)), Model.built_in().version
    (tmp_path / "trendtag.toml").write_text('model = "another.safetensors"\n')
    monkeypatch.chdir(tmp_path)
    assert Model.built_in().version == expected[1]
    np.testing.assert_array_equal(model.predict_proba(frame.head(3)), expected[0])


def test_probabilities_are_those_of_the_command_line_to_the_last_digit(model, frame, tmp_path):
    model.save(tmp_path / "m.safetensors")
    frame.head(10)[["body"]].to_csv(tmp_path / "t.csv", index=False)
    flags = ["--probabilities", "exact", "--model", tmp_path / "m.safetensors"]
    command = [find_program(), "tag", tmp_path / "t.csv", "--output-format", "jsonl", *flags]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [json.loads(line)["suggestions"]["trends"] for line in lines]
    printed = [[trend["probability"] for trend in trends] for trends in rows]
    np.testing.assert_array_equal(model.predict_proba(frame.head(10)), printed)


def test_an_explanation_adds_up_and_marks_the_words_where_they_stand(model):
    text = "Loud music <at> night & the neighbours ask: “why”? ärgerlich"
    found = model.explain(text)
    assert found.suggested == ["noise"]
    assert found.texts == [text]
    np.testing.assert_array_equal(
        list(found.probabilities.values()), model.predict_proba([text])[0]
    )
    evidence = found.evidence("noise")
    noise = next(trend for trend in found.data["trends"] if trend["key"] == "noise")
    assert sum(evidence.values()) + noise["intercept"] == pytest.approx(noise["score"])
    assert set(list(evidence)[:4]) & {"music", "loud music", "night", "loud", "neighbours"}
    with pytest.raises(KeyError):
        found.evidence("roads and paths")

    html = found._repr_html_()
    assert "&lt;at&gt;" in html and "<at>" not in html
    assert "&amp; the" in html and "“why”? ärgerlich" in html
    marked = [part.split("</mark>")[0].split(">", 1)[1] for part in html.split("<mark ")[1:]]
    assert {"Loud", "music", "neighbours"} <= set(marked)
    assert "noise" in repr(found)


def test_a_row_of_a_frame_is_explained_like_its_text():
    model = Model.built_in()
    row = {"id": 77, "title": "Open budget", "description": "Citizens vote.", "summary": None}
    found = model.explain(row)
    assert found.texts == ["Open budget", "", "Citizens vote."]
    assert model.explain(pd.Series(row)) == found
    tagged = model.predict_proba(pd.DataFrame([row]))
    np.testing.assert_allclose(list(found.probabilities.values()), tagged[0], rtol=1e-12)
    assert "Open" in found._repr_html_()
    for odd in (None, pd.DataFrame([row]), 7):
        with pytest.raises(TypeError, match="one text, or one row"):
            model.explain(odd)


def test_figures_of_a_model_are_those_of_scikit_learn(model):
    new = complaints(80, seed=4)
    figures = model.evaluate(new, text_columns="body", labels="labels")
    gold = marks(new["labels"], model.classes_)
    predicted, probabilities = model.predict(new), model.predict_proba(new)

    def value(figure, trend=None):
        rows = figures[figures["source"] == "model"]
        rows = rows[rows["trend"].isna() if trend is None else rows["trend"] == trend]
        (row,) = rows[rows["figure"] == figure].itertuples()
        return row

    assert value("cases").value == 80
    for average in ("micro", "macro", "weighted", "samples"):
        expected = f1_score(gold, predicted, average=average)
        assert value(f"{average}-f1").value == pytest.approx(expected)
    per_trend = f1_score(gold, predicted, average=None)
    for at, trend in enumerate(model.classes_):
        assert value("f1", trend).value == pytest.approx(per_trend[at])
        assert value("support", trend).value == gold[:, at].sum()
        expected = log_loss(gold[:, at], probabilities[:, at])
        assert value("log-loss", trend).value == pytest.approx(expected)
    macro = value("macro-f1")
    assert macro.lower <= macro.value <= macro.upper
    assert value("f1", "roads").lower <= value("f1", "roads").upper


def test_a_cross_validation_gives_figures_as_a_frame_of_the_same_kind(frame, tmp_path):
    how = {"text_columns": "body", "labels": "labels", "cv": 3, "search": False}
    page = tmp_path / "page.html"
    figures = trendtag.cross_validate(frame, report=page, **how)
    assert list(figures.columns) == ["source", "trend", "figure", "value", "lower", "upper"]
    assert page.read_text().startswith("<!DOCTYPE html>")
    macro = figures[(figures["figure"] == "macro-f1") & (figures["source"] == "model")]
    assert float(macro["value"].iloc[0]) > 0.8
    assert len(set(figures["source"])) > 1, "with baselines"
    polars = trendtag.cross_validate(pl.from_pandas(frame), **how)
    assert polars.equals(pl.from_pandas(figures))

    groups = frame.assign(group=[row % 4 for row in range(len(frame))])
    for protocol in ({"cv": 2, "group_by": "group"}, {"split_by": "group"}, {"repeats": 2}):
        table = pa.Table.from_pandas(groups)
        assert trendtag.cross_validate(table, **{**how, **protocol}).num_rows > 20


def test_a_reading_plan_says_what_reading_brings(model, frame):
    batch = complaints(40, seed=6)
    plan = model.reading_plan(batch, text_columns="body", shares=(0.25, 1.0))
    assert list(plan["rows_read"])[0] == 0 and list(plan["rows_read"])[-1] == 40
    assert plan["rows_read"].is_monotonic_increasing
    assert plan["is_plan"].sum() == 1
    marked = model.tag(batch, text_columns="body")["needs_review"].sum()
    assert int(plan[plan["is_plan"]]["rows_read"].iloc[0]) == marked
    assert isinstance(model.reading_plan(pl.from_pandas(batch), text_columns="body"), pl.DataFrame)
    # A model that learned from many cases estimates the quality of the batch.
    sure = trendtag.train(complaints(400), text_columns="body", labels="labels", search=False)
    quality = sure.reading_plan(batch, text_columns="body", shares=(0.25, 1.0))
    assert quality["macro_f1"].is_monotonic_increasing
    assert quality["macro_f1"].iloc[-1] == 1 and quality["wrong_tags_per_row"].iloc[-1] == 0
