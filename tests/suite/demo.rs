//! The demo: files to try the program with, and commands that work on them.

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use super::support::{Desk, data};

/// Returns the commands that `demo` prints, without their explanations.
fn commands(out: &str) -> Vec<String> {
    let after = out.split("To try it:\n\n").nth(1).unwrap();
    let lines = after.lines().take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().split("  ").next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn the_demo_writes_the_files_of_the_repository() {
    let desk = Desk::new();
    let out = desk.run("demo new/folder").ok().out;
    for name in ["submissions.csv", "cases.csv", "taxonomy.toml", "examples.csv"] {
        assert_eq!(desk.text(&format!("new/folder/{name}")), data(name));
        assert!(out.contains(&format!("\n  {name} ")), "{out}");
    }
    assert!(!desk.path("new/folder/submissions-gold.csv").exists());
    assert_eq!(desk.run("demo other --quiet").ok().out, "");
}

#[test]
fn every_command_that_it_prints_works() {
    let desk = Desk::new();
    let out = desk.run("demo .").ok().out;
    let commands = commands(&out);
    assert!(commands.len() >= 8, "{out}");
    // Few cases are enough to see that a command runs.
    desk.write("cases.csv", super::support::cases(60));
    // The shell does not look into the folder of the program: it is called by its path.
    let program = out.lines().find_map(|line| line.split_once(" COMMAND --help")).unwrap().0;
    assert!(Path::new(program.trim_matches('"')).is_absolute(), "{program}");
    for command in commands {
        let arguments = command.strip_prefix(&format!("{program} ")).unwrap();
        if arguments == "review serve" {
            desk.run("review serve --help").ok();
        } else {
            desk.run(arguments).ok();
        }
    }
    assert!(desk.path("report.html").exists());
    let out = desk.run("demo sub").ok().out;
    assert!(out.contains("\n  cd \"sub\"\n"), "{out}");
}

#[test]
fn a_program_that_the_shell_finds_is_called_by_its_name() {
    let desk = Desk::new();
    // This test is in the folder `deps` beside the program.
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).arg("demo").env("PATH", test.ancestors().nth(2).unwrap());
    let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(out.contains("\n  trendtag tag submissions.csv "), "{out}");
    assert!(out.contains("\ntrendtag COMMAND --help explains"), "{out}");
}

#[test]
fn nothing_that_exists_is_replaced_without_being_told_to() {
    let desk = Desk::with("demo/taxonomy.toml", "mine");
    desk.run("demo demo").exits(2).says("taxonomy.toml").says("--force");
    assert_eq!(desk.text("demo/taxonomy.toml"), "mine");
    assert!(!desk.path("demo/submissions.csv").exists(), "nothing is written at all");
    desk.run("demo demo --force").ok();
    assert_eq!(desk.text("demo/taxonomy.toml"), data("taxonomy.toml"));

    let desk = Desk::with("demo", "a file");
    desk.run("demo demo").exits(2).says("demo");
}
