//! Several batches in one review: everything can be narrowed to one, and one that was
//! added by mistake can be withdrawn.

use serde_json::{Value, json};

use super::{Review, serve};
use crate::support::{Desk, Table, csv_text, data};

/// Returns a review with a batch of four cases and one of three.
fn two_batches() -> Review {
    let cases = Table::parse(&data("submissions.csv"), b',');
    let desk = Desk::with("first.csv", csv_text(&cases.header, &cases.rows[..4]));
    desk.write("second.csv", csv_text(&cases.header, &cases.rows[4..7]));
    desk.run("review add first.csv --db r.db --blind-check 0").ok();
    desk.run("review add second.csv --db r.db --blind-check 0 --batch=Call_2025").ok();
    let server = serve(&desk, "");
    let client = server.client();
    Review { desk, server, client, requests: 0 }
}

fn decide_one(review: &mut Review, batch: &str) -> String {
    let filter = json!({ "batch": batch });
    let asked = json!({ "reviewer": "ann", "queue": "all", "filter": filter });
    let case = review.post("/api/next", &asked).is(200)["case"].clone();
    assert_eq!(case["batch"], batch);
    let body = review.answer("ann", &case, &[]);
    review.save(&body).is(201);
    case["id"].as_str().unwrap().to_owned()
}

fn ids(listed: &Value) -> Vec<&str> {
    listed["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap()).collect()
}

#[test]
fn queues_lists_figures_and_exports_can_be_narrowed_to_a_batch() {
    let mut review = two_batches();
    decide_one(&mut review, "first");
    decide_one(&mut review, "Call_2025");
    let batches = review.get("/api/batches");
    let counts = |k: usize| {
        let batch = &batches["batches"][k];
        (batch["name"].clone(), batch["cases"].clone(), batch["decided"].clone())
    };
    assert_eq!(counts(0), (json!("first"), json!(4), json!(1)), "named after its file");
    assert_eq!(counts(1), (json!("Call_2025"), json!(3), json!(1)));

    let mut cases = |narrowed: &str| {
        let queues = review.get(&format!("/api/queues?reviewer=ann{narrowed}"));
        let stats = review.get(&format!("/api/stats?reviewer=ann{narrowed}"));
        assert_eq!(queues["progress"], stats["progress"]);
        let open = queues["queues"][3]["open"].as_u64().unwrap();
        let listed = review.get(&format!("/api/cases?reviewer=ann{narrowed}"));
        assert_eq!(listed["total"], queues["progress"]["cases"]);
        let reading = review.get(&format!("/api/reading?reviewer=ann{narrowed}"));
        let answers = stats["per_reviewer"][0]["answers"].as_u64().unwrap();
        assert_eq!(stats["changes"]["cases"].as_u64(), Some(answers));
        [listed["total"].as_u64().unwrap(), open, reading["read"].as_u64().unwrap(), answers]
    };
    assert_eq!(cases(""), [7, 5, 2, 2]);
    assert_eq!(cases("&batch=first"), [4, 3, 1, 1]);
    assert_eq!(cases("&batch=call_2025"), [3, 2, 1, 1], "in any spelling");
    let unknown = review.client.json("GET", "/api/queues?reviewer=ann&batch=none", None).is(422);
    assert_eq!((&unknown["type"], &unknown["field"]), (&json!("unknown"), &json!("batch")));

    let desk = &review.desk;
    desk.run("review export --db r.db --batch Call_2025 --cases with-open -o second.jsonl").ok();
    let exported = desk.text("second.jsonl");
    let rows: Vec<Value> = exported.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["review_batch"] == "Call_2025"));
    desk.run("review export --db r.db --batch none").exits(2).says("review batches");
    let status = desk.run("review status --db r.db --batch first --json").ok().json();
    assert_eq!(status["progress"]["cases"], 4);

    // The batches come back with an import.
    desk.run("review export --db r.db --cases with-open -o all.csv").ok();
    desk.run("review import all.csv --db copy.db").ok();
    let copied = desk.run("review batches --db copy.db --json").ok().json();
    let names = |found: &Value| -> Vec<Value> {
        found["batches"].as_array().unwrap().iter().map(|batch| batch["name"].clone()).collect()
    };
    assert_eq!(names(&copied), names(&batches));
}

#[test]
fn a_batch_added_by_mistake_is_withdrawn_as_a_whole_and_comes_back() {
    let mut review = two_batches();
    let answered = decide_one(&mut review, "Call_2025");
    let before = review.get("/api/stats?reviewer=ann");
    let asked = json!({ "reviewer": "Ann", "batch": "Call_2025" });
    let gone = review.post("/api/batches/withdraw", &asked).is(200);
    assert_eq!(gone, json!({ "batch": "Call_2025", "cases": 3, "answers": 1 }));

    let stats = review.get("/api/stats?reviewer=ann");
    assert_eq!(stats["progress"]["cases"], 4);
    assert_eq!(stats["per_reviewer"], json!([]));
    assert_eq!(stats["changes"]["cases"], 0);
    review.client.json("GET", &format!("/api/cases/{answered}?reviewer=ann"), None).is(404);
    let found = review.get("/api/decisions?reviewer=ann");
    assert_eq!(found["decisions"], json!([]));
    let export = review.desk.run("review export --db r.db --cases with-open").ok();
    assert!(!export.out.contains(&answered));
    let found = review.get("/api/batches");
    assert_eq!(found["withdrawn"][0]["name"], "Call_2025");
    let line = &found["journal"][0];
    assert_eq!((&line["event"], &line["reviewer"]), (&json!("withdrawn"), &json!("ann")));

    let back = review.post("/api/batches/restore", &asked).is(200);
    assert_eq!(back["answers"], 1);
    assert_eq!(review.get("/api/stats?reviewer=ann"), before);
    let query = review.get("/api/cases?reviewer=ann&status=decided");
    assert_eq!(ids(&query), [answered.as_str()]);
    assert_eq!(review.rows("SELECT count(*) FROM withdrawn_decisions"), 0);
    // Answers are as safe as before.
    let connection = rusqlite::Connection::open(review.desk.path("r.db")).unwrap();
    let deleted = connection.execute_batch("DELETE FROM decisions").unwrap_err();
    assert!(deleted.to_string().contains("decisions are not deleted"), "{deleted}");
}

#[test]
fn the_right_file_takes_the_place_of_a_withdrawn_one_and_a_backup_takes_the_latter_away() {
    let cases = Table::parse(&data("submissions.csv"), b',');
    let desk = Desk::with("cases.csv", csv_text(&cases.header, &cases.rows[..3]));
    desk.run("review add cases.csv --db r.db --batch Call").ok();
    desk.run("review withdraw call --db r.db").ok().says("withdrawn, with 3 cases");
    desk.run("review withdraw call --db r.db").exits(2).says("there is no batch");
    // The same ids and the same name are free again.
    desk.write("cases.csv", csv_text(&cases.header, &cases.rows[1..4]));
    desk.run("review add cases.csv --db r.db --batch Call").ok().says("3 cases added");
    desk.run("review withdraw Call --undo --db r.db").exits(2).says("added meanwhile");
    let known = desk.run("review add cases.csv --db r.db --batch Other").ok();
    known.says("3 of them belong to another batch");
    assert!(!desk.run("review batches --db r.db").ok().out.contains("Other"));

    desk.run("review backup --db r.db -o copy.db").ok();
    desk.run("review withdraw Call --db r.db").ok();
    assert!(desk.run("review batches --db copy.db").ok().out.contains("withdraw --undo"));
    let found = desk.run("review batches --db r.db --json").ok().json();
    assert_eq!(found["batches"], json!([]));
    let withdrawn = found["withdrawn"].as_array().unwrap();
    assert_eq!(withdrawn.len(), 1, "the first one left the database with the backup");
    let events: Vec<&str> =
        found["journal"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["withdrawn", "dropped", "added", "withdrawn", "added"]);
    desk.run("review withdraw Call --undo --db r.db").ok().says("brought back");
    let status = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(status["progress"]["cases"], 3);
}
