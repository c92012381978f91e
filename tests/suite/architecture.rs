//! The rules of the architecture, held against the source itself.

use std::collections::BTreeSet;
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
    /// Whether the file belongs to this module of the crate's root.
    fn is_in(&self, module: &str) -> bool {
        self.path == format!("{module}.rs") || self.path.starts_with(&format!("{module}/"))
    }

    /// Whether the file belongs to the program and not to the library.
    fn is_program(&self) -> bool {
        ["main", "cli"].iter().any(|module| self.is_in(module))
    }

    /// Whether its code, tests aside, names something of this crate or module.
    fn names(&self, path: &str) -> bool {
        self.code.match_indices(path).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + path.len()..].chars().next();
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !joins(before) && !joins(after)
        })
    }
}

/// The rooms of `src/`, lowest first, each with the rooms that it may use. What
/// those may use is allowed too; `error` and `taxonomy` are open to all.
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

/// The rooms that a room may use, with those that they may use.
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
    for source in sources().iter().filter(|s| !s.is_program()) {
        for line in source.code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Between words of a literal; CSS variables and SQL comments are no flags.
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
        // Documentation is no burden: blank lines and comments do not count.
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
