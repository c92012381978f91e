//! The wording of the repository: unclear phrases stay out, each with a better one.

use std::path::{Path, PathBuf};

use super::support::repository;

/// Phrases to avoid, and what to write instead. A phrase with a capital is matched exactly.
const PHRASES: [(&str, &str); 71] = [
    ("anew", "again"),
    ("by lot", "at random"),
    ("stands twice", "occurs twice, or: is a duplicate"),
    ("stand twice", "occur twice, or: are duplicates"),
    ("stands in the", "occurs in the, or: replaces the"),
    ("stand in the", "occur in the"),
    ("stands for", "means, or: represents"),
    ("stand for", "mean, or: represent"),
    ("go on with", "resume, or: continue with"),
    ("goes on with", "resumes, or: continues with"),
    ("going on with", "resuming, or: continuing with"),
    ("gone on with", "resumed, or: continued"),
    ("whose giver", "the reviewer who gave it"),
    ("so many", "this many, or: N"),
    ("he", "they"),
    ("him", "them"),
    ("his", "their"),
    ("cannot be.", "is invalid"),
    ("can be.", "is valid"),
    ("more than chance", "statistically significant"),
    ("other signs", "other characters"),
    ("invisible signs", "invisible characters"),
    ("to 100 signs", "to 100 characters"),
    ("those who", "people who, or: reviewers who"),
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("was told", "was asked, or: was reported"),
    ("be told", "be reported"),
    ("been told", "been reported"),
    ("told by", "detected by, or: matched by"),
    ("told apart", "distinguished"),
    ("tell apart", "distinguish"),
    ("tells apart", "distinguishes"),
    ("tells of", "reports"),
    ("tells how", "shows how"),
    ("tells whether", "returns whether, or: shows whether"),
    ("tells what", "shows what"),
    ("parted by", "separated by"),
    ("but for", "except for"),
    ("held against", "compared with"),
    ("holds against", "compares with"),
    ("held to", "compared with"),
    ("one's own", "your own"),
    ("goes by", "uses, or: follows"),
    ("come by", "obtained"),
    ("said of", "predicted for"),
    ("what is said", "the message, or: the prediction"),
    ("to be had", "available"),
    ("can be had", "is available"),
    ("mends", "fixes"),
    ("mended", "repaired"),
    ("order of adding", "order added"),
    ("lets go", "releases"),
    ("passes over", "skips"),
    ("passed over", "skipped"),
    ("whoever", "the person who, or: anyone who"),
    ("takes the place", "replaces"),
    ("take the place", "replace"),
    ("taken back", "undone, or: rolled back"),
    ("takes back", "undoes"),
    ("without sight of", "without seeing"),
    ("no person", "no reviewer"),
    ("nobody in particular", "no reviewer was given"),
    ("what came of", "the result of"),
    ("as far as it", "if it"),
    ("all the same,", "anyway,"),
    ("as many as are wanted", "the requested number"),
    ("For it", "Because it"),
    ("For they", "Because they"),
    ("For there", "Because there"),
    ("at hand", "available, or: current"),
];

/// Files and folders with text for people; some are not part of the package.
const TEXTS: [&str; 18] = [
    ".ci",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "SECURITY.md",
    "benches",
    "data/README.md",
    "data/taxonomy.toml",
    "docs",
    "examples",
    "fuzz/kit.rs",
    "fuzz/targets",
    "models",
    "python",
    "src",
    "tests",
];

/// Extensions of files that people write.
const WRITTEN: [&str; 12] =
    ["", "c", "css", "html", "java", "js", "md", "mjs", "py", "rs", "sh", "toml"];

/// Folders with data, or with files of other projects.
const SKIPPED: [&str; 6] = ["__pycache__", "fixtures", "node_modules", "target", "build", ".venv"];

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !SKIPPED.contains(&&*name) {
            for entry in std::fs::read_dir(path).unwrap() {
                collect(&entry.unwrap().path(), files);
            }
        }
        return;
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    if path.is_file() && WRITTEN.contains(&&*extension) && !path.ends_with("suite/words.rs") {
        files.push(path.to_path_buf());
    }
}

/// Returns the words of a text with their line numbers, without comment markers.
fn words(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate();
    let words = lines.flat_map(|(i, line)| line.split_whitespace().map(move |w| (i + 1, w)));
    words.filter(|(_, word)| word.contains(char::is_alphanumeric)).collect()
}

/// Returns whether a word of a text is this word of a phrase; `is_last` ignores punctuation
/// after it.
fn is_word(word: &str, wanted: &str, is_first: bool, is_last: bool) -> bool {
    let punctuation = |c: char| !c.is_alphanumeric() && c != '_' && c != '(' && c != '#';
    let word = if is_first { word.trim_start_matches(punctuation) } else { word };
    let bare = if is_last { word.trim_end_matches(punctuation) } else { word };
    match wanted.chars().next().is_some_and(char::is_uppercase) {
        true => word == wanted || bare == wanted,
        false => word.eq_ignore_ascii_case(wanted) || bare.eq_ignore_ascii_case(wanted),
    }
}

#[test]
fn no_file_contains_an_unclear_phrase() {
    let mut files = Vec::new();
    for path in TEXTS {
        collect(&repository(path), &mut files);
    }
    files.sort();
    assert!(files.len() > 100, "{files:?}");
    let mut found = Vec::new();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        // What was released is not rewritten.
        let is_log = path.ends_with("CHANGELOG.md");
        let text = if is_log { text.split("\n## 0.1").next().unwrap() } else { &text };
        let words = words(text);
        for (phrase, better) in PHRASES {
            let wanted: Vec<&str> = phrase.split(' ').collect();
            for part in words.windows(wanted.len()) {
                let last = wanted.len() - 1;
                let mut pairs = part.iter().zip(&wanted).enumerate();
                if pairs.all(|(i, ((_, word), w))| is_word(word, w, i == 0, i == last)) {
                    let (file, line) = (path.display(), part[0].0);
                    found.push(format!("{file}:{line}: \"{phrase}\"; write \"{better}\""));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} unclear phrases:\n{}", found.len(), found.join("\n"));
}
