"""The label check beside cleanlab, on the same labels and out-of-fold probabilities.

    python3 benches/peers/labels.py [SEEDS]

Needs Python 3.10 and cargo; makes an environment with cleanlab in `target/peers-venv`. Runs
`cargo bench --bench planted`, which prints the table of trendtag, and prints that of cleanlab:
for each kind of planted mistake the share of the top-ranked cases that have one, as means
over seeds.
"""

import json
import subprocess
import sys
import venv
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VENV = ROOT / "target" / "peers-venv"
PACKAGES = ["cleanlab==2.9.0"]
FIRST = 10


def ranked(labels: list[list[int]], probabilities: list[list[float]]) -> list[int]:
    """Places of the cases with a probable mistake, the worst first, as cleanlab has them."""
    import numpy
    from cleanlab.filter import find_label_issues

    issues = find_label_issues(
        labels, numpy.array(probabilities), multi_label=True, return_indices_ranked_by="self_confidence"
    )
    return [int(place) for place in issues]


def score(file: Path) -> None:
    found: dict[str, list[list[float]]] = defaultdict(list)
    for text in file.read_text().splitlines():
        line = json.loads(text)
        wrong, order = line["wrong"], ranked(line["labels"], line["probabilities"])
        count = sum(wrong)
        shares = [sum(wrong[place] for place in order[:k]) / k for k in (FIRST, count, 2 * count)]
        found[line["kind"]].append([*shares, len(order)])
    print(f"\n| mistake, cleanlab | right of the first {FIRST} | of as many as there are | of twice as many | suspects |")
    print("|---|---|---|---|---|")
    for kind, seeds in found.items():
        first, as_many, twice, suspects = (sum(column) / len(seeds) for column in zip(*seeds))
        print(f"| {kind} | {first:.2f} | {as_many:.2f} | {twice:.2f} | {suspects:.0f} |")


def main() -> None:
    if sys.argv[1:2] == ["--score"]:
        return score(Path(sys.argv[2]))
    python = VENV / "bin" / "python"
    if not python.exists():
        venv.create(VENV, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    file = ROOT / "target" / "planted.jsonl"
    command = ["cargo", "bench", "--bench", "planted", "--", *sys.argv[1:], "--probabilities", file]
    subprocess.run(command, cwd=ROOT, check=True)
    subprocess.run([python, __file__, "--score", file], check=True)


if __name__ == "__main__":
    main()
