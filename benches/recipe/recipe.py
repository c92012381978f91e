"""The usual scikit-learn recipe on the folds of a file of predictions.

TfidfVectorizer(sublinear_tf, English stop words, min_df=2), logistic regression
(C=10) per trend, and thresholds chosen on out-of-fold probabilities of the
training side alone. Reads the folds that `trendtag evaluate --predictions` wrote
and writes its own predictions in the same form, for `--against`.

    pip install scikit-learn==1.9.1
    python recipe.py data/cases.csv ours.csv recipe.csv
"""

import csv
import sys

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold


def probabilities(train_texts, train_gold, test_texts):
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
    train = vectorizer.fit_transform(train_texts)
    test = vectorizer.transform(test_texts)
    columns = []
    for gold in train_gold.T:
        model = LogisticRegression(C=10, max_iter=1000).fit(train, gold)
        columns.append(model.predict_proba(test)[:, 1])
    return np.array(columns).T


def best_threshold(p, gold):
    order = np.argsort(-p, kind="stable")
    hits = np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(p) + 1) + gold.sum())
    at = int(np.argmax(f1[:-1]))
    return (p[order[at]] + p[order[at + 1]]) / 2


def suggest(texts, gold, train, test, seed):
    out_of_fold = np.zeros((len(train), gold.shape[1]))
    for inner, held in KFold(5, shuffle=True, random_state=seed).split(train):
        rows = train[inner]
        out_of_fold[held] = probabilities(texts[rows], gold[rows], texts[train[held]])
    thresholds = np.array([best_threshold(p, g) for p, g in zip(out_of_fold.T, gold[train].T)])
    p = probabilities(texts[train], gold[train], texts[test])
    suggested = p >= thresholds
    for row in np.flatnonzero(~suggested.any(axis=1)):
        suggested[row, np.argmax(p[row] / thresholds)] = True
    return p, suggested


def main(cases_path, folds_path, out_path):
    with open(cases_path, newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    with open(folds_path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        keys = [name[2:] for name in reader.fieldnames if name.startswith("p_")]
        rows = list(reader)
    number = {case["id"]: i for i, case in enumerate(cases)}
    texts = np.array(["\n".join((c["title"], c["summary"], c["description"])) for c in cases], dtype=object)
    gold = np.array([[key in c["trends"].split(";") for key in keys] for c in cases])
    with open(out_path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["repeat", "split", "id", "gold", "suggested"] + [f"p_{key}" for key in keys])
        for repeat in sorted({row["repeat"] for row in rows}, key=int):
            split_of = {number[r["id"]]: r["split"] for r in rows if r["repeat"] == repeat}
            for split in sorted(set(split_of.values()), key=int):
                test = np.array([i for i, s in split_of.items() if s == split])
                train = np.array([i for i, s in split_of.items() if s != split])
                p, suggested = suggest(texts, gold, train, test, int(repeat))
                for i, row_p, row_s in zip(test, p, suggested):
                    chosen = ";".join(key for key, on in zip(keys, row_s) if on) or "-"
                    out.writerow([repeat, split, cases[i]["id"], cases[i]["trends"], chosen, *row_p])


if __name__ == "__main__":
    main(*sys.argv[1:])
