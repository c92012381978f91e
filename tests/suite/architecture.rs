//! Checks the rules of the architecture against the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::support::{keys, repository};

/// A source file: its path below `src/`, its text, and the part before its tests.
struct Source {
    path: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = repository("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 30, "{files:?}");
    let source = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let is_tests = path.ends_with("tests.rs");
        let code = if is_tests { "" } else { text.split("#[cfg(test)]").next().unwrap() };
        Source { path, code: code.to_owned(), text }
    };
    files.into_iter().map(source).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// Returns whether the file belongs to this module of the crate's root.
    fn is_in(&self, module: &str) -> bool {
        self.path == format!("{module}.rs") || self.path.starts_with(&format!("{module}/"))
    }

    /// Returns whether the file belongs to the program and not to the library.
    fn is_program(&self) -> bool {
        ["main", "cli"].iter().any(|module| self.is_in(module))
    }

    /// Returns whether its code, except tests, names something of this crate or module.
    fn names(&self, path: &str) -> bool {
        self.code.match_indices(path).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + path.len()..].chars().next();
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !joins(before) && !joins(after)
        })
    }
}

/// The rooms of `src/`, lowest first, each with the rooms that it may use. The rooms that
/// those may use are allowed as well; `error` and `taxonomy` are open to all.
const ROOMS: [(&str, &[&str]); 14] = [
    ("error", &[]),
    ("taxonomy", &[]),
    ("stats", &[]),
    ("text", &[]),
    ("features", &["text"]),
    ("logistic", &["features", "stats"]),
    ("metrics", &["stats"]),
    ("decision", &["metrics", "stats"]),
    ("tagger", &["decision", "features", "logistic"]),
    ("tables", &["tagger"]),
    ("evaluate", &["tagger"]),
    ("versions", &["evaluate", "tables"]),
    ("pages", &["evaluate", "tables"]),
    ("review", &["evaluate", "pages", "versions"]),
];

/// Returns the rooms that a room may use, with those that they may use.
fn allowed(room: &str) -> BTreeSet<&'static str> {
    let (_, direct) = ROOMS.iter().find(|(name, _)| *name == room).unwrap();
    let below = direct.iter().flat_map(|name| allowed(name));
    below.chain(direct.iter().copied()).chain(["error", "taxonomy"]).collect()
}

#[test]
fn each_room_uses_only_the_rooms_it_may_use() {
    for source in sources().iter().filter(|s| !s.is_program() && s.path != "lib.rs") {
        let room = source.path.split(['/', '.']).next().unwrap();
        assert!(ROOMS.iter().any(|(name, _)| *name == room), "{room} is no room");
        let allowed = allowed(room);
        for (other, _) in ROOMS.iter().filter(|(name, _)| *name != room) {
            let names = source.names(&format!("crate::{other}"));
            assert!(!names || allowed.contains(other), "src/{} uses {other}", source.path);
        }
    }
}

/// Returns the module of a file: `tables/output/mod.rs` is `["tables", "output"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap();
    path.strip_suffix("/mod").unwrap_or(path).split('/').map(str::to_owned).collect()
}

/// The paths in a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let (head, items) = match tree.split_once('{') {
        Some((head, items)) => (head, items.rsplit_once('}').unwrap().0),
        None => (tree.split(" as ").next().unwrap(), ""),
    };
    let names = head.split("::").map(str::trim).filter(|name| !name.is_empty());
    let path: Vec<String> = before.iter().cloned().chain(names.map(str::to_owned)).collect();
    if items.is_empty() {
        found.push(path);
        return;
    }
    let (mut depth, mut start) = (0, 0);
    for (at, c) in items.char_indices().chain([(items.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = items[start..at].trim();
                if !item.is_empty() {
                    paths(item, &path, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// Returns the modules of its own room that a file imports from, without its parents.
fn imports(source: &Source, modules: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let own = module(&source.path);
    let mut found = Vec::new();
    for part in source.code.split("use ").skip(1) {
        if ["crate::", "super::", "self::"].iter().any(|start| part.starts_with(start)) {
            paths(part.split(';').next().unwrap(), &[], &mut found);
        }
    }
    let target = |path: Vec<String>| {
        let mut base = if path[0] == "crate" { Vec::new() } else { own.clone() };
        let supers = path.iter().take_while(|name| *name == "super").count();
        base.truncate(base.len() - supers);
        let mut best = modules.contains(&base).then(|| base.clone());
        for name in path.into_iter().filter(|name| !["crate", "self", "super"].contains(&&**name)) {
            base.push(name);
            if !modules.contains(&base) {
                break;
            }
            best = Some(base.clone());
        }
        best.filter(|module| module[0] == own[0] && !own.starts_with(module))
    };
    found.into_iter().filter_map(target).collect()
}

#[test]
fn no_files_of_a_room_import_from_each_other_in_a_circle() {
    let sources: Vec<Source> = sources().into_iter().filter(|s| !s.is_program()).collect();
    let modules: BTreeSet<Vec<String>> = sources.iter().map(|s| module(&s.path)).collect();
    let mut left: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> =
        sources.iter().map(|s| (module(&s.path), imports(s, &modules))).collect();
    assert!(left.values().map(BTreeSet::len).sum::<usize>() > 50, "imports are not read");
    // A module that imports none of the remaining ones is in no cycle.
    loop {
        let done: Vec<Vec<String>> = left
            .iter()
            .filter(|(_, needs)| needs.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        for name in done {
            left.remove(&name);
            left.values_mut().for_each(|needs| {
                needs.remove(&name);
            });
        }
    }
    let circle: Vec<String> = left.keys().map(|name| name.join("/")).collect();
    assert!(circle.is_empty(), "these files, or some that they import, form a circle: {circle:#?}");
}

#[test]
fn every_invariant_names_a_test_that_is_there() {
    let page = std::fs::read_to_string(repository("ARCHITECTURE.md")).unwrap();
    let invariants = page.split("## Invariants and their tests").nth(1).unwrap();
    let invariants = invariants.split("\n## ").next().unwrap();
    let mut files = Vec::new();
    collect(&repository("src"), &mut files);
    collect(&repository("tests"), &mut files);
    let code: String = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    for number in 1..=10 {
        let start = format!("\n{number}. ");
        let next = format!("\n{}. ", number + 1);
        let entry = invariants.split(&start).nth(1).unwrap().split(&next).next().unwrap();
        let names: Vec<&str> =
            entry.split('`').skip(1).step_by(2).filter(|name| !name.contains(['/', '.'])).collect();
        assert!(!names.is_empty(), "invariant {number} names no test");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
        }
    }
}

#[test]
fn crates_stay_where_they_belong() {
    for source in sources() {
        for name in ["linfa", "linfa_logistic", "linfa_linalg", "ndarray"] {
            let path = format!("{name}::");
            let names = source.code.contains(&format!("use {path}")) || source.code.contains(&path);
            assert!(!names || source.is_in("logistic"), "src/{} names {name}", source.path);
        }
        for name in ["clap", "clap_complete", "anyhow", "indicatif", "console"] {
            let names = source.names(&format!("{name}::")) || source.names(&format!("use {name}"));
            assert!(!names || source.is_program(), "src/{} names {name}", source.path);
        }
    }
}

#[test]
fn http_stays_in_the_web_files_and_the_database_in_the_review() {
    for source in sources() {
        for name in ["axum", "hyper", "hyper_util", "tokio", "subtle"] {
            let names = source.names(&format!("{name}::"));
            assert!(!names || source.is_in("review/web"), "src/{} names {name}", source.path);
        }
        let names = source.names("rusqlite::");
        let may = source.is_in("review");
        assert!(!names || may, "src/{} names rusqlite", source.path);
        if source.is_in("review/web") {
            assert!(!names, "src/{} names rusqlite", source.path);
        }
    }
}

#[test]
fn the_library_names_no_flag_and_no_command() {
    // A model card is a document that names commands of the program.
    let is_card = |s: &Source| s.path.starts_with("versions/registry/card/");
    for source in sources().iter().filter(|s| !s.is_program() && !is_card(s)) {
        for line in source.code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Between words of a literal; CSS variables and SQL comments are not flags.
            let flag = line.match_indices("--").find(|(at, _)| {
                let before = line[..*at].chars().next_back();
                let after = line[at + 2..].chars().next();
                before.is_some_and(|c| " \"'`(=".contains(c))
                    && after.is_some_and(|c| c.is_ascii_lowercase())
            });
            assert_eq!(flag, None, "src/{} names a flag: {line}", source.path);
            assert!(!line.contains("`trendtag "), "src/{} names a command: {line}", source.path);
        }
    }
}

#[test]
fn no_trend_is_named_in_the_source() {
    for source in sources() {
        for key in keys() {
            assert!(!source.text.contains(&key), "src/{} names {key}", source.path);
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for source in sources() {
        // Blank lines and comments do not count.
        let code = source.code.lines().map(str::trim_start);
        let lines = code.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        assert!(lines <= 450, "src/{} has {lines} lines of code", source.path);
        assert!(source.text.starts_with("//! "), "src/{} does not say its purpose", source.path);
    }
}

#[test]
fn the_program_ends_in_one_place() {
    for source in sources().iter().filter(|s| s.path != "main.rs") {
        let ends = ["process::exit", "ExitCode"].into_iter().find(|end| source.code.contains(end));
        assert_eq!(ends, None, "src/{}", source.path);
    }
    assert!(sources().iter().any(|s| s.path == "main.rs" && s.code.contains("ExitCode")));
}
