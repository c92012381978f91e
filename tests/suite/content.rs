//! The content of outputs: rows, columns, probabilities and duplicates.

use serde_json::json;

use super::support::{Desk, Table, csv_text, data, keys};

/// Returns a long text, the same with one word changed, another, and the first again.
fn repeating() -> String {
    let text = "The city asks its residents how to spend a tenth of the budget, publishes every \
                proposal, and lets anyone above sixteen vote for five of them on an open platform.";
    let other = "Sensors in the harbour report the depth of the water to every pilot at sea.";
    let row = |id: &str, text: &str| [id, "Budget", text].map(String::from);
    csv_text(
        &["id", "title", "summary"].map(String::from),
        &[
            row("first", text),
            row("changed", &text.replace("every proposal", "each proposal")),
            row("other", other),
            row("again", &text.to_uppercase()),
        ],
    )
}

#[test]
fn a_row_that_repeats_an_earlier_one_names_it() {
    let desk = Desk::with("in.csv", repeating());
    let run = desk
        .run("tag in.csv --mark-duplicates --allow-missing-columns")
        .ok()
        .says("2 repeat another");
    let table = run.table();
    assert_eq!(table.column("duplicate_of"), ["", "first", "", "first"]);
    assert_eq!(table.column("duplicate_in"), ["", "batch", "", "batch"]);
    let similarity = table.column("similarity");
    let near: f64 = similarity[1].parse().unwrap();
    assert!((0.5..1.0).contains(&near), "{near}");
    assert_eq!(similarity[3], "1.0000");

    let plain = desk.run("tag in.csv --allow-missing-columns").ok().table();
    let width = plain.header.len();
    assert_eq!(table.header[width..], ["duplicate_of", "duplicate_in", "similarity"]);
    for (marked, plain) in table.rows.iter().zip(&plain.rows) {
        assert_eq!(marked[..width], plain[..], "marks change nothing else");
    }
}

#[test]
fn a_row_that_repeats_a_training_case_names_it() {
    let cases = Table::parse(&data("cases.csv"), b',');
    let of = |column: &str| cases.column(column)[41].to_owned();
    let rows = [[String::from("new"), of("title"), of("summary"), of("description")]];
    let header = ["id", "title", "summary", "description"].map(String::from);
    let desk = Desk::with("in.csv", csv_text(&header, &rows));
    let run = desk.run("tag in.csv --mark-duplicates --output-format jsonl").ok();
    assert_eq!(
        run.json_lines()[0]["suggestions"]["duplicate"],
        json!({ "of": of("id"), "in": "training", "similarity": 1.0 })
    );
}

#[test]
fn the_marks_do_not_depend_on_the_number_of_threads() {
    let desk = Desk::with("in.csv", data("submissions.csv") + &data("submissions.csv"));
    let run = |jobs| desk.run(&format!("tag in.csv -q --mark-duplicates --jobs {jobs}")).ok().out;
    let one = run(1);
    assert_eq!(one, run(3));
    let table = Table::parse(&one, b',');
    let half = table.rows.len() / 2;
    assert!(table.column("duplicate_of")[half + 1..].iter().all(|of| !of.is_empty()));
}

#[test]
fn probabilities_can_be_those_of_the_suggested_trends_or_none() {
    let desk = Desk::with("in.csv", repeating());
    let all = desk.run("tag in.csv --allow-missing-columns").ok().table();
    let suggested =
        desk.run("tag in.csv --probabilities suggested --allow-missing-columns").ok().table();
    assert_eq!(suggested.header, all.header);
    let trends = all.column("suggested_trends");
    for key in keys() {
        let column = format!("p_{key}");
        for (row, trends) in trends.iter().enumerate() {
            let is_suggested = trends.split(';').any(|trend| trend == key);
            let expected = if is_suggested { all.column(&column)[row] } else { "" };
            assert_eq!(suggested.column(&column)[row], expected);
        }
    }
    let none = desk.run("tag in.csv --probabilities none --allow-missing-columns").ok().table();
    assert!(none.header.iter().all(|name| !name.starts_with("p_")), "{:?}", none.header);
    assert_eq!(none.column("suggested_trends"), trends);

    let lines = desk
        .run("tag in.csv --probabilities suggested --output-format jsonl --allow-missing-columns")
        .ok();
    for line in lines.json_lines() {
        let suggestions = &line["suggestions"];
        let told = suggestions["trends"].as_array().unwrap().iter();
        let told: Vec<_> = told.filter(|t| t["probability"].is_f64()).map(|t| &t["key"]).collect();
        assert_eq!(json!(told), suggestions["suggested"]);
    }
}

#[test]
fn only_the_rows_for_review_are_written_and_all_are_counted() {
    let desk = Desk::with("in.csv", data("submissions.csv"));
    let all = desk.run("tag in.csv").ok();
    let few = desk.run("tag in.csv --only-review").ok();
    assert_eq!(few.err, all.err, "the summary counts every row");
    let (all, few) = (all.table(), few.table());
    let for_review: Vec<_> = all
        .rows
        .iter()
        .zip(all.column("needs_review"))
        .filter(|(_, needs)| needs.starts_with("yes"))
        .map(|(row, _)| row.clone())
        .collect();
    assert!(for_review.len() < all.rows.len(), "some rows need no review");
    assert_eq!(few.rows, for_review);
}

#[test]
fn the_columns_that_are_wanted_are_kept_in_the_order_they_are_named_in() {
    let desk = Desk::with("in.csv", "id,title,year,country\na,Citizens vote,2024,France\n");
    let table = desk.run("tag in.csv --columns country,id --allow-missing-columns").ok().table();
    assert_eq!(table.header[..3], ["country", "id", "suggested_trends"]);
    assert_eq!(table.rows[0][..2], ["France", "a"]);
    assert_eq!(
        table.column("suggested_trends"),
        desk.run("tag in.csv --allow-missing-columns").ok().table().column("suggested_trends"),
        "a column that is not kept is still read"
    );
    desk.run("tag in.csv --columns id,county --allow-missing-columns")
        .exits(2)
        .says("no column \"county\", but \"id\"");
    desk.run("tag in.csv --columns id,id --allow-missing-columns")
        .exits(2)
        .says("\"id\" is to be kept twice");
}

#[test]
fn columns_of_json_lines_keep_their_exact_values_and_of_parquet_their_types() {
    let line = r#"{"id":1,"title":"Citizens vote","n":1.50,"big":12345678901234567890123}"#;
    let desk = Desk::with("in.jsonl", line);
    let run = desk.run("tag in.jsonl --columns big,n --allow-missing-columns").ok();
    assert!(
        run.out.starts_with(r#"{"big":12345678901234567890123,"n":1.50,"suggestions":"#),
        "{}",
        run.out
    );
    let source = super::support::repository("tests/fixtures/formats/pyarrow.parquet");
    std::fs::copy(source, desk.path("in.parquet")).unwrap();
    desk.run("tag in.parquet -o all.parquet --allow-missing-columns").ok();
    let all = desk
        .run("tag all.parquet --columns id --output-format jsonl --allow-missing-columns")
        .ok()
        .json_lines();
    desk.run(
        "tag in.parquet --columns id --mark-duplicates -o ids.parquet --allow-missing-columns",
    )
    .ok();
    let ids = desk.run("tag ids.parquet --text-columns id --output-format jsonl").ok();
    let ids = ids.json_lines();
    assert!(!all.is_empty() && all.len() == ids.len());
    for (all, few) in all.iter().zip(ids) {
        assert!(few.get("similarity").is_some(), "{few}");
        assert_eq!(all["id"], few["id"]);
        assert_eq!(few.get("title"), None);
        assert!(few["similarity"].is_number() || few["similarity"].is_null());
    }
}
