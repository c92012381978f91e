"""The peers, each as a program: `peers.py NAME train|tag …`, `peers.py sklearn fit …`, or
`peers.py convert …`.

Runs in the environment that `run.py` makes. Each peer chooses one threshold per
label on training rows that it was not fitted on, as trendtag does.
"""

import csv
import functools
import itertools
import json
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import data

CHUNK = 5000


class Sklearn:
    """Tf-idf and one-vs-rest logistic regression (liblinear)."""

    def __init__(self, subwords: bool, jobs: int = 1) -> None:
        self.subwords, self.jobs = subwords, jobs

    def features(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        if not self.subwords:
            return TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english", min_df=2)
        return make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 6), sublinear_tf=True, min_df=2))

    def fit(self, texts: list[str], gold: np.ndarray) -> None:
        import joblib
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        self.vectors = self.features()
        one = LogisticRegression(C=1.25 if self.subwords else 10, solver="liblinear")
        rows = self.vectors.fit_transform(texts)
        # Each fit would sort the rows that all fits share.
        rows.sort_indices()
        # liblinear releases the interpreter's lock, and would refuse the read-only memory of
        # processes.
        with joblib.parallel_config(backend="threading"):
            self.model = OneVsRestClassifier(one, n_jobs=self.jobs).fit(rows, gold)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        return self.model.predict_proba(self.vectors.transform(texts))

    def save(self, folder: Path) -> None:
        (folder / "model.pickle").write_bytes(pickle.dumps((self.vectors, self.model)))

    def load(self, folder: Path) -> None:
        self.vectors, self.model = pickle.loads((folder / "model.pickle").read_bytes())


class FastText:
    """fastText, one-vs-all, on lower-case words."""

    def fit(self, texts: list[str], gold: np.ndarray) -> None:
        import fasttext

        self.labels = gold.shape[1]
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            for text, row in zip(texts, gold):
                file.write(" ".join(f"__label__{k}" for k in np.flatnonzero(row)) + f" {text}\n")
            file.flush()
            settings = {"loss": "ova", "epoch": 50 if len(texts) < 5000 else 10, "lr": 0.5, "wordNgrams": 2}
            self.model = fasttext.train_supervised(file.name, thread=1, verbose=0, bucket=200_000, **settings)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        found = np.zeros((len(texts), self.labels))
        for row, text in enumerate(texts):
            # The binding is used directly, because its wrapper does not work with numpy
            # 2.
            for score, label in self.model.f.predict(text + "\n", self.labels, 0.0, "strict"):
                found[row, int(label[9:])] = min(score, 1.0)
        return found

    def save(self, folder: Path) -> None:
        self.model.save_model(str(folder / "model.bin"))
        (folder / "labels.json").write_text(json.dumps(self.labels))

    def load(self, folder: Path) -> None:
        import fasttext

        fasttext.FastText.eprint = lambda *_: None
        self.model = fasttext.load_model(str(folder / "model.bin"))
        self.labels = json.loads((folder / "labels.json").read_text())


class Omikuji(Sklearn):
    """Omikuji's trees of labels over the words of scikit-learn."""

    def __init__(self) -> None:
        super().__init__(subwords=False)

    def fit(self, texts: list[str], gold: np.ndarray) -> None:
        import omikuji

        self.vectors, self.labels = self.features(), gold.shape[1]
        matrix = self.vectors.fit_transform(texts)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"{matrix.shape[0]} {matrix.shape[1]} {self.labels}\n")
            for row, of_row in zip(matrix, gold):
                entries = " ".join(f"{i}:{v}" for i, v in zip(row.indices, row.data))
                file.write(",".join(map(str, np.flatnonzero(of_row))) + f" {entries}\n")
            file.flush()
            self.model = omikuji.Model.train_on_data(file.name, n_threads=1)
        self.model.init_prediction_thread_pool(1)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        found = np.zeros((len(texts), self.labels))
        for row, vector in enumerate(self.vectors.transform(texts)):
            vector.sort_indices()
            for label, score in self.model.predict(list(zip(vector.indices, vector.data)), top_k=self.labels):
                found[row, label] = score
        return found

    def save(self, folder: Path) -> None:
        self.model.save(str(folder / "trees"))
        (folder / "model.pickle").write_bytes(pickle.dumps((self.vectors, self.labels)))

    def load(self, folder: Path) -> None:
        import omikuji

        self.vectors, self.labels = pickle.loads((folder / "model.pickle").read_bytes())
        self.model = omikuji.Model.load(str(folder / "trees"))
        self.model.init_prediction_thread_pool(1)


class Annif:
    """Annif with one of its backends. Its tokeniser takes each text as one sentence, because the
    model that finds sentences is not on PyPI."""

    def __init__(self, backend: str) -> None:
        self.backend = backend

    def project(self, folder: Path) -> Any:
        """Opens the project in a folder."""
        import annif
        import annif.registry
        import nltk

        nltk.download = lambda *_: False
        nltk.tokenize.word_tokenize = functools.partial(nltk.tokenize.word_tokenize, preserve_line=True)
        annif.logger.setLevel("ERROR")
        app = annif.create_flask_app()
        app.config |= {"DATADIR": str(folder), "PROJECTS_CONFIG_PATH": str(folder / "projects.cfg")}
        app.app_context().push()
        return annif.registry.get_project("cases")

    def fit(self, texts: list[str], gold: np.ndarray) -> None:
        self.made, self.labels = tempfile.TemporaryDirectory(), gold.shape[1]
        folder = Path(self.made.name)
        project = {
            "name": "cases", "language": "en", "vocab": "labels", "backend": self.backend,
            "analyzer": "snowball(english)", "min_df": 2, "limit": self.labels,
        }
        lines = ["[cases]", *(f"{name}={value}" for name, value in project.items())]
        (folder / "projects.cfg").write_text("\n".join(lines) + "\n")
        vocabulary = folder / "labels.tsv"
        vocabulary.write_text("".join(f"<http://example.org/{k}>\t{k}\n" for k in range(self.labels)))
        self.opened = self.project(folder)

        from annif.corpus import Document, DocumentList, SubjectSet
        from annif.vocab import VocabFileTSV

        self.opened.vocab.load_vocabulary(VocabFileTSV(str(vocabulary), "en"))
        number = [self.opened.subjects.by_uri(f"http://example.org/{k}") for k in range(self.labels)]
        labels = [SubjectSet([number[k] for k in np.flatnonzero(row)]) for row in gold]
        self.opened.train(DocumentList(list(map(Document, texts, labels))))
        self.order = number

    def probabilities(self, texts: list[str]) -> np.ndarray:
        from annif.corpus import Document

        found = self.opened.suggest([Document(text) for text in texts]).array.toarray()
        return found[:, self.order]

    def save(self, folder: Path) -> None:
        shutil.copytree(self.made.name, folder, dirs_exist_ok=True)
        (folder / "order.json").write_text(json.dumps(self.order))

    def load(self, folder: Path) -> None:
        self.opened = self.project(folder)
        self.order = json.loads((folder / "order.json").read_text())


PEERS = {
    "sklearn": lambda: Sklearn(subwords=True),
    "recipe": lambda: Sklearn(subwords=False),
    "fasttext": FastText,
    "omikuji": Omikuji,
    "annif-tfidf": lambda: Annif("tfidf"),
    "annif-svc": lambda: Annif("svc"),
}


def chosen_thresholds(name: str, texts: list[str], gold: np.ndarray) -> list[float]:
    """The best F1 out of fold; large files are not fitted more than once for it."""
    from sklearn.model_selection import KFold

    folds = list(KFold(5, shuffle=True, random_state=0).split(texts))[: 5 if len(texts) < 5000 else 1]
    scores, truth = [], []
    for train, test in folds:
        peer = PEERS[name]()
        peer.fit([texts[i] for i in train], gold[train])
        scores.append(peer.probabilities([texts[i] for i in test]))
        truth.append(gold[test])
    return [best_threshold(p, y) for p, y in zip(np.vstack(scores).T, np.vstack(truth).T)]


def best_threshold(p: np.ndarray, gold: np.ndarray) -> float:
    order = np.argsort(-p, kind="stable")
    f1 = 2 * np.cumsum(gold[order]) / (np.arange(1, len(p) + 1) + gold.sum())
    at = int(np.argmax(f1[:-1]))
    return float((p[order[at]] + p[order[at + 1]]) / 2)


def train(name: str, cases: Path, columns: list[str], labels_column: str, folder: Path) -> None:
    rows = list(data.read(cases))
    source = data.Data("", folder, columns, labels_column)
    texts = [source.text(row) for row in rows]
    if name == "fasttext":
        texts = [data.words(text) for text in texts]
    keys = sorted({key for row in rows for key in row[labels_column].split(";")} - {"", "-"})
    gold = np.array([[key in row[labels_column].split(";") for key in keys] for row in rows], dtype=int)
    thresholds = chosen_thresholds(name, texts, gold)
    peer = PEERS[name]()
    peer.fit(texts, gold)
    folder.mkdir(parents=True, exist_ok=True)
    peer.save(folder)
    (folder / "thresholds.json").write_text(json.dumps([keys, thresholds]))


def fit(cases: Path, tested: Path, words_only: bool, jobs: int, out: Path) -> None:
    """Tf-idf and fits with fixed params, as the program `parts` does; nothing is tuned."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    class Same(Sklearn):
        def features(self) -> Any:
            words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
            subwords = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 6), sublinear_tf=True, min_df=2)
            return words if words_only else make_union(words, subwords)

    rows = list(data.read(cases))
    keys = sorted({key for row in rows for key in row["labels"].split(";")})
    gold = np.array([[key in row["labels"].split(";") for key in keys] for row in rows], dtype=int)
    peer = Same(subwords=True, jobs=jobs)
    peer.fit([row["text"] for row in rows], gold)
    test = list(data.read(tested))
    p = peer.probabilities([row["text"] for row in test])
    data.write(out, ["id", *(f"p_{key}" for key in keys)], (
        {"id": row["id"], **{f"p_{key}": f"{x:.6f}" for key, x in zip(keys, of_row)}} for row, of_row in zip(test, p)
    ))


def tag(name: str, folder: Path, source: Path, columns: list[str], out: Path) -> None:
    """From CSV (fastText: from tokenised lines) to CSV, or from a workbook to a workbook."""
    peer = PEERS[name]()
    peer.load(folder)
    keys, thresholds = json.loads((folder / "thresholds.json").read_text())

    def tagged(texts: list[str]) -> Iterator[list[str]]:
        for row in peer.probabilities(texts):
            suggested = [key for key, p, t in zip(keys, row, thresholds) if p >= t]
            suggested = suggested or [keys[int(np.argmax(row / thresholds))]]
            yield [";".join(suggested), *(f"{p:.4f}" for p in row)]

    header = ["suggested_trends", *(f"p_{key}" for key in keys)]
    if source.suffix == ".xlsx":
        import pandas

        rows = pandas.read_excel(source, dtype=str, keep_default_na=False)
        rows[header] = list(tagged(rows[columns].agg("\n".join, axis=1).to_list()))
        rows.to_excel(out, index=False)
        return
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *header])
        for ids, texts in chunks(source, columns):
            writer.writerows([id_, *added] for id_, added in zip(ids, tagged(texts)))


def convert(source: Path, out: Path) -> None:
    """Writes a CSV file in another format. Repeated texts are stored as often as they occur."""
    import pandas

    rows = pandas.read_csv(source, dtype=str, keep_default_na=False)
    if out.suffix == ".xlsx":
        rows.to_excel(out, index=False)
    else:
        rows.to_parquet(out, index=False, use_dictionary=False)


def chunks(source: Path, columns: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    if source.suffix == ".txt":
        with open(source, encoding="utf-8") as file:
            for lines in iter(lambda: list(itertools.islice(file, CHUNK)), []):
                yield [""] * len(lines), [line.rstrip("\n") for line in lines]
        return
    rows = data.read(source)
    for some in iter(lambda: list(itertools.islice(rows, CHUNK)), []):
        yield [row["id"] for row in some], ["\n".join(row[c] for c in columns) for row in some]


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name, "train", cases, columns, labels_column, folder]:
            train(name, Path(cases), columns.split(","), labels_column, Path(folder))
        case [name, "tag", folder, source, columns, out]:
            tag(name, Path(folder), Path(source), columns.split(","), Path(out))
        case ["convert", source, out]:
            convert(Path(source), Path(out))
        case ["sklearn", "fit", cases, tested, features, jobs, out]:
            fit(Path(cases), Path(tested), features == "words", int(jobs), Path(out))
        case _:
            sys.exit(__doc__)
