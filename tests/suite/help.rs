//! The help: every command has examples, and the examples run.

use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use super::support::{Desk, cases, data, desk_with_versions};

const COMMANDS: [&str; 13] = [
    "tag",
    "explain",
    "train",
    "evaluate",
    "report",
    "retrain",
    "models",
    "check-labels",
    "drift",
    "review",
    "taxonomy",
    "demo",
    "completions",
];

/// Commands of a command.
const PARTS: [&str; 17] = [
    "models list",
    "models show",
    "models compare",
    "models promote",
    "models rollback",
    "models verify",
    "models prune",
    "review add",
    "review serve",
    "review status",
    "review export",
    "review import",
    "review backup",
    "review batches",
    "review withdraw",
    "taxonomy new",
    "taxonomy check",
];

/// Returns the example lines of a help text.
fn examples(command: &str) -> Vec<String> {
    let help = Desk::new().run(&format!("{command} --help")).ok().out;
    let after = help.split("Examples:\n").nth(1).unwrap_or_default();
    after.lines().take_while(|l| l.starts_with("  ")).map(|l| l.trim().to_owned()).collect()
}

#[test]
fn every_command_is_listed_and_has_an_example() {
    let help = Desk::new().run("--help").ok().out;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        let examples = examples(command);
        assert!(examples.len() >= 2, "{command} has too few examples: {examples:?}");
        assert!(
            examples.iter().all(|e| e.contains(&format!("trendtag {command}"))),
            "{examples:?}"
        );
    }
    assert!(!examples("").is_empty());
    let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let listed = listed.take_while(|l| !l.is_empty());
    // The other lines continue a description.
    let listed = listed.filter(|l| !l.starts_with("   ")).count();
    assert_eq!(listed, COMMANDS.len() + 1, "a command (beside help) that no story knows:\n{help}");
}

#[test]
fn short_help_fits_a_screen_and_long_help_has_examples() {
    for command in COMMANDS.into_iter().chain(PARTS).chain([""]) {
        let short = Desk::new().run(&format!("{command} -h")).ok().out;
        assert!(short.lines().count() <= 42, "{command}: {short}");
        assert!(short.lines().all(|line| line.chars().count() <= 100), "{command}: {short}");
        let examples = examples(command);
        assert!(examples.len() >= 2, "{command} has too few examples: {examples:?}");
    }
}

#[test]
fn the_global_flags_are_the_last_ones() {
    for command in COMMANDS.into_iter().chain(PARTS) {
        for flag in ["-h", "--help"] {
            let help = Desk::new().run(&format!("{command} {flag}")).ok().out;
            let headings = help.lines().filter(|l| l.ends_with(':') && !l.starts_with(' '));
            let headings: Vec<&str> = headings.filter(|l| !l.starts_with("Example")).collect();
            assert_eq!(headings.last(), Some(&"Global options:"), "{command} {flag}: {help}");
        }
    }
}

#[test]
#[cfg_attr(not(unix), ignore = "it needs a shell of Unix")]
fn every_example_runs() {
    for command in COMMANDS.into_iter().chain([""]) {
        for example in examples(command) {
            let desk = desk_with_versions();
            desk.write("mine.safetensors", desk.bytes("slice.safetensors"));
            desk.write("labelled.csv", cases(60));
            desk.write("submissions.csv", data("submissions.csv"));
            desk.run("tag submissions.csv -o submissions.xlsx").ok();
            desk.run("tag submissions.csv -o cases.arrows").ok();
            desk.write("batches/one.jsonl", "{\"id\": 1, \"title\": \"Citizens vote\", \"summary\": \"\", \"description\": \"\"}\n");
            desk.write("cases.jsonl", "{\"id\": 1, \"title\": \"Citizens vote\", \"summary\": \"\", \"description\": \"\"}\n");
            // Few cases: some examples search.
            desk.write("data/cases.csv", cases(60));
            desk.write("decisions.csv", cases(20));
            desk.write("data/taxonomy.toml", data("taxonomy.toml"));
            desk.write("examples.csv", data("examples.csv"));
            if example.contains("check my-labels") {
                desk.write("my-labels/taxonomy.toml", data("taxonomy.toml"));
            }
            if example.contains("review status") {
                desk.run("review add submissions.csv --db reviews.db").ok();
            }
            desk.write("models/keep", "");
            desk.write(".local/share/bash-completion/completions/keep", "");
            let folder = cargo_bin!("trendtag").parent().unwrap().display().to_string();
            let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
            let mut shell = Command::new("sh");
            shell.args(["-c", &example]).current_dir(desk.path(""));
            let output = shell.env("PATH", path).env("HOME", desk.path("")).output().unwrap();
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{example}\n{err}");
        }
    }
}

#[test]
fn shells_get_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Desk::new().run(&format!("completions {shell}")).ok().out;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
        assert!(script.contains("spreadsheet-safe"), "{shell} does not know the flags");
    }
}

#[test]
fn a_wrong_flag_or_command_could_not_run() {
    let desk = Desk::new();
    desk.run("tag --nonsense").exits(2).says("--help");
    desk.run("tagg").exits(2).says("similar subcommand");
    desk.run("tag").exits(2).says("<FILES>");
    desk.run("tag - --jobs 0").exits(2).says("--jobs");
    desk.run("tag - --delimiter ab").exits(2).says("one ASCII character");
}

#[test]
fn every_command_has_a_manual_page_and_every_shell_its_completions() {
    let desk = Desk::new();
    desk.run("manual share").ok();
    for command in COMMANDS.into_iter().chain(["review-add", "models-rollback"]) {
        let page = desk.text(&format!("share/man1/trendtag-{command}.1"));
        assert!(page.contains("OPTIONS") || page.contains(".SH SUBCOMMANDS"), "{command}");
        assert!(page.contains("Examples:"), "{command}");
    }
    assert!(desk.text("share/man1/trendtag.1").contains("trendtag\\-tag(1)"));
    assert_eq!(desk.text("share/completions/trendtag.bash"), desk.run("completions bash").ok().out);
    assert_eq!(std::fs::read_dir(desk.path("share/completions")).unwrap().count(), 5);
}
