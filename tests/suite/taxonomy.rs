//! Your own labels: a starter to fill in, and checks of a taxonomy.

use serde_json::Value;

use super::support::{Desk, native, repository};

/// Returns a file of the second domain: complaints to a municipality.
fn complaints(name: &str) -> String {
    std::fs::read_to_string(repository("tests/fixtures/complaints").join(name)).unwrap()
}

fn kinds(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|finding| finding["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_starter_is_written_for_names_and_says_what_is_still_missing() {
    let desk = Desk::new();
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("trendtag"));
    command.current_dir(desk.path(""));
    command.args(["taxonomy", "new", "Street lighting", "Waste", "-o", "mine"]);
    let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let check = format!("trendtag taxonomy check {}", native("mine/taxonomy.toml"));
    assert!(out.contains(&check), "{out}");
    assert!(desk.text("mine/taxonomy.toml").contains("key = \"street-lighting\""));
    assert_eq!(desk.text("mine/examples.csv"), "trends,text\nstreet-lighting,\nwaste,\n");

    let found = desk.run("taxonomy check mine/taxonomy.toml --json").ok().json();
    assert_eq!(kinds(&found), ["no-definition", "few-examples", "no-definition", "few-examples"]);
    desk.run("taxonomy check mine/taxonomy.toml --fail-on warning").exits(3);
    desk.run("taxonomy check mine/taxonomy.toml --fail-on error").ok();
}

#[test]
fn names_come_from_a_file_too_and_no_file_is_replaced_unasked() {
    let desk = Desk::with("names.txt", "Waste\n\n  Street lighting \n");
    desk.write("examples.csv", "mine\n");
    desk.run("taxonomy new --names names.txt").exits(2).says("examples.csv: exists already");
    assert_eq!(desk.names(), ["examples.csv", "names.txt"], "nothing is left behind");
    desk.run("taxonomy new --names names.txt --force").ok();
    assert_eq!(desk.text("examples.csv"), "trends,text\nwaste,\nstreet-lighting,\n");
    desk.pipe("taxonomy new --names - -o other", "Parks\n").ok();
    assert!(desk.text("other/taxonomy.toml").contains("name = \"Parks\""));
    desk.run("taxonomy new").exits(2).says("--names");
    desk.run("taxonomy new Waste waste").exits(2).says("\"Waste\" has the same key");
}

#[test]
fn a_taxonomy_that_is_in_order_has_nothing_to_mend_but_what_its_examples_leave_open() {
    let desk = Desk::with("taxonomy.toml", complaints("taxonomy.toml"));
    desk.write("examples.csv", complaints("examples.csv"));
    desk.write("cases.csv", complaints("complaints.csv"));
    let run = desk
        .run("taxonomy check taxonomy.toml --cases cases.csv --trends-column Categories --fail-on error")
        .ok();
    assert!(run.out.starts_with("taxonomy.toml: 8 trends, 80 examples\n"), "{}", run.out);
    assert!(!run.out.contains("error: "), "{}", run.out);
}

#[test]
fn labels_that_no_trend_knows_are_counted_and_faults_are_told_together() {
    let toml = complaints("taxonomy.toml").replace("key = \"noise\"", "key = \"roads\"");
    let desk = Desk::with("taxonomy.toml", toml);
    desk.write("cases.csv", "id,text,trends\n1,a,roads;Potholes\n2,b,Potholes\n3,c,-\n4,d,\n");
    let run = desk.run("taxonomy check taxonomy.toml --cases cases.csv").ok();
    for words in [
        "error: the key \"roads\" occurs twice\n",
        "error: no trend has the key, name or alias \"Potholes\" (2 rows)\n",
        "warning: parks has 0 examples; write at least 10\n",
    ] {
        assert!(run.out.contains(words), "no {words:?} in:\n{}", run.out);
    }
    desk.run("taxonomy check taxonomy.toml --cases cases.csv --fail-on error").exits(3);
    desk.write("taxonomy.toml", "[[trend]]\nkey = 5\n");
    desk.run("taxonomy check taxonomy.toml").exits(2).says("taxonomy.toml: line 2: ");
}
