//! Drift: a batch like the cases learned from, and one unlike them.

use super::support::{
    Table, assert_lists_its_sections, cases, csv_text, desk_with_versions, feelings,
};

/// Forty cases of the corpus that are not in the slice.
fn alike() -> String {
    let all = Table::parse(&cases(100), b',');
    csv_text(&all.header, &all.rows[60..])
}

/// As many texts about something else, in the same columns.
fn unlike() -> String {
    feelings(["joy", "anger"]).replacen("id,text,labels", "id,title,labels", 1)
}

#[test]
fn a_batch_like_the_corpus_is_fine_and_another_is_not() {
    let desk = desk_with_versions();
    desk.write("alike.csv", alike());
    desk.write("unlike.csv", unlike());
    let verdict = |file: &str| {
        desk.run(&format!("drift {file} --model mine --json --allow-missing-columns")).ok().json()
    };
    assert_eq!(verdict("alike.csv")["verdict"], "fine");
    let found = verdict("unlike.csv");
    assert_eq!(found["verdict"], "retrain");
    let findings = found["findings"].as_array().unwrap();
    let measures: Vec<&str> = findings.iter().map(|f| f["measure"].as_str().unwrap()).collect();
    assert_eq!(
        measures,
        ["unknown-terms", "term-distance", "trend-distance", "two-sample-auc", "expected-f1"]
    );
    let of = |measure: &str| findings.iter().find(|f| f["measure"] == measure).unwrap();
    assert_eq!(of("unknown-terms")["verdict"], "retrain");
    assert_ne!(of("expected-f1")["verdict"], "fine", "its probabilities need not hold here");
    assert!(of("two-sample-auc")["value"].as_f64().unwrap() > 0.9);
    let terms = found["new_terms"].to_string();
    assert!(terms.contains("lantern"), "{terms}");
}

#[test]
fn the_words_say_verdict_limits_and_new_terms() {
    let desk = desk_with_versions();
    desk.write("unlike.csv", unlike());
    let out = desk.run("drift unlike.csv --model mine --allow-missing-columns").ok().out;
    assert!(out.starts_with("drift: retrain (72 cases, "), "{out}");
    for words in ["share of unknown words", "(AUC)", "usual  limit  verdict", "new terms (cases): "]
    {
        assert!(out.contains(words), "no \"{words}\" in\n{out}");
    }
}

#[test]
fn the_page_has_verdict_measures_and_the_words_that_set_the_batch_apart() {
    let desk = desk_with_versions();
    desk.write("unlike.csv", unlike());
    let command = "drift unlike.csv --model mine --allow-missing-columns --html drift.html";
    desk.run(&format!("{command} --figures charts --title Check")).ok();
    let page = desk.text("drift.html");
    assert_lists_its_sections(&page);
    for words in ["<h1>Check</h1>", "<dt>Rating</dt><dd>retrain</dd>", "unlike the cases"] {
        assert!(page.contains(words), "no \"{words}\"");
    }
    assert!(page.contains("lantern"), "new words are named");
    assert!(desk.path("charts").is_dir());
    desk.run(command).exits(2).says("exists already");
}

#[test]
fn a_verdict_that_is_to_fail_has_an_exit_code_of_its_own() {
    let desk = desk_with_versions();
    desk.write("alike.csv", alike());
    desk.write("unlike.csv", unlike());
    let told = desk.run("drift unlike.csv --model mine --allow-missing-columns").ok().out;
    for limit in ["watch", "retrain"] {
        let failing =
            format!("drift unlike.csv --model mine --fail-on {limit} --allow-missing-columns");
        assert_eq!(desk.run(&failing).exits(3).out, told);
        desk.run(&format!(
            "drift alike.csv --model mine --fail-on {limit} --allow-missing-columns"
        ))
        .ok();
    }
    desk.run("drift alike.csv --fail-on fine --allow-missing-columns")
        .exits(2)
        .says("[possible values: watch, retrain]");
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let desk = desk_with_versions();
    desk.write("alike.csv", alike());
    let with = |jobs: u32| {
        desk.run(&format!("drift alike.csv --model mine --jobs {jobs} --allow-missing-columns"))
            .ok()
            .out
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_lone_model_is_held_against_the_cases_that_are_named() {
    let desk = desk_with_versions();
    desk.write("alike.csv", alike());
    let command = "drift alike.csv --model slice.safetensors --allow-missing-columns";
    desk.run(command).exits(2).says("--learned-from");
    let named = desk.run(&format!("{command} --learned-from slice.csv")).ok();
    assert_eq!(
        named.out,
        desk.run("drift alike.csv --model mine --allow-missing-columns").ok().out
    );
    assert!(!named.err.contains("differ from those"), "{}", named.err);
    desk.run(&format!("{command} --learned-from alike.csv")).exits(2).says("cannot be compared");
}

#[test]
fn tagging_can_tell_drift_beside_its_summary() {
    let desk = desk_with_versions();
    desk.write("unlike.csv", unlike());
    let plain = desk.run("tag unlike.csv --model mine --allow-missing-columns").ok();
    let run = desk
        .run("tag unlike.csv --model mine --check-drift --allow-missing-columns")
        .ok()
        .says("drift: retrain (");
    assert_eq!(run.out, plain.out, "the data are the same");
    assert!(!plain.err.contains("drift"), "{}", plain.err);
    desk.pipe("tag - --model mine --check-drift --allow-missing-columns", unlike())
        .exits(2)
        .says("--check-drift");
}

#[test]
fn a_batch_too_small_to_say_anything_is_refused() {
    let desk = desk_with_versions();
    desk.write("few.csv", cases(5));
    desk.run("drift few.csv --model mine --allow-missing-columns")
        .exits(2)
        .says("a batch of 5 cases cannot be compared");
    // Tagging has succeeded.
    let run = desk.run("tag few.csv --model mine --check-drift --allow-missing-columns").ok();
    run.says("note: drift is not measured: a batch of 5 cases cannot be compared");
}

#[test]
fn tagging_misses_what_drift_is_measured_against_before_it_writes() {
    let desk = desk_with_versions();
    desk.run("tag slice.csv -o tagged.csv --check-drift --allow-missing-columns")
        .exits(2)
        .says("--learned-from");
    assert!(!desk.path("tagged.csv").exists());
}

#[test]
fn rows_that_cannot_be_read_are_told_and_the_others_compared() {
    let desk = desk_with_versions();
    desk.write("alike.csv", alike() + "\"broken\n");
    let run = desk
        .run("drift alike.csv --model mine --allow-missing-columns")
        .exits(1)
        .says("row failed: alike.csv, row 41");
    assert!(run.out.contains("(40 cases, "), "{}", run.out);
    // Tagging has already reported them.
    let run = desk.run("tag alike.csv --model mine --check-drift --allow-missing-columns").exits(1);
    assert_eq!(run.err.matches("row failed").count(), 1, "{}", run.err);
}
