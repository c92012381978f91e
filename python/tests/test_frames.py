"""Data of pandas, Polars and Arrow go in, and come back as what they were."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from trendtag import tag

TEXTS = [
    "Citizens vote on the city budget on a digital platform.",
    None,
    "",
    "🗳️ one\ttab\nand a new line",
    "Ein Text über Bürger & <b>Daten</b>",
]


@pytest.fixture(scope="module")
def expected():
    """The columns that are added to the texts."""
    return tag(TEXTS).drop_columns(["text"])


def added(columns, given):
    return [name for name in columns if name not in given]


def test_texts_of_any_kind_get_the_same_tags(expected):
    for given in (
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.chunked_array([TEXTS[:2], TEXTS[2:]], pa.string()),
        np.array(TEXTS, dtype=object),
        (text for text in TEXTS),
        [np.nan if text is None else text for text in TEXTS],
    ):
        assert tag(given).drop_columns(["text"]).equals(expected)


def test_a_pandas_frame_keeps_its_index_its_columns_and_their_types(expected):
    frame = pd.DataFrame(
        {
            "id": [10, 11, 12, 13, 14],
            "title": TEXTS,
            # The values that a workbook gives.
            "mixed": [1, "two", None, 3.5, datetime.date(2024, 1, 1)],
            "whole": pd.array([1, None, 3, 4, 5], dtype="Int64"),
            "kind": pd.Categorical(["a", "b", "a", None, "b"]),
            "when": pd.date_range("2024-01-01", periods=5, tz="Europe/Paris"),
            "sets": [{1}, {2, 3}, set(), None, {"x"}],
            "large": [2**70, 1, None, 3, 4],
            7: [1, 2, 3, 4, 5],
        },
        index=["e", "d", "c", "b", "b"],
    )
    before = frame.copy(deep=True)
    tagged = tag(frame, text_columns="title")
    pd.testing.assert_frame_equal(tagged[frame.columns], frame)
    pd.testing.assert_frame_equal(frame, before)
    assert added(tagged.columns, frame.columns) == expected.column_names
    assert list(tagged["suggested_trends"]) == expected["suggested_trends"].to_pylist()
    assert tagged["needs_review"].dtype == bool
    for name in expected.column_names:
        if name.startswith("p_"):
            assert list(tagged[name]) == expected[name].to_pylist()


def test_a_pandas_series_becomes_a_frame_with_its_index(expected):
    tagged = tag(pd.Series(TEXTS, index=[5, 4, 3, 2, 1], name="body"))
    assert list(tagged.index) == [5, 4, 3, 2, 1]
    assert list(tagged["text"]) == TEXTS
    assert list(tagged["model"]) == expected["model"].to_pylist()


def test_a_frame_that_is_tagged_can_be_tagged_again(expected):
    once = tag(pd.DataFrame({"title": TEXTS}), text_columns="title")
    twice = tag(once, text_columns="title")
    assert twice.shape[1] == once.shape[1] + len(expected.column_names)
    pd.testing.assert_frame_equal(twice[once.columns], once)


def test_a_polars_frame_and_series_come_back_as_frames(expected):
    frame = pl.DataFrame({"title": TEXTS, "day": [datetime.date(2024, 1, 1)] * 5})
    tagged = tag(frame, text_columns=["title"])
    assert isinstance(tagged, pl.DataFrame)
    assert tagged.select(frame.columns).equals(frame)
    assert tagged["suggested_trends"].to_list() == expected["suggested_trends"].to_pylist()
    assert tag(frame["title"])["text"].to_list() == TEXTS
    with pytest.raises(TypeError, match="collect"):
        tag(frame.lazy())


def test_arrow_tables_batches_and_dicts_come_back_as_tables(expected):
    batch = pa.record_batch({"title": TEXTS})
    for given in (batch, pa.table({"title": TEXTS}), {"title": TEXTS}):
        tagged = tag(given, text_columns=["title"])
        assert isinstance(tagged, pa.Table)
        assert tagged.drop_columns(["title"]).equals(expected)


def test_rows_and_columns_that_flags_leave_out_are_left_out():
    frame = pd.DataFrame({"id": ["a", "b"], "title": ["Citizens vote on the budget. " * 30, ""]})
    tagged = tag(frame, "--only-review", "--columns", "id", text_columns="title")
    assert "title" not in tagged
    assert "b" in list(tagged["id"])


def test_columns_with_other_names_are_named_even_with_commas_in_them(expected):
    frame = pd.DataFrame({"What, in short": TEXTS, "more": ["-"] * 5})
    tagged = tag(frame, text_columns=["What, in short"])
    assert list(tagged["model"]) == expected["model"].to_pylist()
    assert list(tagged["p_" + KEY]) == expected["p_" + KEY].to_pylist()


KEY = tag(["a"]).column_names[2].removeprefix("p_")


def test_no_rows_give_no_rows():
    pandas = pd.DataFrame({"title": pd.Series([], dtype=object)})
    polars = pl.DataFrame({"title": []}, schema={"title": pl.String})
    assert tag(pandas, text_columns="title").shape[0] == 0
    assert tag(polars, text_columns="title").height == 0


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="texts must be strings"):
        tag([1, 2])
