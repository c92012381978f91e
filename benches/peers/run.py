"""trendtag beside its peers: the same work on the same files, whole processes in turn.

    python3 benches/peers/run.py [FILES…] [--only SECTION…] [--runs N] [--rows N]

Needs Python 3.10 and cargo; makes an environment with the peers in
`target/peers-venv`, and goes on without those that cannot be installed. FILES
have the columns `id,text,labels,split` (labels joined by ";", `train` and
`test`); `data/cases.csv`, repeated, is always measured. Sections:

    tag      train, then tag CSV to CSV: cost, size, quality, and the ratios
    segment  a model of words alone against finding the words and nothing else
    threads  two threads against two processes of one thread on two halves
    words    texts with ever new words against texts that repeat
    formats  CSV, Parquet and Excel files, in and out, and pandas with scikit-learn
    work     training, evaluation, retraining and a review, beside an earlier program (--before)
    growth   10^3 to 10^6 rows, with --growth 10000000 to 10^7: time and memory, with a chart
    train    vectorising and fits with fixed params (needs FILES)
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import chart
import data
import measure
from measure import Command, Cost

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
TRENDTAG = ROOT / "target" / "release" / "trendtag"
PARTS = ROOT / "target" / "release" / "examples" / "parts"

# The packages that each peer needs.
PACKAGES = {
    "sklearn": ["scikit-learn==1.9.1"],
    "recipe": ["scikit-learn==1.9.1"],
    "fasttext": ["fasttext-wheel==0.9.2", "scikit-learn==1.9.1"],
    "omikuji": ["omikuji==0.5.2", "scikit-learn==1.9.1"],
    "annif-tfidf": ["annif==1.4.3"],
    "annif-svc": ["annif==1.4.3"],
}
# What the section `formats` needs besides.
PANDAS = ["pandas==2.3.3", "openpyxl==3.1.5", "pyarrow==26.0.1"]
NAMES = {
    "sklearn": "scikit-learn, same kinds of features",
    "recipe": "scikit-learn, words alone",
    "fasttext": "fastText, tokenised lines",
    "omikuji": "Omikuji on scikit-learn's words",
    "annif-tfidf": "Annif, TF-IDF",
    "annif-svc": "Annif, SVC",
}


def environment(peer: str) -> Path:
    """Annif has one of its own: it wants an earlier scikit-learn."""
    return ROOT / "target" / ("annif-venv" if peer.startswith("annif") else "peers-venv")


def installed(folder: Path, packages: Sequence[str]) -> bool:
    """Makes an environment, and returns whether it has the packages."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    return subprocess.run(pip).returncode == 0


def install() -> list[str]:
    """Makes the environments; returns the peers that are there."""
    there = []
    for peer, packages in PACKAGES.items():
        if installed(environment(peer), packages):
            there.append(peer)
        else:
            print(f"without {NAMES[peer]}: {' '.join(packages)} cannot be installed", file=sys.stderr)
    return there


def build() -> None:
    """The program and the parts, as they are released."""
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--bin", "trendtag", "--example", "parts"], cwd=ROOT, check=True
    )


def peer(name: str, *args: str | Path) -> Command:
    return [environment(name) / "bin" / "python", HERE / "peers.py", name, *args]


def train_ours(source: data.Data, model: Path, *flags: str) -> Command:
    """With the taxonomy beside the cases, if there is one: its definitions are learned from too."""
    taxonomy = ["--taxonomy", ROOT / "data" / "taxonomy.toml"] if source.name == "cases" else ["--no-search"]
    columns = ["--text-columns", ",".join(source.text_columns), "--trends-column", source.labels_column]
    return [TRENDTAG, "train", source.train, "-o", model, "--force", "--quiet", "--jobs", "1", *taxonomy, *columns, *flags]


def tag_ours(source: data.Data, rows: Path, out: Path, model: Path | None, *flags: str) -> Command:
    chosen = ["--model", model] if model else []
    columns = ["--text-columns", ",".join(source.text_columns)]
    return [TRENDTAG, "tag", rows, "-o", out, "--force", "--quiet", *chosen, *columns, *flags]


def tag(source: data.Data, args: argparse.Namespace) -> None:
    """Trains each program once, then tags with all of them in turn."""
    folder, rows = source.folder, source.rows(args.rows)
    text = measure.size(source.plain(rows))
    trained: dict[str, Cost] = {}
    models: dict[str, Path] = {}
    commands: dict[str, Callable[[Path, Path], Command]] = {}

    def ours(name: str, model: Path | None, *flags: str) -> None:
        commands[name] = lambda rows, out: tag_ours(source, rows, out, model, "--jobs", "1", *flags)
        if model:
            models[name] = model

    def theirs(name: str) -> None:
        model = models[NAMES[name]] = folder / name
        tokenised = name == "fasttext"
        trained[NAMES[name]] = measure.run(
            peer(name, "train", source.train, ",".join(source.text_columns), source.labels_column, model)
        )
        commands[NAMES[name]] = lambda rows, out: peer(
            name, "tag", model, source.tokenised(rows) if tokenised else rows, ",".join(source.text_columns), out
        )

    whole, words = folder / "whole.safetensors", folder / "words.safetensors"
    trained["trendtag"] = measure.run(train_ours(source, whole))
    trained["trendtag, words alone"] = measure.run(train_ours(source, words, "--no-subwords"))
    ours("trendtag", whole)
    ours("trendtag, no evidence", whole, "--explain", "0")
    ours("trendtag, words alone", words, "--explain", "0")
    if source.name == "cases":
        ours("trendtag, as shipped", None)
    for name in args.peers:
        theirs(name)

    ready = {name: command(rows, folder / "out.csv") for name, command in commands.items()}
    costs = measure.in_turn({name: lambda c=c: measure.run(c) for name, c in ready.items()}, args.runs)
    lines = []
    for name, command in commands.items():
        cost, train, model = costs[name], trained.get(name), models.get(name)
        start = Cost.median([measure.run(command(source.one, folder / "out.csv")) for _ in range(args.runs)])
        said = ("–", "–", "–")
        if model:
            measure.run(command(source.test, folder / "said.csv"))
            said = tuple(f"{q:.3f}" for q in data.quality(source.test, source.labels_column, folder / "said.csv"))
        lines.append([
            name, f"{text / cost.cpu:.1f}", f"{cost.cpu / costs['trendtag'].cpu:.2f}", f"{cost.cpu:.2f}",
            f"{cost.wall:.2f}", f"{cost.memory:.0f}", f"{start.wall * 1000:.0f}",
            f"{measure.size(model):.1f}" if model else "–", f"{train.cpu:.1f}" if train else "–", *said,
        ])
    header = ["program", "MB/s of CPU", "times the CPU of trendtag", "CPU s", "wall s", "peak MB", "start ms",
              "model MB", "train CPU s", "micro F1", "macro F1", "MAP"]
    measure.table(f"Tagging {source.name}: {args.rows} rows, {text:.1f} MB of text, one thread", header, lines)


def segment(source: data.Data, args: argparse.Namespace) -> None:
    """A word-only model from CSV to CSV, beside finding the words of the bare text."""
    rows, model = source.rows(args.rows), source.folder / "words.safetensors"
    plain = source.plain(rows)
    measure.run(train_ours(source, model, "--no-subwords"))
    once = tag_ours(source, rows, source.folder / "out.csv", model, "--jobs", "1", "--explain", "0")
    costs = measure.in_turn(
        {"unicode-segmentation alone": lambda: measure.run([PARTS, "segment", plain]),
         "trendtag, words alone": lambda: measure.run(once)},
        args.runs,
    )
    text, alone = measure.size(plain), costs["unicode-segmentation alone"].cpu
    lines = [[name, f"{text / c.cpu:.1f}", f"{alone / c.cpu:.2f}"] for name, c in costs.items()]
    measure.table(f"Words of {source.name}", ["program", "MB/s of CPU", "share of the speed"], lines)


def threads(source: data.Data, args: argparse.Namespace) -> None:
    rows = source.rows(4 * args.rows)
    out = [source.folder / f"out-{i}.csv" for i in (0, 1)]
    halves = source.halves(rows)
    model = source.folder / "whole.safetensors"
    measure.run(train_ours(source, model))
    one = [tag_ours(source, half, o, model, "--jobs", "1") for half, o in zip(halves, out)]
    costs = measure.in_turn(
        {"two processes": lambda: measure.side_by_side(one),
         "two threads": lambda: measure.run(tag_ours(source, rows, out[0], model, "--jobs", "2"))},
        args.runs,
    )
    best = costs["two processes"].wall
    lines = [[name, f"{c.wall:.2f}", f"{c.cpu:.2f}", f"{best / c.wall:.0%}"] for name, c in costs.items()]
    measure.table(f"Two threads, {source.name}", ["", "wall s", "CPU s", "rate"], lines)


def words(source: data.Data, args: argparse.Namespace) -> None:
    """The same number of words, or rows, that repeat and that are new."""
    model = source.folder / "whole.safetensors"
    measure.run(train_ours(source, model))
    if source.name == "cases":
        kinds = {
            "words in random order": source.shuffled(args.rows, numbered=0),
            "one in twenty with a random number behind it": source.shuffled(args.rows, numbered=0.05),
        }
        before = source.rows(args.rows)
    else:
        kinds = {"each text once": source.once()}
        before = source.repeated(700, kinds["each text once"])
    out = source.folder / "out.csv"
    files = {"repeated texts": before, **kinds}
    costs = measure.in_turn(
        {name: lambda f=f: measure.run(tag_ours(source, f, out, model, "--jobs", "1")) for name, f in files.items()},
        args.runs,
    )
    rate = {name: measure.size(source.plain(files[name])) / cost.cpu for name, cost in costs.items()}
    lines = [[name, f"{r:.1f}", f"{r / rate['repeated texts']:.0%}"] for name, r in rate.items()]
    measure.table(f"New words, {source.name}, one thread", ["texts", "MB/s of CPU", "share"], lines)


def formats(source: data.Data, args: argparse.Namespace) -> None:
    """The same rows in each format; no peer for CSV and Parquet, see the section tag."""
    kinds = ("parquet", "xlsx") if installed(environment("recipe"), PANDAS) else ()
    rows, model = source.rows(args.rows), source.folder / "recipe"
    files = {"csv": rows, **{kind: rows.with_suffix(f".{kind}") for kind in kinds}}
    for kind in kinds:
        measure.run(peer("convert", rows, files[kind]))
    columns = ",".join(source.text_columns)
    out = source.folder / "out"
    commands = {
        f"{kind} to {kind}": tag_ours(source, file, out.with_suffix(f".{kind}"), None, "--jobs", "1")
        for kind, file in files.items()
    }
    if "xlsx" in files:
        measure.run(peer("recipe", "train", source.train, columns, source.labels_column, model))
        theirs = peer("recipe", "tag", model, files["xlsx"], columns, out.with_suffix(".xlsx"))
        commands["xlsx to xlsx, pandas and scikit-learn, words alone"] = theirs
    costs = measure.in_turn({name: lambda c=c: measure.run(c) for name, c in commands.items()}, args.runs)
    lines = [
        [name, f"{c.cpu:.2f}", f"{costs['csv to csv'].cpu / c.cpu:.0%}", f"{c.memory:.0f}"] for name, c in costs.items()
    ]
    measure.table(f"Formats, {source.name}: {args.rows} rows, one thread", ["", "CPU s", "rate", "peak MB"], lines)


def work(source: data.Data, args: argparse.Namespace) -> None:
    """What takes longest, with one thread. Both programs know the same 557 cases and no examples."""
    folder = source.folder / "work"
    cases, decisions = source.cut(folder, 557, 100)
    long = source.joined(folder / "long.csv", 10_000, 500)
    taxonomy = folder / "taxonomy.toml"
    shutil.copy(ROOT / "data" / "taxonomy.toml", taxonomy)
    programs = {"now": TRENDTAG, **({"before": args.before} if args.before else {})}
    once: dict[str, Callable[[], Cost]] = {}

    def add(name: str, program: str, *command: str | Path) -> None:
        once[f"{name}, {program}"] = lambda: measure.run([programs[program], *command, "--jobs", "1", "--quiet"])

    def review(program: str, database: Path) -> Cost:
        for file in folder.glob(f"{database.name}*"):
            file.unlink()
        return measure.run([programs[program], "review", "add", long, "--db", database, "--jobs", "1", "--quiet"])

    for name, program in programs.items():
        versions = folder / f"versions-{name}"
        shutil.rmtree(versions, ignore_errors=True)
        fixed = ["--taxonomy", taxonomy, "--quiet"]
        measure.run([program, "train", cases, "--into", versions, *fixed])
        add("train", name, "train", cases, "-o", folder / "model.safetensors", "--force", "--taxonomy", taxonomy)
        folds = ["--cross-validate", "5", "--repeats", "1"]
        add("evaluate", name, "evaluate", cases, *folds, "--taxonomy", taxonomy)
        add("retrain", name, "retrain", cases, "--reviews", decisions, "-m", versions, "--dry-run", "--by", "bench")
        once[f"review add, {name}"] = lambda n=name: review(n, folder / f"{n}.db")
    costs = measure.in_turn(once, args.runs)
    lines = []
    for name in ("train", "evaluate", "retrain", "review add"):
        of = [costs[f"{name}, {program}"].cpu for program in programs]
        lines.append([name, *(f"{cpu:.2f}" for cpu in of), f"{of[-1] / of[0]:.1f}"])
    measure.table("557 cases; 100 decisions; 10,000 cases of 500 words", ["CPU s", *programs, "ratio"], lines)


def growth(source: data.Data, args: argparse.Namespace) -> None:
    counts = [10**power for power in range(3, 9) if 10**power <= args.growth]
    lines, costs = [], []
    for count in counts:
        rows, out = source.rows(count), source.folder / "out.csv"
        jobs = str(os.cpu_count() or 1)
        cost = measure.in_turn(
            {"": lambda: measure.run(tag_ours(source, rows, out, None, "--jobs", jobs))}, min(args.runs, 3)
        )[""]
        costs.append(cost)
        lines.append([f"{count:,}", f"{cost.wall:.2f}", f"{count / cost.wall:,.0f}", f"{cost.cpu:.2f}",
                      f"{count / cost.cpu:,.0f}", f"{cost.memory:.0f}"])
        if count > 100_000:
            rows.unlink()
            out.unlink()
    header = ["rows", "wall s", "rows/s", "CPU s", "rows per CPU s", "peak MB"]
    measure.table(f"Growth, {source.name}, all threads", header, lines)
    series = {"CPU s": [cost.cpu for cost in costs], "peak MB": [cost.memory for cost in costs]}
    chart.draw(WORK / "growth.svg", counts, series)
    print(f"chart: {WORK / 'growth.svg'}")


def train(source: data.Data, args: argparse.Namespace) -> None:
    """The same features, penalty and labels; 28 of them in the largest file this was made for."""
    lines = []
    for features in ("words", "subwords"):
        out = {name: source.folder / f"fit-{name}.csv" for name in ("scikit-learn", "trendtag")}
        commands: dict[str, Command] = {
            "scikit-learn": peer("sklearn", "fit", source.train, source.test, features, "2", out["scikit-learn"]),
            "trendtag": [PARTS, "fit", source.train, source.test, features, "2", out["trendtag"]],
        }
        costs = measure.in_turn({name: lambda c=c: measure.run(c) for name, c in commands.items()}, args.runs)
        for name, c in costs.items():
            said = data.quality(source.test, source.labels_column, out[name])
            ratios = [f"{getattr(c, figure) / getattr(costs['trendtag'], figure):.1f}" for figure in ("wall", "cpu")]
            lines.append([features, name, f"{c.wall:.1f}", f"{c.cpu:.1f}", *ratios, f"{c.memory:.0f}",
                          *(f"{q:.4f}" for q in said)])
    header = ["features", "program", "wall s", "CPU s", "times wall", "times CPU", "peak MB", "micro F1", "macro F1", "MAP"]
    measure.table(f"Vectorising and fitting {source.name}, two threads", header, lines)


SECTIONS = {
    "tag": tag, "segment": segment, "threads": threads, "words": words, "formats": formats, "work": work,
    "growth": growth, "train": train,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILES", help="more labelled files")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="these sections")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program; medians are printed")
    parser.add_argument("--rows", type=int, default=10_000, help="rows to tag")
    parser.add_argument("--growth", type=int, default=1_000_000, help="most rows of the section growth")
    parser.add_argument("--before", type=Path, help="an earlier program, for the section work")
    parser.add_argument("--peers", nargs="*", choices=PACKAGES, help="these peers [default: all]")
    args = parser.parse_args()
    there = install()
    args.peers = [name for name in there if args.peers is None or name in args.peers]
    build()
    cases = data.prepare(ROOT / "data" / "cases.csv", WORK / "cases")
    given = [data.prepare(path, WORK / path.stem) for path in args.files]
    for section in args.only:
        repeated = [cases] if section in ("growth", "formats", "work") else [cases, *given]
        for source in given if section == "train" else repeated:
            if section != "train" or args.peers:
                SECTIONS[section](source, args)


if __name__ == "__main__":
    main()
