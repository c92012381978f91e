"""The figures of an evaluation as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("trend", pa.string()),
        ("figure", pa.string()),
        ("value", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
    ]
)

_PLAN_SCHEMA = pa.schema(
    [
        ("share_read", pa.float64()),
        ("rows_read", pa.int64()),
        ("macro_f1", pa.float64()),
        ("wrong_tags_per_row", pa.float64()),
        ("is_plan", pa.bool_()),
    ]
)

Row = tuple[str, "str | None", str, "float | None"]


def figures(evaluation: dict[str, Any]) -> pa.Table:
    """Returns the figures that ``trendtag evaluate --json`` prints, one in each row.

    ``source`` is ``model``, the name of a baseline, or ``annotators``; ``trend`` is
    null for figures of all trends together; ``lower`` and ``upper`` are the 95 %
    interval, where there is one. What is undefined is null.
    """
    intervals = _intervals(evaluation)
    rows = [
        {
            "source": source,
            "trend": trend,
            "figure": figure,
            "value": None if value is None else float(value),
            "lower": intervals.get((trend, figure), (None, None))[0] if source == "model" else None,
            "upper": intervals.get((trend, figure), (None, None))[1] if source == "model" else None,
        }
        for source, trend, figure, value in _rows(evaluation)
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def reading_rows(plans: list[dict[str, Any]]) -> pa.Table:
    """Returns reading plans as rows: nothing read, then by rows read.

    ``plans`` are those of ``trendtag tag --summary``; the first is the one of the model.
    """
    rows = [_reading(plan, is_plan) for plan, is_plan in zip(plans, [True, *[False] * len(plans)])]
    whole = plans[0]["read"] + plans[0]["unread"]
    wrong = plans[0]["wrong_tags_unread"]
    unread = {
        "share_read": 0.0,
        "rows_read": 0,
        "macro_f1": plans[0]["f1_unread"],
        "wrong_tags_per_row": wrong / whole if whole and wrong is not None else None,
        "is_plan": False,
    }
    rows.sort(key=lambda row: (row["rows_read"], not row["is_plan"]))
    return pa.Table.from_pylist([unread, *rows], _PLAN_SCHEMA)


def _reading(plan: dict[str, Any], is_plan: bool) -> dict[str, Any]:
    rows = plan["read"] + plan["unread"]
    return {
        "share_read": plan["read"] / rows if rows else 0.0,
        "rows_read": plan["read"],
        "macro_f1": plan["f1_finished"],
        "wrong_tags_per_row": plan["wrong_tags_left_per_row"],
        "is_plan": is_plan,
    }


def _rows(evaluation: dict[str, Any]) -> Iterator[Row]:
    yield from _metrics("model", evaluation["metrics"])
    for name, value in evaluation["triage"].items():
        if isinstance(value, (int, float)):
            yield "model", None, _kebab(name), value
    for name, baseline in evaluation["baselines"].items():
        yield from _metrics(name, baseline)
    human = evaluation["human"]
    if human is not None:
        for figure, value in human["macro"].items():
            yield "annotators", None, f"macro-{figure}", value
        for trend, found in zip(evaluation["metrics"]["per_trend"], human["per_trend"]):
            for figure, value in found.items():
                yield "annotators", trend["key"], _kebab(figure), value


def _metrics(source: str, metrics: dict[str, Any]) -> Iterator[Row]:
    yield source, None, "cases", metrics["cases"]
    for name, value in metrics["overall"].items():
        if not isinstance(value, dict):
            yield source, None, _kebab(name), value
            continue
        for part, number in value.items():
            # Precision, recall and F1 by their average, or the averages of a figure.
            average, figure = (name, part) if part not in _AVERAGES else (part, name)
            yield source, None, f"{_kebab(average)}-{_kebab(figure)}", number
    for trend in metrics["per_trend"]:
        for name, value in trend.items():
            if name != "key":
                yield source, trend["key"], _kebab(name), value


_AVERAGES = ("micro", "macro", "weighted", "samples")


def _intervals(evaluation: dict[str, Any]) -> dict[tuple[str | None, str], tuple[Any, Any]]:
    trends = [trend["key"] for trend in evaluation["metrics"]["per_trend"]]
    found: dict[tuple[str | None, str], tuple[Any, Any]] = {}
    for interval in evaluation["intervals"]:
        figure, trend = interval["figure"], None
        if isinstance(figure, dict):
            ((figure, at),) = figure.items()
            figure, trend = figure.removeprefix("trend-"), trends[at]
        found[trend, figure] = interval["lower"], interval["upper"]
    return found


def _kebab(name: str) -> str:
    return name.replace("_", "-")
