"""Compares a model trained on Windows with one trained here: the suggestions must be equal.

    apart.py MODEL MODEL TAGGED TAGGED

Prints the largest differences of weights, intercepts and probabilities.
"""

import array
import csv
import json
import sys
from pathlib import Path

SAME = ("suggested_trends", "needs_review", "review_reasons")
# A probability is written with four digits: the last one may be rounded differently.
LARGEST = {"weights": 1e-5, "intercepts": 1e-5, "probability": 1e-4}


def main(models: list[str], tagged: list[str]) -> None:
    apart = {}
    for name, kind in (("weights", "f"), ("intercepts", "d")):
        ours, theirs = (tensor(model, name, kind) for model in models)
        apart[name] = farthest(ours, theirs)
    ours, theirs = (list(csv.DictReader(open(path, encoding="utf-8-sig", newline=""))) for path in tagged)
    assert len(ours) == len(theirs) > 100
    apart["probability"] = 0.0
    for one, other in zip(ours, theirs):
        for column in SAME:
            assert one[column] == other[column], f"{one['id']}: {column} differs"
        columns = [name for name in one if name.startswith("p_")]
        assert columns, "there are probabilities"
        pairs = [(float(one[name]), float(other[name])) for name in columns]
        apart["probability"] = max([apart["probability"], *(abs(a - b) for a, b in pairs)])
    print("largest differences: " + ", ".join(f"{name} {value:.2g}" for name, value in apart.items()))
    assert all(value <= LARGEST[name] for name, value in apart.items()), apart


def tensor(path: str, name: str, kind: str) -> array.array:
    """Reads a tensor of a safetensors file: a length, a header in JSON, the numbers."""
    content = Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    begin, end = json.loads(content[8:start])[name]["data_offsets"]
    return array.array(kind, content[start + begin : start + end])


def farthest(ours: array.array, theirs: array.array) -> float:
    assert len(ours) == len(theirs) > 0, "the terms or trends differ"
    return max(abs(a - b) for a, b in zip(ours, theirs))


if __name__ == "__main__":
    main(sys.argv[1:3], sys.argv[3:5])
