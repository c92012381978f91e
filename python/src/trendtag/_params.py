"""The recipe of a model, as arguments in Python and as flags of the program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypedDict


class Params(TypedDict, total=False):
    """How a model is trained. What is not given is searched, or keeps its default."""

    #: A file that defines the labels; without one, they are read from the data.
    taxonomy: str | os.PathLike[str] | None
    #: A file of short texts that show each label, from which the model learns too.
    examples: str | os.PathLike[str] | None
    #: Whether to look for the best params that are not given, by cross-validation.
    search: bool
    #: The penalty of the logistic regression, 1 / C of scikit-learn.
    alpha: float | None
    #: Terms of fewer texts are left out.
    min_df: int | None
    #: Most words in an n-gram.
    word_ngrams: int | None
    #: Whether to use n-grams of characters.
    subwords: bool
    #: The language of the texts, such as ``"english"`` or ``"en"``.
    language: str | None
    #: Folds of the cross-validation within training, for calibration and thresholds.
    folds: int | None
    #: The seed of the folds.
    seed: int | None
    #: The least share of right suggestions among those accepted unread.
    accept_precision: float | None
    #: The largest share of the true trends that may be rejected unread.
    miss_rate: float | None
    #: The confidence with which both promises hold.
    confidence: float | None
    #: Threads to use; by default one for each processor.
    jobs: int | None


def recipe(params: Mapping[str, Any]) -> list[str]:
    """Returns the flags for params."""
    flags = [] if params.get("taxonomy") is not None else ["--no-taxonomy"]
    for name, value in params.items():
        if name not in Params.__annotations__:
            raise TypeError(f"unexpected argument {name!r}; the params are {_NAMES}")
        if name in ("search", "subwords"):
            flags += [] if value else [f"--no-{name}"]
        elif value is not None:
            flags.append(f"--{name.replace('_', '-')}={value}")
    return flags


_NAMES = ", ".join(Params.__annotations__)
