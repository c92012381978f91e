//! Files that go into a review, and files that come out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Review;
use crate::support::{Desk, Table, data, desk_with_slice, desk_with_versions, keys};

const HARD: &str = "id,title,description,note\n\
    a,\"Ann said \"\"vote\"\", twice\",\"line one\nline two\",=1+1\n\
    =1+1,Grüße aus Köln — café,\"a,b;c\",-\n\
    c,'tis a title,,@SUM(A1)\n\
    d,Left alone,,\n";

/// Returns a review of [`HARD`] with three answers: two trends, none, one.
fn hard() -> Review {
    let mut review = Review::with(HARD, "--blind-check 0");
    let keys = keys();
    for trends in [vec![&keys[0], &keys[2]], vec![], vec![&keys[1]]] {
        let case = review.next("ann", "all")["case"].clone();
        let trends: Vec<&str> = trends.into_iter().map(String::as_str).collect();
        let mut body = review.answer("ann", &case, &trends);
        body["note"] = json!("=cmd|'/C calc'!A0, \"quoted\"\nsecond line é");
        review.save(&body).is(201);
    }
    review
}

#[test]
fn adding_the_same_file_twice_adds_nothing() {
    let desk = Desk::with("cases.csv", data("submissions.csv"));
    desk.run("review add cases.csv --db r.db --allow-missing-columns").ok().says("140 cases added");
    let again = desk.run("review add cases.csv cases.csv --db r.db --allow-missing-columns").ok();
    again.says("0 cases added").says("280 were there already");
}

#[test]
fn an_id_that_another_text_has_is_a_row_that_failed() {
    let desk = Desk::with("a.csv", "id,title\nx,one\n");
    desk.write("b.csv", "id,title\nx,two\ny,three\n");
    desk.run("review add a.csv --db r.db --allow-missing-columns").ok();
    let run = desk.run("review add b.csv --db r.db --allow-missing-columns").exits(1);
    run.says("b.csv, row 1 (line 2): the id \"x\" belongs to another text").says("1 cases added");
}

#[test]
fn the_blind_check_is_a_tenth_drawn_by_seed_and_id_alone() {
    let drawn = |order: &dyn Fn(&mut Vec<u32>), flags: &str| {
        let mut numbers: Vec<u32> = (0..2000).collect();
        order(&mut numbers);
        let rows: String = numbers.iter().map(|i| format!("case-{i},Title {i}\n")).collect();
        let desk = Desk::with("cases.csv", format!("id,title\n{rows}"));
        desk.run(&format!("review add cases.csv --db r.db {flags} --allow-missing-columns")).ok();
        let connection = rusqlite::Connection::open(desk.path("r.db")).unwrap();
        let mut statement = connection.prepare("SELECT id FROM cases WHERE blind_check").unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        ids.collect::<rusqlite::Result<BTreeSet<String>>>().unwrap()
    };
    let first = drawn(&|_| {}, "");
    // Four standard errors of a binomial share around a tenth.
    assert!((146..=254).contains(&first.len()), "{}", first.len());
    assert_eq!(first, drawn(&|numbers| numbers.reverse(), ""));
    assert_ne!(first, drawn(&|_| {}, "--seed 2"));
}

#[test]
fn an_export_equals_the_database_and_importing_it_changes_nothing() {
    let mut review = hard();
    let count = "SELECT count(*) FROM decisions";
    for name in ["out.csv", "out.jsonl"] {
        review.desk.run(&format!("review export --db r.db -o {name}")).ok().says("3 answered");
        let import = review
            .desk
            .run(&format!("review import {name} --db r.db --allow-missing-columns"))
            .ok();
        import.says("0 answers saved, 3 were there already, 0 cases added");
        assert_eq!((review.rows(count), review.rows("SELECT count(*) FROM cases")), (3, 4));
    }
    let keys = keys();
    let table = Table::parse(&review.desk.text("out.csv"), b',');
    assert_eq!(table.header[..5], ["id", "title", "description", "note", "trends"]);
    let cell = format!("{};{}", keys[0], keys[2]);
    assert_eq!(table.column("trends"), [cell.as_str(), "-", &keys[1]]);
    assert_eq!(table.column("id"), ["a", "=1+1", "c"]);
    assert_eq!(table.column("note"), ["=1+1", "-", "@SUM(A1)"]);
    assert_eq!(table.column("title")[0], "Ann said \"vote\", twice");
    assert_eq!(table.column("description")[0], "line one\nline two");
    assert!(table.column("review_note")[0].starts_with("=cmd"));
    assert!(!review.desk.text("out.csv").contains("ann"), "names only when asked for");

    let lines = review.desk.text("out.jsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[1]["id"], &lines[1]["trends"]), (&json!("=1+1"), &json!([])));
    assert_eq!(lines[1]["title"], "Grüße aus Köln — café");
    assert_eq!(lines[0]["trends"], json!([keys[0], keys[2]]));

    let named = review.desk.run("review export --db r.db --with-reviewers").ok().table();
    assert_eq!(named.column("review_by"), ["ann"; 3]);
    review.desk.run("review export --db r.db -o out.csv").exits(2).says("--force");
    assert_eq!(review.next("ann", "all")["case"]["id"], "d");
}

#[test]
fn an_export_into_a_new_database_brings_cases_and_answers_back() {
    let review = hard();
    review.desk.run("review export --db r.db -o out.jsonl").ok();
    review
        .desk
        .run("review import out.jsonl --db new.db --reviewer colleague --allow-missing-columns")
        .ok();
    let again = review.desk.run("review export --db new.db --format jsonl --with-reviewers").ok();
    let (old, new) = (review.desk.text("out.jsonl"), again.json_lines());
    for (old, new) in old.lines().zip(&new) {
        let old: Value = serde_json::from_str(old).unwrap();
        for name in ["id", "title", "description", "note", "trends"] {
            assert_eq!(old[name], new[name]);
        }
        assert_eq!(
            (&new["review_by"], &new["review_queue"]),
            (&json!("reviewer 1"), &json!("all"))
        );
    }
    assert_eq!(new.len(), 3);
}

#[test]
fn a_blind_check_case_is_still_one_after_export_and_import() {
    let mut review = Review::of(2, "--blind-check 1");
    let case = review.next("ann", "blind-check")["case"].clone();
    let mut body = review.answer("ann", &case, &[]);
    body["queue"] = json!("blind-check");
    review.save(&body).is(201);
    for name in ["out.csv", "out.jsonl"] {
        review.desk.run(&format!("review export --db r.db -o {name}")).ok();
        review
            .desk
            .run(&format!("review import {name} --db {name}.db --allow-missing-columns"))
            .ok();
        let export = format!("review export --db {name}.db --cases blind-check");
        let again = review.desk.run(&export).ok().table();
        assert_eq!(again.column("review_blind_check"), ["yes"], "{name}");
        let training = format!("review export --db {name}.db --cases training");
        review.desk.run(&training).ok().says("0 answered cases");
        // It was answered without seeing the suggestion, and still measures it.
        let stats = review.desk.run(&format!("review status --db {name}.db --json")).ok().json();
        let live = (&stats["blind_check"]["cases"], &stats["blind_check"]["answers"]);
        assert_eq!(live, (&json!(1), &json!(1)));
    }
}

#[test]
fn a_case_in_conflict_is_exported_without_trends() {
    let mut review = Review::of(1, "--blind-check 0");
    let keys = keys();
    for (reviewer, key) in [("ann", &keys[0]), ("bob", &keys[1])] {
        let case = review.case("submission-001", reviewer);
        let body = review.answer(reviewer, &case, &[key]);
        review.save(&body).is(201);
    }
    let table = review.desk.run("review export --db r.db").ok().table();
    assert_eq!(
        (table.column("trends"), table.column("review_status")),
        (vec![""], vec!["conflict"])
    );
}

#[test]
fn an_export_trains_and_blind_check_cases_are_left_out() {
    let desk = desk_with_slice();
    desk.run("review add slice.csv --db r.db --blind-check 0.2 --model slice.safetensors").ok();
    desk.run("review import slice.csv --db r.db --model slice.safetensors").ok();
    desk.run("review export --db r.db -o all.csv").ok();
    let table = Table::parse(&desk.text("all.csv"), b',');
    let audit = table.column("review_blind_check").iter().filter(|cell| **cell == "yes").count();
    assert!(audit > 3, "{audit}");
    let run = desk.run("train all.csv --no-search -o one.safetensors").ok();
    run.says(&format!("Skipped {audit} blind-check cases"));
    desk.run("review export --db r.db --cases training -o training.csv").ok();
    desk.run("train training.csv --no-search -o two.safetensors").ok();
    assert_eq!(desk.bytes("one.safetensors"), desk.bytes("two.safetensors"));
    let measured = desk.run("review export --db r.db --cases blind-check").ok().table();
    assert_eq!(measured.rows.len(), audit);
}

#[test]
fn label_studios_tasks_become_answers_of_their_annotators() {
    let desk = Desk::with("cases.csv", "id,title\nx,Citizens vote\ny,Open data\n");
    let keys = keys();
    let choices = |names: &[&str]| {
        json!([{ "from_name": "trend", "to_name": "text", "type": "choices",
                 "value": { "choices": names } }])
    };
    let annotation = |by: Value, cancelled: bool, names: &[&str]| json!({ "completed_by": by, "was_cancelled": cancelled, "result": choices(names) });
    let tasks = json!([
        { "id": 71, "data": { "title": "Citizens vote" }, "annotations": [
            annotation(json!(1), false, &[&keys[0]]),
            annotation(json!({ "id": 2, "email": "b@example.org" }), false, &[&keys[0], &keys[1]]),
        ] },
        { "id": 72, "data": { "text": "A new text" }, "annotations": [
            { "completed_by": 1, "was_cancelled": false, "result": [] },
        ] },
        { "id": 73, "data": { "title": "Open data" }, "annotations": [
            annotation(json!(1), true, &[&keys[1]]),
        ] },
        { "id": 74, "data": { "title": "Third" }, "annotations": [
            annotation(json!(1), false, &["no such label"]),
        ] },
    ]);
    desk.write("tasks.json", tasks.to_string());
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    for saved in [3, 0] {
        let run = desk
            .run("review import tasks.json --from label-studio --db r.db --allow-missing-columns")
            .exits(1);
        run.says(&format!("{saved} answers saved")).says("unknown trend \"no such label\"");
    }
    let table = desk.run("review export --db r.db --with-reviewers").ok().table();
    assert_eq!(table.column("id"), ["x", "72"]);
    assert_eq!(table.column("trends"), ["", "-"]);
    assert_eq!(table.column("review_by")[0], "annotator 1; annotator b@example.org");
    let stats = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(stats["agreement"]["cases"], 1);
}

#[test]
fn annotators_who_agree_are_both_kept_and_their_agreement_counts() {
    let desk = Desk::with("cases.csv", "id,title\nx,Citizens vote\n");
    let key = &keys()[0];
    let annotation = |by: u32| json!({ "completed_by": by, "result": [{ "type": "choices", "value": { "choices": [key] } }] });
    let task = json!({ "id": 1, "data": { "title": "Citizens vote" },
                       "annotations": [annotation(1), annotation(2)] });
    desk.write("tasks.json", json!([task]).to_string());
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    for (saved, known) in [(2, 0), (0, 2)] {
        let run = desk
            .run("review import tasks.json --from label-studio --db r.db --allow-missing-columns")
            .ok();
        run.says(&format!("{saved} answers saved, {known} were there already"));
    }
    let table = desk.run("review export --db r.db --with-reviewers").ok().table();
    assert_eq!(table.column("review_by"), ["annotator 1; annotator 2"]);
    assert_eq!(table.column("review_status"), ["decided"]);
    let stats = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(stats["agreement"]["per_trend"][0]["share"], 1.0);
}

#[test]
fn a_task_that_lacks_a_field_is_tagged_as_a_row_whose_field_is_empty() {
    let text = "Citizens vote on the participatory budget of their neighbourhood";
    let desk = Desk::with("cases.csv", format!("id,title,description\nx,,{text}\n"));
    let task = json!({ "id": "y", "data": { "description": text }, "annotations": [
        { "completed_by": 1, "result": [] },
    ] });
    desk.write("tasks.json", json!([task]).to_string());
    desk.run("review add cases.csv --db row.db --blind-check 0 --allow-missing-columns").ok();
    desk.run("review import tasks.json --from label-studio --db task.db --allow-missing-columns")
        .ok();
    let probabilities = |db: &str| -> String {
        let connection = rusqlite::Connection::open(desk.path(db)).unwrap();
        let query = "SELECT probabilities FROM suggestions";
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(probabilities("task.db"), probabilities("row.db"));
}

#[test]
fn a_missing_or_foreign_database_is_told_with_the_remedy() {
    let desk = Desk::with("cases.csv", "id,title,summary,description\nx,Citizens vote,,\n");
    desk.write("other.db", "this is no database, and longer than a header of SQLite is");
    desk.run("review status --db none.db").exits(2).says("none.db").says("review add");
    desk.run("review serve --db other.db").exits(2).says("other.db");
    let connection = rusqlite::Connection::open(desk.path("foreign.db")).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    let before = desk.bytes("foreign.db");
    for run in ["review status --db foreign.db", "review add cases.csv --db foreign.db"] {
        desk.run(run).exits(2).says("the database of another program");
    }
    assert!(desk.bytes("foreign.db") == before, "it is not ours to change");
}

#[test]
fn a_newer_model_is_noticed_taken_when_asked_and_old_decisions_keep_theirs() {
    let desk = desk_with_slice();
    desk.write("used.safetensors", desk.bytes("slice.safetensors"));
    desk.run("review add slice.csv --db r.db --blind-check 0 --model used.safetensors").ok();
    let server =
        super::serve(&desk, &format!("--model {}", desk.path("used.safetensors").display()));
    let client = server.client();
    let mut review = Review { desk, server, client, requests: 0 };
    let old = review.get("/api/model")["version"].clone();
    let case = review.next("ann", "all")["case"].clone();
    assert_eq!(review.get("/api/model")["newer"], Value::Null);

    review.desk.run("train slice.csv --no-search --alpha 3 --force -o used.safetensors").ok();
    let newer = review.get("/api/model")["newer"]["version"].clone();
    assert!(newer.is_string() && newer != old);
    let body = review.answer("ann", &case, &[]);
    assert_eq!(review.save(&body).is(201)["decision"]["model"], old, "saves go on");
    let seen = review.next("ann", "all")["case"].clone();
    let now = review.post("/api/model/reload", &json!({})).is(200);
    assert_eq!((&now["version"], &now["newer"]), (&newer, &Value::Null));
    // A page that stayed open reports which suggestion it showed.
    let mut body = review.answer("ann", &seen, &[]);
    body["model"] = old.clone();
    assert_eq!(review.save(&body).is(201)["decision"]["model"], old);
    let fresh = review.next("ann", "all")["case"].clone();
    assert_eq!(fresh["suggestion"]["model"], newer);
    let body = review.answer("ann", &fresh, &[]);
    assert_eq!(review.save(&body).is(201)["decision"]["model"], newer);
    assert_eq!(review.rows("SELECT count(DISTINCT model) FROM decisions"), 2);
}

#[test]
fn a_newer_champion_of_versions_is_noticed_and_taken_when_asked() {
    let desk = desk_with_versions();
    desk.run("review add slice.csv --db r.db --blind-check 0 --model mine").ok();
    let server = super::serve(&desk, &format!("--model {}", desk.path("models/mine").display()));
    let client = server.client();
    let mut review = Review { desk, server, client, requests: 0 };
    let old = review.get("/api/model")["version"].clone();
    review.desk.run("train slice.csv --no-search --seed 2 --into mine").ok();
    assert_eq!(review.get("/api/model")["newer"], Value::Null, "it is not promoted yet");

    let versions = review.desk.run("models list --model mine --json").ok().json();
    let mut versions = versions.as_array().unwrap().iter().map(|v| &v["version"]);
    let newer = versions.find(|version| **version != old).unwrap();
    let promote =
        format!("models promote {} --model mine --by Ann --reason tested", newer.as_str().unwrap());
    review.desk.run(&promote).ok();
    assert_eq!(review.get("/api/model")["newer"]["version"], *newer);
    let now = review.post("/api/model/reload", &json!({})).is(200);
    assert_eq!((&now["version"], &now["newer"]), (newer, &Value::Null));
    assert_eq!(review.next("ann", "all")["case"]["suggestion"]["model"], *newer);
}
