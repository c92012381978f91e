//! Rows marked for review: by the limit of the model, by rank, and for other reasons.

use serde_json::{Value, json};

use super::support::{Desk, Table, data, keys, repository};

/// Words that are no evidence for any trend.
const SOUP: &str = "stadium nebula comet harbour was week basalt referee orbit a that with at and on \
    mist in quartz with were quartz was and of choir fossil orbit with jam for on oven were eggs at by \
    for on lunar striker church orbit of gulls tide orchestra that nebula the comet. A nebula on the \
    fossil and the comet in orbit of a quartz.";

/// Returns the demo submissions, with rows that need review for a reason other than doubt.
fn with_odd_rows() -> String {
    data("submissions.csv")
        + &format!("soup,A note,,\"{SOUP}\",,,\nempty,,,,,,\nblank-text,,,,Peru,2024,\n")
}

fn numbers(table: &Table, column: &str) -> Vec<f64> {
    table.column(column).iter().map(|cell| cell.parse().unwrap()).collect()
}

/// Numbers of the rows with a reason.
fn rows_with(table: &Table, code: &str) -> Vec<usize> {
    let reasons = table.column("review_reasons");
    let has = |row: &usize| reasons[*row].split(';').any(|reason| reason == code);
    (0..reasons.len()).filter(has).collect()
}

#[test]
fn rows_above_the_limit_of_the_model_are_marked_and_no_others() {
    let desk = Desk::with("in.csv", data("submissions.csv"));
    let run = desk.run("tag in.csv -o out.csv --summary summary.json").ok();
    let table = Table::parse(&desk.text("out.csv"), b',');
    let summary: Value = serde_json::from_str(&desk.text("summary.json")).unwrap();
    let plan = &summary["reading_plan"];
    let limit = plan["limit"].as_f64().unwrap();
    let errors = numbers(&table, "expected_errors");
    let reasons = table.column("review_reasons");
    let review = table.column("needs_review");
    for row in 0..errors.len() {
        // Numbers in files are rounded.
        assert!((errors[row] > limit) == (reasons[row] == "unsure") || errors[row] - limit < 1e-4);
        assert_eq!(review[row] == "yes", !reasons[row].is_empty());
    }
    let marked = review.iter().filter(|cell| **cell == "yes").count();
    assert!(marked > 0 && marked < errors.len() / 2, "{marked} of {}", errors.len());
    assert_eq!(plan["read"], marked);
    assert_eq!(summary["needs_review"]["rows"], marked);
    assert_eq!(summary["rows"], errors.len());

    // The expectations of the summary follow from the rows.
    let unread: f64 = (0..errors.len()).filter(|&r| review[r] == "no").map(|r| errors[r]).sum();
    assert!((plan["wrong_tags_left"].as_f64().unwrap() - unread).abs() < 0.01);
    let [before, after] = ["f1_unread", "f1_finished"].map(|name| plan[name].as_f64().unwrap());
    assert!(before < after && after < 1.0, "{plan}");
    run.says(&format!("Read the {marked} rows marked yes: macro F1 of the batch rises from about"))
        .says(&format!("{before:.2} to about {after:.2}"))
        .says(&format!("all in the {} rows left unread", errors.len() - marked));
}

#[test]
fn by_rank_exactly_as_many_rows_are_marked_as_wanted_and_the_odd_ones_on_top() {
    let desk = Desk::with("in.csv", with_odd_rows());
    for (amount, wanted) in [("40", 40), ("0", 0), ("30%", 43), ("100%", 140), ("900", 140)] {
        let run = desk.run(&format!("tag in.csv --read {amount}")).ok();
        let table = run.table();
        let unsure = rows_with(&table, "unsure");
        assert_eq!(unsure.len(), wanted, "--read {amount}");
        let marked = table.column("needs_review").iter().filter(|cell| **cell == "yes").count();
        assert_eq!(marked, wanted + 3, "the soup and the rows without text");
        if wanted > 0 && wanted < 140 {
            let errors = numbers(&table, "expected_errors");
            let ranked = (0..140).filter(|row| !unsure.contains(row)).map(|row| errors[row]);
            let most = ranked.fold(0.0, f64::max);
            assert!(unsure.iter().all(|&row| errors[row] >= most), "--read {amount}");
        }
        run.says(
            "Of these, 3 are marked for another reason than doubt: no text 2, no trend reached",
        );
    }
    for wrong in ["101%", "-1", "many", "nan%", ""] {
        desk.run(&format!("tag in.csv --read={wrong}")).exits(2).says("a number of rows");
    }
}

#[test]
fn rows_are_ranked_over_all_files_alike_in_every_format_and_for_any_number_of_threads() {
    let text = data("submissions.csv");
    let table = Table::parse(&text, b',');
    let desk = Desk::with("all.csv", &text);
    let half = super::support::csv_text;
    let header: Vec<String> = table.header.clone();
    desk.write("a.csv", half(&header, &table.rows[..70]));
    desk.write("b.csv", half(&header, &table.rows[70..]));
    let one = desk.run("tag all.csv --read 25 --jobs 1").ok();
    assert_eq!(one.out, desk.run("tag all.csv --read 25 --jobs 3").ok().out);
    assert_eq!(one.out, desk.run("tag a.csv b.csv --read 25").ok().out);
    desk.run("tag all.csv --read 25 -o out.csv --resume").ok();
    assert_eq!(one.out, desk.text("out.csv"));

    let lines = desk.run("tag all.csv --read 25 --output-format jsonl").ok().json_lines();
    desk.run("tag all.csv --read 25 -o out.parquet").ok();
    let again = "tag out.parquet --columns id,needs_review --output-format jsonl";
    let parquet = desk.run(again).ok().json_lines();
    for (row, cell) in one.table().column("needs_review").iter().enumerate() {
        let expected = json!(*cell == "yes");
        assert_eq!(lines[row]["suggestions"]["needs_review"], expected);
        assert_eq!(parquet[row]["needs_review"], expected);
    }
}

#[test]
fn what_can_be_read_only_once_is_not_ranked_and_a_file_is_not_sorted() {
    let desk = Desk::with("in.csv", data("submissions.csv"));
    let run = desk.pipe("tag - --read 10 -o out.csv", data("submissions.csv")).exits(2);
    run.says("--read ranks all rows before it marks any, and standard input can be read only once");
    for flags in ["-o out.csv", "--output-format csv", ""] {
        let run = desk.run(&format!("tag in.csv --sort doubt {flags}")).exits(2);
        run.says("--sort orders the table on a terminal");
    }
    assert_eq!(desk.names(), ["in.csv"]);
}

#[test]
fn a_model_without_evidence_marks_every_row_and_says_why() {
    let model = repository("tests/fixtures/models/format-2.safetensors");
    let complaints = repository("tests/fixtures/complaints/complaints-2025.csv");
    let desk = Desk::with("in.csv", std::fs::read_to_string(complaints).unwrap());
    let flags = "--text-columns Subject,Complaint --id-column Reference --summary summary.json";
    let run = desk.run(&format!("tag in.csv --model {} {flags}", model.display())).ok();
    let table = run.table();
    assert!(table.column("needs_review").iter().all(|cell| *cell == "yes"));
    assert_eq!(rows_with(&table, "unsure").len(), table.rows.len());
    run.says(&format!(
        "Read all {} rows: this model was trained without a reading limit",
        table.rows.len()
    ));
    let summary: Value = serde_json::from_str(&desk.text("summary.json")).unwrap();
    assert_eq!(summary["reading_plan"]["f1_unread"], Value::Null, "it is not known");
    assert_eq!(summary["reading_plan"]["limit"], Value::Null);
}

#[test]
fn where_no_trend_passes_the_nearest_is_suggested_and_unsure_in_every_format() {
    let desk =
        Desk::with("in.csv", format!("id,title,summary,description\ns,A note,,\"{SOUP}\"\n"));
    let table = desk.run("tag in.csv").ok().table();
    let suggested = table.column("suggested_trends")[0].to_owned();
    assert!(keys().contains(&suggested), "{suggested}");
    assert!(rows_with(&table, "none-passed") == [0]);
    assert!(table.column("unsure_trends")[0].split(';').any(|key| key == suggested));
    let line = &desk.run("tag in.csv --output-format jsonl").ok().json_lines()[0]["suggestions"];
    assert_eq!(line["suggested"], json!([suggested]));
    assert!(line["unsure_trends"].as_array().unwrap().contains(&json!(suggested)));
    desk.run("tag in.csv -o out.parquet").ok();
    let columns = "suggested_trends,unsure_trends,review_reasons";
    let again = format!("tag out.parquet --columns {columns} --output-format jsonl");
    let parquet = desk.run(&again).ok().json_lines().remove(0);
    assert_eq!(parquet["suggested_trends"], json!([suggested]));
    assert_eq!(parquet["unsure_trends"], line["unsure_trends"]);
    assert_eq!(parquet["review_reasons"], line["review_reasons"]);
}

#[test]
fn each_pair_has_its_verdict_and_those_of_the_summary_are_their_sum() {
    let desk = Desk::with("in.csv", data("submissions.csv"));
    let plain = desk.run("tag in.csv").ok().table();
    assert!(plain.header.iter().all(|name| !name.starts_with("verdict_")));
    let run = desk.run("tag in.csv --verdicts --summary summary.json").ok();
    let table = run.table();
    let lines = desk.run("tag in.csv --output-format jsonl").ok().json_lines();
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    for (k, key) in keys().iter().enumerate() {
        let at = |name: String| table.header.iter().position(|column| *column == name).unwrap();
        assert!(at(format!("verdict_{key}")) > at(format!("p_{key}")));
        for (row, verdict) in table.column(&format!("verdict_{key}")).into_iter().enumerate() {
            assert_eq!(lines[row]["suggestions"]["trends"][k]["verdict"], verdict);
            let known = ["accept", "reject", "ask"].into_iter().find(|v| *v == verdict).unwrap();
            *counts.entry(known).or_default() += 1;
        }
    }
    let summary: Value = serde_json::from_str(&desk.text("summary.json")).unwrap();
    for (verdict, count) in counts {
        assert_eq!(summary["verdicts"][verdict], count);
    }
}

#[test]
fn a_target_of_training_decides_how_much_is_marked() {
    let desk = super::support::desk_with_slice();
    let train = "train slice.csv --no-search --force -o";
    let marked = |flags: &str| {
        desk.run(&format!("{train} model.safetensors {flags}")).ok();
        desk.write("in.csv", data("submissions.csv"));
        let table = desk.run("tag in.csv --model model.safetensors").ok().table();
        rows_with(&table, "unsure").len()
    };
    let (low, high, all) =
        (marked("--target-f1 0.8"), marked("--target-f1 0.9"), marked("--target-f1 1"));
    assert!(low < high && high < all && all > 130, "{low} {high} {all}");
    desk.run(&format!("{train} model.safetensors --target-f1 1.2")).exits(2).says("target_f1");
}
