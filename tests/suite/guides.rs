//! The guides: their commands run in order, and their links are valid.

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use super::support::{Desk, cases, data, repository};

/// Guides that a reader can follow from top to bottom.
const FOLLOWED: [&str; 6] = [
    "finished-batch.md",
    "start/analyst.md",
    "start/reviewer.md",
    "start/maintainer.md",
    "retraining.md",
    "own-labels.md",
];

/// Returns the pages of the book.
fn pages() -> Vec<PathBuf> {
    let folders = [repository("docs"), repository("docs/start")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut pages: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// Returns the targets of the links of a page, without the part after `#`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.map(|target| target.split('#').next().unwrap());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Returns the anchors of a page, as mdBook and GitHub make them from its headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// Returns the commands of a page: the lines of its `sh` blocks that start the program.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository("docs").join(page)).unwrap();
    // A command can continue on the next line.
    let text = text.replace("\\\n", " ");
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("trendtag "));
    // A server runs until it is stopped, a rollback needs two promotions, and a database of
    // reviews needs their answers; other tests run these.
    let by_others = ["review serve", "models rollback", "--reviews reviews.db"];
    let is_run = |line: &&str| !by_others.iter().any(|part| line.contains(part));
    lines.filter(is_run).map(str::to_owned).collect()
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file() {
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];
    for page in top.iter().map(|name| repository(name)).chain(pages()) {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is missing", page.display());
        }
    }
}

#[test]
fn every_link_to_a_section_leads_to_a_heading() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let Some((file, anchor)) = target.split_once('#') else { continue };
            let path =
                if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let linked = std::fs::read_to_string(path).unwrap();
            let place = page.display();
            assert!(anchors(&linked).iter().any(|a| a == anchor), "{place}: no section {target}");
        }
    }
}

#[test]
fn every_way_to_decide_a_case_is_explained() {
    let api = std::fs::read_to_string(repository("src/review/assets/openapi.json")).unwrap();
    let api: serde_json::Value = serde_json::from_str(&api).unwrap();
    let ways = "/components/schemas/Finished/properties/decided_by/items/properties/by/enum";
    let page = std::fs::read_to_string(repository("docs/finished-batch.md")).unwrap();
    for way in api.pointer(ways).unwrap().as_array().unwrap() {
        let row = format!("\n| `{}` |", way.as_str().unwrap());
        assert!(page.contains(&row), "{way} is not explained");
    }
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let docs = repository("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<&str> = links(&summary).collect();
    for page in pages() {
        let name = page.strip_prefix(&docs).unwrap();
        let is_listed = listed.iter().any(|target| Path::new(target) == name);
        assert!(is_listed || name == Path::new("SUMMARY.md"), "{} is not listed", name.display());
    }
}

#[test]
#[cfg_attr(not(unix), ignore = "it needs a shell of Unix")]
fn the_commands_of_each_guide_run_in_order() {
    let complaints = |name: &str| {
        std::fs::read_to_string(repository("tests/fixtures/complaints").join(name)).unwrap()
    };
    let program = cargo_bin!("trendtag").parent().unwrap().display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap());
    for guide in FOLLOWED {
        let desk = Desk::new();
        desk.write("data/submissions.csv", data("submissions.csv"));
        // Few cases: training and comparing are quick.
        desk.write("data/cases.csv", cases(60));
        desk.write("data/taxonomy.toml", data("taxonomy.toml"));
        desk.write(
            "export.csv",
            "id,Name of the innovation,What is it\n1,Town hall,Citizens vote\n",
        );
        desk.write("complaints.csv", complaints("complaints.csv"));
        desk.write("later.csv", complaints("complaints-2025.csv"));
        desk.write("decisions.csv", cases(20));
        let commands = commands(guide);
        assert!(!commands.is_empty(), "{guide} has no command");
        for command in commands {
            let mut shell = Command::new("sh");
            shell.args(["-c", &command]).current_dir(desk.path(""));
            let output = shell.env("PATH", &path).env("HOME", desk.path("")).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{guide}: {command}\n{err}");
        }
    }
}
