"""Prints the licences of all crates that are in the program, with their texts.

    python3 release/licences.py TARGET...

The crates are those that `cargo metadata` names for the targets, without those that only build
or test. A crate without a licence, or with one that is not known to be compatible, is an error.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
}
TEXTS = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# A crate can contain C sources, such as those of Zstandard.
DEPTH = 2


def main(targets: list[str]) -> None:
    crates: dict[str, dict] = {}
    for target in targets:
        crates |= linked(target)
    wrong = [name for name, crate in crates.items() if not is_allowed(crate["license"])]
    if wrong:
        sys.exit(f"licences: these crates have no licence that is known to be compatible: {wrong}")
    ordered = sorted(crates.values(), key=lambda crate: (crate["name"], crate["version"]))
    print("trendtag contains the crates listed here. The texts of their licences follow the list.\n")
    for crate in ordered:
        where = crate["repository"] or crate["homepage"] or ""
        print(f"{crate['name']} {crate['version']}: {crate['license']}  {where}".rstrip())
    without = []
    users: dict[str, list[str]] = defaultdict(list)
    for crate in ordered:
        texts = list(licence_texts(Path(crate["manifest_path"]).parent))
        if not texts:
            without.append(crate["name"])
        for text in texts:
            users[text].append(f"{crate['name']} {crate['version']}")
    if without:
        print("\nWithout a text of their licence in the published crate: " + ", ".join(without))
    for text, names in users.items():
        print(f"\n{'=' * 80}\n{', '.join(dict.fromkeys(names))}\n{'=' * 80}\n\n{text}")


def linked(target: str) -> dict[str, dict]:
    """The crates that are linked into the program, without the program itself."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    (start,) = (i for i, package in packages.items() if package["name"] == "trendtag")
    found, ahead = {}, [start]
    while ahead:
        for dependency in nodes[ahead.pop()]["deps"]:
            package = packages[dependency["pkg"]]
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            is_macro = any("proc-macro" in made["kind"] for made in package["targets"])
            if is_linked and not is_macro and package["id"] not in found:
                found[package["id"]] = package
                ahead.append(package["id"])
    return found


def is_allowed(licence: str | None) -> bool:
    """Whether a choice of the expression consists of allowed licences alone."""
    choices = re.split(r"/| OR ", re.sub(r"[()]", "", licence or ""))
    return any(all(part.strip() in ALLOWED for part in choice.split(" AND ")) for choice in choices)


def licence_texts(folder: Path):
    files = [path for path in folder.rglob("*") if TEXTS.match(path.name) and path.is_file()]
    for path in sorted(files):
        if len(path.relative_to(folder).parts) <= DEPTH and path.suffix not in {".rs", ".c", ".h"}:
            yield path.read_text(encoding="utf-8", errors="replace").strip()


if __name__ == "__main__":
    main(sys.argv[1:])
