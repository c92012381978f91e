"""Labelled texts that are quick to learn from, and a model that has learned from them."""

import random

import pandas as pd
import pytest
import trendtag

WORDS = {
    "roads": ["street", "traffic", "pavement", "bridge", "cyclists"],
    "waste": ["rubbish", "bins", "recycling", "litter", "collection"],
    "noise": ["music", "loud", "night", "neighbours", "drilling"],
}
FILLER = ["the", "city", "council", "residents", "report", "office", "asked", "again", "week"]


def complaints(rows=90, seed=1):
    """Texts about one or two things, and what they are about."""
    chance = random.Random(seed)
    texts, labels = [], []
    for _ in range(rows):
        about = sorted(chance.sample(sorted(WORDS), chance.choice([1, 1, 2])))
        words = [word for label in about for word in chance.choices(WORDS[label], k=4)]
        words += chance.choices(FILLER, k=8)
        chance.shuffle(words)
        texts.append(" ".join(words))
        labels.append(about)
    return pd.DataFrame({"body": texts, "labels": labels})


@pytest.fixture(scope="session")
def frame():
    return complaints()


@pytest.fixture(scope="session")
def model(frame):
    return trendtag.train(frame, text_columns="body", labels="labels", search=False)
