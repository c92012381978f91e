//! Evaluating: a model on labelled cases, or training itself by
//! cross-validation.

use serde_json::Value;

use super::support::{
    Table, assert_lists_its_sections, csv_text, desk_with_slice, keys, repository, taxonomy,
};

#[test]
fn a_model_is_measured_on_labelled_cases() {
    let desk = desk_with_slice();
    let run = desk.run("evaluate slice.csv --model slice.safetensors").ok();
    assert!(run.out.contains("on slice.csv\n60 cases\n"), "{}", run.out);
    assert!(run.out.contains("of all cases; entirely right: "), "{}", run.out);
    // People read names; keys are for files.
    for trend in taxonomy().trends {
        let start: String = trend.name.chars().take(20).collect();
        assert!(run.out.contains(&start), "no {start} in\n{}", run.out);
        assert!(!run.out.lines().any(|line| line.starts_with(&trend.key)), "{}", run.out);
    }
    for words in ["precision", "recall", "F1", "micro average", "macro average", "subset accuracy"]
    {
        assert!(run.out.contains(words), "no \"{words}\" in:\n{}", run.out);
    }
}

#[test]
fn the_json_has_these_keys() {
    let desk = desk_with_slice();
    let figures = desk.run("evaluate slice.csv --model slice.safetensors --json").ok().json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&figures),
        [
            "schema",
            "evaluated",
            "repeats",
            "left_out",
            "learned_from",
            "metrics",
            "intervals",
            "baselines",
            "human",
            "slices",
            "calibration",
            "triage",
            "reading_plan",
            "by_limit"
        ]
    );
    assert_eq!(keys(&figures["metrics"]), ["cases", "params", "overall", "per_trend", "warnings"]);
    let [macro_f1, human] = [&figures["intervals"][0], &figures["human"]];
    assert_eq!(keys(macro_f1), ["figure", "level", "value", "lower", "upper", "defined"]);
    assert_eq!(keys(human), ["cases", "per_trend", "macro"]);
}

#[test]
fn json_and_tsv_hold_the_figures_that_follow_from_tagging() {
    let desk = desk_with_slice();
    let run =
        desk.run("evaluate slice.csv --model slice.safetensors --json --per-trend t.tsv").ok();
    let figures = run.json();
    let tsv = Table::parse(&desk.text("t.tsv"), b'\t');
    let gold = Table::parse(&desk.text("slice.csv"), b',');
    let tagged = desk.run("tag slice.csv --model slice.safetensors").ok().table();
    for (i, key) in keys().iter().enumerate() {
        let with = |cells: Vec<&str>| -> Vec<bool> {
            cells.iter().map(|cell| cell.split(';').any(|k| k == key)).collect()
        };
        let (gold, suggested) =
            (with(gold.column("trends")), with(tagged.column("suggested_trends")));
        let hits = gold.iter().zip(&suggested).filter(|(g, s)| **g && **s).count() as f64;
        let count = |cells: &[bool]| cells.iter().filter(|c| **c).count();
        let of_trend = &figures["metrics"]["per_trend"][i];
        assert_eq!(of_trend["key"], **key);
        assert_eq!(of_trend["support"], count(&gold));
        assert_eq!(of_trend["suggested"], count(&suggested));
        let precision = of_trend["precision"].as_f64().unwrap();
        assert!((precision - hits / count(&suggested) as f64).abs() < 1e-12);
        let recall = of_trend["recall"].as_f64().unwrap();
        assert!((recall - hits / count(&gold) as f64).abs() < 1e-12);
        assert!(tsv.rows.iter().any(|row| row.contains(key)), "{:?}", tsv.rows);
    }
}

#[test]
fn cross_validation_measures_training_and_leaves_nothing_behind() {
    let desk = desk_with_slice();
    let command = "evaluate slice.csv --cross-validate 3 --no-search --json";
    let one = desk.run(&format!("{command} --jobs 1")).ok();
    assert_eq!(one.json()["metrics"]["cases"], 60);
    assert_eq!(one.out, desk.run(&format!("{command} --jobs 2")).ok().out);
    assert_eq!(desk.names(), ["slice.csv", "slice.safetensors", "taxonomy.toml"]);

    let seen = desk.run("evaluate slice.csv --model slice.safetensors --json").ok().json();
    let f1 = |figures: &Value| figures["metrics"]["overall"]["macro"]["f1"].as_f64().unwrap();
    assert!(f1(&one.json()) < f1(&seen), "unseen cases are harder");
}

#[test]
fn pairs_decided_without_a_person_are_counted_beside_the_promise() {
    let desk = desk_with_slice();
    let command = "evaluate slice.csv --cross-validate 3 --repeats 2 --no-search --json";
    // A guarantee so weak that 60 cases are enough to decide something.
    let easy = "--accept-precision 0.5 --miss-rate 0.6 --confidence 0.6";
    let triage = desk.run(&format!("{command} {easy}")).ok().json()["triage"].clone();
    let count = |key: &str| triage["observed"][key].as_u64().unwrap();
    assert_eq!(count("cases"), 120);
    assert_eq!(count("accepted") + count("rejected") + count("asked"), 120 * 5);
    assert!(count("accepted") > 0 && count("rejected") > 0, "{triage}");
    let precision = 1.0 - count("false_accepts") as f64 / count("accepted") as f64;
    assert!((triage["accept_precision"].as_f64().unwrap() - precision).abs() < 1e-12);
    assert_eq!(triage["params"]["miss_rate"], 0.6);

    // Sixty cases are not enough for the default guarantee.
    let usual = desk.run(command).ok().json()["triage"].clone();
    assert!(usual["observed"]["asked"].as_u64() > triage["observed"]["asked"].as_u64());
    desk.run(&format!("{command} --miss-rate 2")).exits(2).says("miss_rate");
}

#[test]
fn a_cross_validation_of_the_shipped_cases_becomes_a_page_without_gaps() {
    let desk = desk_with_slice();
    let cases = repository("data/cases.csv");
    let run = desk
        .run(&format!(
            "evaluate {} --cross-validate 3 --no-search --report page.html --json",
            cases.display()
        ))
        .ok();
    let page = desk.text("page.html");
    assert_lists_its_sections(&page);
    let f1 = run.json()["metrics"]["overall"]["macro"]["f1"].as_f64().unwrap();
    assert!(page.contains(&format!("Macro F1 is {f1:.2} over 5 trends and 707 cases.")));
    for missing in ["not measured.</p>", "not measured.</dd>", "not listed"] {
        assert!(!page.contains(missing), "\"{missing}\" is on the page");
    }
    assert!(page.len() < 500_000, "{} bytes", page.len());
}

#[test]
fn files_that_are_there_are_kept_unless_forced() {
    let desk = desk_with_slice();
    desk.write("page.html", "mine");
    let command = "evaluate slice.csv --model slice.safetensors --report page.html";
    desk.run(command).exits(2).says("--force");
    assert_eq!(desk.text("page.html"), "mine");
    desk.run(&format!("{command} --force")).ok();
    assert!(desk.text("page.html").contains("Triage"));
}

#[test]
fn gold_may_stand_in_a_file_of_its_own() {
    let desk = desk_with_slice();
    let slice = Table::parse(&desk.text("slice.csv"), b',');
    let trends = slice.header.iter().position(|name| name == "trends").unwrap();
    let (mut cases, mut gold) = (slice.rows.clone(), Vec::new());
    for row in &mut cases {
        gold.push([row[0].clone(), row.remove(trends)]);
    }
    gold.reverse();
    let mut header = slice.header.clone();
    header.remove(trends);
    desk.write("unlabelled.csv", csv_text(&header, &cases));
    desk.write("gold.csv", csv_text(&["id".into(), "trends".into()], &gold));
    let model = "--model slice.safetensors --json";
    let together = desk.run(&format!("evaluate slice.csv {model}")).ok().out;
    let apart = desk.run(&format!("evaluate unlabelled.csv --gold gold.csv {model}")).ok().out;
    assert_eq!(apart.replace("unlabelled.csv", "slice.csv"), together);

    // A case without a gold label is left out, and an invalid row is reported.
    gold.truncate(30);
    gold.push(["nobody".into(), gold[0][1].clone()]);
    desk.write("gold.csv", csv_text(&["id".into(), "trends".into()], &gold));
    desk.write("unlabelled.csv", csv_text(&header, &cases) + "\"bad,row\n");
    let run = desk.run(&format!("evaluate unlabelled.csv --gold gold.csv {model}")).exits(1);
    assert_eq!(run.json()["metrics"]["cases"], 30);
    run.says("unlabelled.csv, row 61 (line 62)");
}

#[test]
fn what_cannot_be_measured_says_why() {
    let desk = desk_with_slice();
    desk.write("unlabelled.csv", "id,title,summary,description,trends\n1,Citizens vote,,,\n");
    desk.write("plain.csv", "id,title,summary,description\n1,Citizens vote,,\n");
    desk.run("evaluate unlabelled.csv").exits(2).says("no case is labelled");
    desk.run("evaluate plain.csv").exits(2).says("--trends-column");
    desk.run("evaluate slice.csv --cross-validate 1 --no-search").exits(2).says("at least 2 folds");
    desk.run("evaluate slice.csv --cross-validate 99 --no-search").exits(2).says("fewer folds");
    desk.run("evaluate slice.csv --model slice.safetensors --alpha 2")
        .exits(2)
        .says("belong to training");
    desk.run("evaluate slice.csv --cross-validate 3 --model slice.safetensors")
        .exits(2)
        .says("cannot be used with");
}

#[test]
fn a_model_that_learned_from_the_cases_says_so_before_any_figure() {
    let desk = desk_with_slice();
    let all = Table::parse(&super::support::cases(80), b',');
    desk.write("mixed.csv", csv_text(&all.header, &all.rows[40..]));
    let caution = "has learned from 20 of these 40 cases (20 with the same text, 0 nearly)";
    let run = desk.run("evaluate mixed.csv --model slice.safetensors --report p.html").ok();
    assert!(run.out.starts_with("CAUTION: the model ") && run.out.contains(caution), "{}", run.out);
    assert!(desk.text("p.html").replace('\u{a0}', " ").contains(caution));
    let json = desk.run("evaluate mixed.csv --model slice.safetensors --json").ok().says(caution);
    assert_eq!(json.json()["learned_from"]["same"], 20);
    let command = "evaluate mixed.csv --model slice.safetensors --only-new-cases";
    let new = desk.run(command).ok().says("Left out 20 cases");
    assert!(new.out.starts_with("model ") && new.out.contains("\n20 cases\n"), "{}", new.out);
    desk.run("evaluate slice.csv --model slice.safetensors --only-new-cases")
        .exits(2)
        .says("has learned from all of these cases");
}

#[test]
fn nothing_but_the_command_cross_validates_and_a_model_takes_no_params_of_training() {
    let desk = desk_with_slice();
    desk.write("data/cases.csv", desk.text("slice.csv"));
    desk.write("data/taxonomy.toml", super::support::data("taxonomy.toml"));
    let run = desk.run("evaluate --no-search").ok();
    assert!(run.out.starts_with("data/cases.csv: 5-fold cross-validation, 1 repeat\n"));
    for flags in ["--taxonomy taxonomy.toml", "--no-examples", "--alpha 2"] {
        desk.run(&format!("evaluate slice.csv --model slice.safetensors {flags}"))
            .exits(2)
            .says("to training");
    }
}

#[test]
fn predictions_and_tagged_files_are_compared_by_case() {
    let desk = desk_with_slice();
    let model = "--model slice.safetensors";
    desk.run(&format!("evaluate slice.csv {model} --predictions own.csv")).ok();
    let same = desk.run(&format!("evaluate slice.csv {model} --against own.csv")).ok().out;
    assert!(same.contains("sign test: better on 0 cases, worse on 0"), "{same}");
    desk.run(&format!("tag slice.csv {model} -o tagged.csv")).ok();
    desk.run(&format!("tag slice.csv {model} -o tagged.jsonl")).ok();
    for tagged in ["tagged.csv", "tagged.jsonl"] {
        let run = desk.run(&format!("evaluate slice.csv {model} --against {tagged}")).ok();
        assert!(run.out.contains("sign test: better on 0 cases, worse on 0"), "{}", run.out);
        assert_eq!(run.out.matches("CAUTION").count(), 2, "of both: {}", run.out);
    }
    // Half of the rows, in another order, and one of no case.
    let mut table = Table::parse(&desk.text("tagged.csv"), b',');
    table.rows.truncate(30);
    table.rows.reverse();
    let id = table.header.iter().position(|name| name == "id").unwrap();
    table.rows[0][id] = "nobody".into();
    desk.write("some.csv", csv_text(&table.header, &table.rows));
    desk.run(&format!("evaluate slice.csv {model} --against some.csv"))
        .ok()
        .says("note: 31 tested cases have no prediction in the file")
        .says("note: 1 predictions of the file are for cases that were not tested");
    // Incomparable predictions are reported before the folds are trained.
    for (file, words) in [("none.csv", "none.csv"), ("slice.csv", "evaluate --predictions")] {
        let command = format!("evaluate slice.csv --cross-validate 3 --against {file}");
        let run = desk.run(&command).exits(2).says(words);
        assert_eq!(run.out, "", "nothing is measured first");
    }
}
