//! The finished batch: one file with every case, who decided it, and what to expect.

use serde_json::{Value, json};

use super::Review;
use crate::support::{Table, keys};

/// Answers the next case of the queue with these trends.
fn answer_next(review: &mut Review, reviewer: &str, trends: &[&str]) -> String {
    let case = review.next(reviewer, "all")["case"].clone();
    let body = review.answer(reviewer, &case, trends);
    review.save(&body).is(201);
    case["id"].as_str().unwrap().to_owned()
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap()
}

#[test]
fn a_finished_batch_has_every_case_with_its_final_trends_and_who_decided() {
    let mut review = Review::of(40, "--blind-check 0");
    let keys = keys();
    let first = answer_next(&mut review, "ann", &[&keys[0], &keys[1]]);
    let second = answer_next(&mut review, "ann", &[]);
    // A second reviewer agrees with the first answer.
    let case = review.case(&first, "bob");
    let body = review.answer("bob", &case, &[&keys[0], &keys[1]]);
    review.save(&body).is(201);
    // One is unusable, and what the model may decide alone is accepted in bulk.
    let unusable = review.next("ann", "all")["case"].clone();
    let mut flag = review.answer("ann", &unusable, &[]);
    flag["kind"] = json!("skip");
    flag.as_object_mut().unwrap().remove("trends");
    flag["flag"] = json!("unusable");
    review.save(&flag).is(201);

    let run = review.desk.run("review export --db r.db --finished -o f.csv --summary f.json").ok();
    run.says("40 cases written: 1 by a reviewer; 1 by two reviewers").says("Wrong tags");
    let table = Table::parse(&review.desk.text("f.csv"), b',');
    assert_eq!(table.rows.len(), 40);
    let row = |id: &str| table.column("id").iter().position(|cell| *cell == id).unwrap();
    let cell = |id: &str, column: &str| table.column(column)[row(id)].to_owned();
    assert_eq!(cell(&first, "decided_by"), "two reviewers");
    assert_eq!(cell(&first, "trends"), format!("{};{}", keys[0], keys[1]));
    assert_eq!(
        (cell(&second, "decided_by"), cell(&second, "trends")),
        ("reviewer".into(), "-".into())
    );
    assert_eq!(cell(&second, "date").len(), "2026-01-01".len());
    let id = unusable["id"].as_str().unwrap();
    assert_eq!((cell(id, "decided_by"), cell(id, "trends")), ("unusable".into(), String::new()));
    // The others have the suggestions of the model, and the errors to expect of them.
    let tagged = review.desk.run("tag cases.csv").ok().table();
    let counts = review.desk.text("f.json");
    let counts: Value = serde_json::from_str(&counts).unwrap();
    let mut wrong = 0.0;
    for (k, by) in table.column("decided_by").iter().enumerate() {
        if by.starts_with("model") {
            assert_eq!(table.column("trends")[k], tagged.column("suggested_trends")[k]);
            assert_eq!(table.column("date")[k], "");
            assert_eq!(table.column("review_bulk")[k], "yes", "no model learns from it");
            wrong += number(tagged.column("expected_errors")[k]);
        }
        let model = table.column("model")[k];
        assert_eq!(model, tagged.column("model")[k]);
    }
    assert!((counts["wrong_tags"].as_f64().unwrap() - wrong).abs() < 0.01, "{counts} {wrong}");
    assert_eq!((&counts["cases"], &counts["read"]), (&json!(40), &json!(2)));
    assert!(counts["macro_f1"].as_f64().unwrap() > 0.5 && counts["measured"] == Value::Null);

    // The page offers the same file.
    let finished = review.get("/api/finished?reviewer=ann");
    assert_eq!(finished, counts);
    let file =
        review.client.json("GET", "/api/export?reviewer=ann&format=csv&cases=finished", None);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"finished.csv\""));
    // What nobody has read becomes no label anywhere.
    review.desk.run("review import f.csv --db copy.db").ok();
    let copied = review.desk.run("review status --db copy.db --json").ok().json();
    assert_eq!(copied["progress"]["cases"], 2, "{copied}");
}

#[test]
fn cases_that_wait_for_a_blind_answer_have_no_trends_and_columns_of_the_cases_keep_their_names() {
    let csv = "id,title,date,model\na,Citizens vote on the budget online,2019,old\n";
    let review = Review::with(csv, "--blind-check 1");
    let run = review.desk.run("review export --db r.db --finished").ok();
    let table = run.table();
    assert_eq!(table.column("decided_by"), ["open"]);
    assert_eq!((table.column("trends"), table.column("date")), (vec![""], vec!["2019"]));
    assert_eq!((table.column("model"), table.column("date_2")), (vec!["old"], vec![""]));
    assert!(table.column(&format!("p_{}", keys()[0])).iter().all(|cell| cell.is_empty()));
}

#[test]
fn the_second_reviewer_of_a_case_does_not_see_its_suggestion() {
    let mut review = Review::of(3, "--blind-check 0 --overlap 1");
    let first = review.next("ann", "all")["case"].clone();
    assert_eq!(first["suggestion_hidden"], false);
    let body = review.answer("ann", &first, &[]);
    review.save(&body).is(201);
    let id = first["id"].as_str().unwrap();
    let shown = review.case(id, "bob");
    assert_eq!((&shown["suggestion"], &shown["suggestion_hidden"]), (&Value::Null, &json!(true)));
    let listed = review.get("/api/cases?reviewer=bob");
    let of_first = listed["cases"].as_array().unwrap().iter().find(|case| case["id"] == id);
    assert_eq!(of_first.unwrap()["suggestion"], Value::Null);
    for key in keys().iter().map(String::as_str).chain(["-"]) {
        let found = review.get(&format!("/api/cases?reviewer=bob&suggested={key}"));
        let ids = found["cases"].as_array().unwrap().iter().map(|case| case["id"].clone());
        assert!(!ids.collect::<Vec<_>>().contains(&first["id"]), "{key}");
    }
    let body = review.answer("bob", &shown, &[]);
    review.save(&body).is(201);
    assert_eq!(review.case(id, "bob")["suggestion_hidden"], false, "it is shown afterwards");
    let seen = "SELECT count(*) FROM decisions WHERE person = 'bob' AND shown IS NOT NULL";
    assert_eq!(review.rows(seen), 0);
}
