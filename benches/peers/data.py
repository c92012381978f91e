"""The files that all programs read, and how good what they say of the held-out part is."""

import csv
import itertools
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Data:
    """A labelled file cut in two, and unlabelled rows to tag, all in one folder."""

    name: str
    folder: Path
    text_columns: list[str]
    labels_column: str

    @property
    def train(self) -> Path:
        return self.folder / "train.csv"

    @property
    def test(self) -> Path:
        return self.folder / "test.csv"

    @property
    def one(self) -> Path:
        """The first row alone, for the time to start."""
        return self.folder / "one.csv"

    def rows(self, count: int) -> Path:
        """The rows of the file over and over, until there are `count`."""
        path = self.folder / f"rows-{count}.csv"
        if not path.exists():
            write(path, ["id", *self.text_columns], itertools.islice(self._endless(), count))
        return path

    def shuffled(self, count: int, numbered: float) -> Path:
        """Words of all texts in random order, as many as the texts have on average; a share of
        them with a random number behind it."""
        path = self.folder / f"shuffled-{count}-{numbered}.csv"
        chance = random.Random(0)
        known = [word for row in self._all() for word in self.text(row).split()]
        each = len(known) // len(self._all())

        def text() -> str:
            chosen = chance.choices(known, k=each)
            return " ".join(w + str(chance.randrange(10**10)) if chance.random() < numbered else w for w in chosen)

        rows = ({"id": str(i), self.text_columns[-1]: text()} for i in range(count))
        write(path, ["id", *self.text_columns], rows)
        return path

    def cut(self, folder: Path, cases: int, decisions: int) -> tuple[Path, Path]:
        """The first cases, and those after them."""
        folder.mkdir(exist_ok=True)
        rows, header = self._all(), ["id", *self.text_columns, self.labels_column]
        parts = folder / "cases.csv", folder / "decisions.csv"
        write(parts[0], header, rows[:cases])
        write(parts[1], header, rows[cases : cases + decisions])
        return parts

    def joined(self, path: Path, count: int, words: int) -> Path:
        """Cases of that many words, one after the other in the texts."""
        known = [word for row in self._all() for word in self.text(row).split()]

        def case(number: int) -> dict[str, str]:
            start = number * 101 % (len(known) - words)
            some = known[start : start + words]
            texts = some[:8], some[8:40], some[40:]
            return {"id": str(number), **dict(zip(self.text_columns, map(" ".join, texts)))}

        write(path, ["id", *self.text_columns], map(case, range(count)))
        return path

    def once(self) -> Path:
        """Each row once."""
        path = self.folder / "once.csv"
        write(path, ["id", *self.text_columns], self._all())
        return path

    def repeated(self, first: int, like: Path) -> Path:
        """The first rows of a file over and over, as many as it has."""
        path = self.folder / f"repeated-{first}.csv"
        rows = list(read(like))
        write(path, list(rows[0]), ({**rows[i % first], "id": str(i)} for i in range(len(rows))))
        return path

    def tokenised(self, path: Path) -> Path:
        """Lower-case words, one text a line, as fastText wants them."""
        out = path.with_suffix(".txt")
        with open(out, "w", encoding="utf-8") as file:
            for row in read(path):
                file.write(words(self.text(row)) + "\n")
        return out

    def plain(self, path: Path) -> Path:
        """The text alone, as it stands."""
        out = path.with_suffix(".plain")
        out.write_text("\n".join(self.text(row) for row in read(path)), encoding="utf-8")
        return out

    def halves(self, path: Path) -> list[Path]:
        """The same rows in two files."""
        rows = list(read(path))
        parts = [path.with_stem(f"{path.stem}-half-{i}") for i in (0, 1)]
        write(parts[0], list(rows[0]), rows[: len(rows) // 2])
        write(parts[1], list(rows[0]), rows[len(rows) // 2 :])
        return parts

    def text(self, row: dict[str, str]) -> str:
        return "\n".join(row[column] for column in self.text_columns)

    def _all(self) -> list[dict[str, str]]:
        return [*read(self.train), *read(self.test)]

    def _endless(self) -> Iterator[dict[str, str]]:
        rows = self._all()
        for turn in itertools.count():
            for row in rows:
                yield {**row, "id": f"{row['id']}-{turn}"}


def prepare(path: Path, folder: Path) -> Data:
    """Cuts a file by its column `split`, or else every fifth case away for the test."""
    rows = list(read(path))
    folder.mkdir(parents=True, exist_ok=True)
    if "split" in rows[0]:
        data = Data(path.stem, folder, ["text"], "labels")
    else:
        data = Data(path.stem, folder, ["title", "summary", "description"], "trends")
        random.Random(0).shuffle(rows)
        rows = [{**row, "split": "train" if i % 5 else "test"} for i, row in enumerate(rows)]
    header = ["id", *data.text_columns, data.labels_column]
    for part in (data.train, data.test):
        write(part, header, (row for row in rows if row["split"] == part.stem))
    write(data.one, header[:-1], rows[:1])
    return data


def words(text: str) -> str:
    """Lower-case words with spaces between them."""
    return " ".join(re.findall(r"\w+", text.lower()))


def read(path: Path) -> Iterator[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write(path: Path, header: list[str], rows: Iterable[dict[str, str]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, header, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def labels_of(row: dict[str, str]) -> set[str]:
    """The suggested labels; of a file without suggestions, those above one half."""
    if "suggested_trends" in row:
        return set(row["suggested_trends"].split(";"))
    return {name[2:] for name, p in row.items() if name.startswith("p_") and float(p) >= 0.5}


def quality(gold_path: Path, labels_column: str, said_path: Path) -> tuple[float, float, float]:
    """Micro F1, macro F1 and mean average precision; labels that no test row has are left out."""
    gold = [set(row[labels_column].split(";")) for row in read(gold_path)]
    said = list(read(said_path))
    assert len(gold) == len(said)
    suggested = [labels_of(row) for row in said]
    hits = wrong = missed = 0
    f1s: list[float] = []
    precisions: list[float] = []
    for key in (name[2:] for name in said[0] if name.startswith("p_")):
        has = [key in labels for labels in gold]
        if not any(has):
            continue
        gets = [key in labels for labels in suggested]
        both = sum(h and g for h, g in zip(has, gets))
        hits, wrong, missed = hits + both, wrong + sum(gets) - both, missed + sum(has) - both
        f1s.append(2 * both / (sum(has) + sum(gets)))
        order = sorted(range(len(has)), key=lambda i: -float(said[i][f"p_{key}"]))
        found = [place for place, i in enumerate(order, 1) if has[i]]
        precisions.append(sum(n / place for n, place in enumerate(found, 1)) / len(found))
    micro = 2 * hits / (2 * hits + wrong + missed)
    return micro, sum(f1s) / len(f1s), sum(precisions) / len(precisions)
