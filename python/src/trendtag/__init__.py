"""Tags texts with trends: train, tag, explain and evaluate, through the program of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._explanation import Explanation
from ._model import Model, cross_validate, reading_plan, tag, train
from ._params import Params
from ._program import FilterError, TrendtagError, find_program

if TYPE_CHECKING:
    from .sklearn import TrendTagger

__all__ = [
    "Explanation",
    "FilterError",
    "Model",
    "Params",
    "TrendTagger",
    "TrendtagError",
    "cross_validate",
    "find_program",
    "reading_plan",
    "tag",
    "train",
]


def __getattr__(name: str) -> Any:
    # scikit-learn is imported only on use.
    if name == "TrendTagger":
        from .sklearn import TrendTagger

        return TrendTagger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
