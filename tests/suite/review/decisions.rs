//! Saving once, twice and concurrently, and undoing.

use serde_json::{Value, json};

use super::{Review, serve};
use crate::support::keys;

#[test]
fn the_same_request_twice_is_one_row_and_the_same_answer() {
    let mut review = Review::of(3, "--blind-check 0");
    let case = review.next("ann", "all")["case"].clone();
    let keys = keys();
    let body = review.answer("ann", &case, &[&keys[1], &keys[0]]);
    let first = review.save(&body).is(201);
    let second = review.save(&body).is(200);
    assert_eq!(first["decision"], second["decision"]);
    assert_eq!((&first["repeated"], &second["repeated"]), (&json!(false), &json!(true)));
    assert_eq!(first["decision"]["trends"], json!([keys[0], keys[1]]), "in the taxonomy's order");
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 1);

    let mut other = body.clone();
    other["reviewer"] = json!("bob");
    assert_eq!(review.save(&other).is(422)["type"], "request-id-reused");
}

#[test]
fn a_decision_keeps_what_was_shown_and_cannot_be_changed() {
    let mut review = Review::of(3, "--blind-check 0");
    let case = review.next("ann", "uncertain")["case"].clone();
    let mut body = review.answer("ann", &case, &[]);
    body["note"] = json!("none of \"these\"\n<b>");
    review.save(&body).is(201);
    let connection = rusqlite::Connection::open(review.desk.path("r.db")).unwrap();
    let row: (String, String, String, String, String) = connection
        .query_row("SELECT trends, note, model, shown, time FROM decisions", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    assert_eq!((row.0.as_str(), row.1.as_str()), ("-", "none of \"these\"\n<b>"));
    assert_eq!(case["suggestion"]["model"], row.2.as_str());
    let shown: Vec<f64> = serde_json::from_str(&row.3).unwrap();
    let probabilities = case["suggestion"]["trends"].as_array().unwrap();
    let probabilities: Vec<f64> =
        probabilities.iter().map(|trend| trend["probability"].as_f64().unwrap()).collect();
    assert_eq!(shown, probabilities);
    assert!(row.4.ends_with('Z'), "UTC: {}", row.4);
    for change in ["UPDATE decisions SET trends = 'x'", "DELETE FROM decisions"] {
        assert!(connection.execute(change, []).is_err(), "{change}");
    }
}

#[test]
fn an_answer_to_an_outdated_state_is_refused_with_both_versions_and_both_can_be_kept() {
    let mut review = Review::of(3, "--blind-check 0");
    let keys = keys();
    let seen = review.next("ann", "all")["case"].clone();
    let theirs = review.answer("bob", &seen, &[&keys[0]]);
    review.save(&theirs).is(201);
    let mine = review.answer("ann", &seen, &[&keys[1]]);
    let refused = review.save(&mine).is(409);
    assert_eq!(refused["type"], "outdated");
    assert_eq!(refused["mine"]["trends"], json!([keys[1]]));
    assert_eq!(refused["current"]["trends"], json!([keys[0]]));
    assert_eq!(refused["current"]["reviewer"], "bob");
    assert_eq!(refused["case"]["suggestion"]["suggested"], seen["suggestion"]["suggested"]);
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 1, "nothing was saved");

    let again = review.answer("ann", &refused["case"], &[&keys[1]]);
    let saved = review.save(&again).is(201);
    assert_eq!(saved["status"], "conflict");
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 2);
}

#[test]
fn a_conflict_shows_who_said_what_and_is_settled_by_an_adjudication() {
    let mut review = Review::of(2, "--blind-check 0");
    let keys = keys();
    let case = review.next("ann", "all")["case"].clone();
    for (reviewer, trend) in [("ann", &keys[0]), ("bob", &keys[1])] {
        let seen = review.case(case["id"].as_str().unwrap(), reviewer);
        let body = review.answer(reviewer, &seen, &[trend]);
        review.save(&body).is(201);
    }
    let conflict = review.next("cy", "conflict")["case"].clone();
    let said = conflict["answers"].as_array().unwrap();
    let said: Vec<_> = said.iter().map(|a| (&a["reviewer"], &a["trends"][0])).collect();
    assert_eq!(said, [(&json!("ann"), &json!(keys[0])), (&json!("bob"), &json!(keys[1]))]);
    assert_eq!(conflict["final"], Value::Null);

    let mut body = review.answer("cy", &conflict, &[&keys[0], &keys[1]]);
    body["kind"] = json!("adjudication");
    body["queue"] = json!("conflict");
    assert_eq!(review.save(&body).is(201)["status"], "decided");
    assert_eq!(review.next("cy", "conflict")["state"], "empty");
    let settled = review.case(case["id"].as_str().unwrap(), "ann");
    assert_eq!(settled["final"], json!([keys[0], keys[1]]));
    assert_eq!(settled["answers"].as_array().unwrap().len(), 3);

    let other = review.next("ann", "all")["case"].clone();
    let mut body = review.answer("ann", &other, &[]);
    body["kind"] = json!("adjudication");
    assert_eq!(review.save(&body).is(422)["type"], "not-allowed");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let mut review = Review::of(2, "--blind-check 0");
    let case = review.next("ann", "all")["case"].clone();
    let good = review.answer("ann", &case, &[]);
    let mut with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        review.save(&body)
    };
    let unknown = with("trends", json!(["nonsense"])).is(422);
    assert_eq!((&unknown["type"], &unknown["field"]), (&json!("unknown"), &json!("trends")));
    assert_eq!(with("note", json!("é".repeat(4001))).is(400)["field"], "note");
    assert_eq!(with("trends", Value::Null).is(400)["field"], "trends");
    assert_eq!(with("reviewer", json!(" ")).is(400)["field"], "reviewer");
    assert_eq!(with("request_id", json!("short")).is(400)["field"], "request_id");
    assert_eq!(with("kind", json!("undo")).is(400)["field"], "kind");
    assert_eq!(with("model", json!("no-model")).is(422)["field"], "model");
    assert_eq!(with("case", json!("x")).is(404)["type"], "not-found");
    assert_eq!(with("queue", json!("mine")).is(400)["type"], "bad-request");
    assert_eq!(with("surprise", json!(1)).is(400)["type"], "bad-request");
    assert_eq!(with("version", json!(0.5)).is(400)["type"], "bad-request");
    for (path, list) in [
        ("/api/model/reload", json!([])),
        ("/api/next", json!(["ann", "all"])),
        ("/api/next", json!({ "reviewer": "ann", "queue": "all", "filter": [null, null] })),
    ] {
        assert_eq!(review.post(path, &list).is(400)["type"], "bad-request", "{path} {list}");
    }
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 0);
}

#[test]
fn an_answer_a_skip_and_a_bulk_can_be_undone_after_a_restart_too() {
    let mut review = Review::of(6, "--blind-check 0");
    let case = review.next("ann", "all")["case"].clone();
    let body = review.answer("ann", &case, &[]);
    review.save(&body).is(201);
    let second = review.next("ann", "all")["case"].clone();
    let mut skip = review.answer("ann", &second, &[]);
    skip["kind"] = json!("skip");
    review.save(&skip).is(201);

    let listed = review.get("/api/cases?reviewer=ann&queue=all");
    let items = listed["cases"].as_array().unwrap().iter();
    let items: Vec<Value> =
        items.map(|case| json!({ "case": case["id"], "version": case["version"] })).collect();
    assert_eq!(items.len(), 4, "neither the answered nor the skipped one");
    let id = review.request_id();
    let bulk = json!({ "request_id": id, "reviewer": "ann", "queue": "all", "cases": items,
                       "unsure": true });
    let saved = review.post("/api/decisions/bulk", &bulk).is(201);
    assert_eq!((saved["saved"].as_array().unwrap().len(), &saved["refused"]), (4, &json!([])));
    assert_eq!(review.post("/api/decisions/bulk", &bulk).is(200)["repeated"], true);
    assert_eq!(saved["progress"]["mine"], 5);

    // A reload of the page, and a new server: what can be undone is in the database.
    review.server.kill();
    review.server = serve(&review.desk, "");
    review.client = review.server.client();
    let undone = review.undo("ann").is(201);
    assert_eq!((undone["undone"].as_array().unwrap().len(), &undone["case"]), (4, &Value::Null));
    let undone = review.undo("ann").is(201);
    assert_eq!(
        (&undone["undone"][0]["kind"], &undone["case"]["id"]),
        (&json!("skip"), &second["id"])
    );
    let undone = review.undo("ann").is(201);
    assert_eq!(
        (&undone["undone"][0]["kind"], &undone["case"]["id"]),
        (&json!("answer"), &case["id"])
    );
    assert_eq!(review.undo("ann").is(409)["type"], "nothing-to-undo");
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 12, "undoing adds rows");
    let queues = review.get("/api/queues?reviewer=ann");
    let progress = json!({ "cases": 6, "decided": 0, "conflicts": 0, "open": 6, "mine": 0 });
    assert_eq!(queues["progress"], progress);
}

#[test]
fn a_repeated_bulk_still_tells_which_cases_were_not_saved() {
    let mut review = Review::of(2, "--blind-check 0");
    let listed = review.get("/api/cases?reviewer=ann")["cases"].clone();
    let item = |case: &Value, version: &Value| json!({ "case": case["id"], "version": version });
    let items = [item(&listed[0], &listed[0]["version"]), item(&listed[1], &json!(99))];
    let id = review.request_id();
    let bulk = json!({ "request_id": id, "reviewer": "ann", "queue": "all", "cases": items,
                       "unsure": true });
    let first = review.post("/api/decisions/bulk", &bulk).is(201);
    assert_eq!(first["refused"][0]["type"], "outdated");
    let again = review.post("/api/decisions/bulk", &bulk).is(200);
    assert_eq!(again["cases"], json!([listed[0]["id"]]));
    let refused = again["refused"].as_array().unwrap();
    let refused: Vec<_> = refused.iter().map(|one| (&one["case"], &one["type"])).collect();
    assert_eq!(refused, [(&listed[1]["id"], &json!("not-saved"))]);
}

#[test]
fn an_undone_answer_leaves_room_for_the_second_reviewer() {
    let mut review = Review::of(1, "--blind-check 0 --overlap 1");
    let seen = review.next("bob", "all")["case"].clone();
    let body = review.answer("ann", &seen, &[]);
    review.save(&body).is(201);
    let undone = review.undo("ann").is(201);
    assert_eq!(undone["case"]["id"], seen["id"]);
    // Bob holds it; the other of the two places is hers again.
    let held = review.next("cy", "all");
    assert_eq!(held["state"], "held", "{held}");
}

#[test]
fn only_ones_own_decisions_can_be_undone_and_each_once() {
    let mut review = Review::of(2, "--blind-check 0");
    let case = review.next("ann", "all")["case"].clone();
    let body = review.answer("ann", &case, &[]);
    let number = review.save(&body).is(201)["decision"]["decision"].clone();
    let mut undo = |reviewer: &str| {
        let id = review.request_id();
        let body = json!({ "request_id": id, "reviewer": reviewer, "decision": number });
        (review.post("/api/undo", &body), body)
    };
    assert_eq!(undo("bob").0.is(422)["type"], "not-allowed");
    let (done, body) = undo("ann");
    done.is(201);
    assert_eq!(undo("ann").0.is(409)["type"], "nothing-to-undo");
    assert_eq!(review.post("/api/undo", &body).is(200)["repeated"], true);
}

#[test]
fn the_last_decisions_are_listed_newest_first_with_what_was_undone() {
    let mut review = Review::of(3, "--blind-check 0");
    for _ in 0..2 {
        let case = review.next("ann", "all")["case"].clone();
        let body = review.answer("ann", &case, &[]);
        review.save(&body).is(201);
    }
    review.undo("ann").is(201);
    let last = review.get("/api/decisions?reviewer=ann");
    let kinds: Vec<_> = last["decisions"].as_array().unwrap().iter().map(|d| &d["kind"]).collect();
    assert_eq!(kinds, ["undo", "answer", "answer"]);
    let undone: Vec<_> =
        (0..3).map(|i| last["decisions"][i]["undone"].as_bool().unwrap()).collect();
    assert_eq!(undone, [false, true, false]);
    let before = last["decisions"][0]["decision"].clone();
    let page = review.get(&format!("/api/decisions?reviewer=ann&before={before}&limit=1"));
    assert_eq!(page["decisions"][0], last["decisions"][1]);
}

#[test]
fn an_asked_server_finishes_and_ends_well() {
    let mut review = Review::of(2, "--blind-check 0");
    let case = review.next("ann", "all")["case"].clone();
    let body = review.answer("ann", &case, &[]);
    review.save(&body).is(201);
    let Review { desk, server, client, .. } = review;
    drop(client);
    assert!(server.stop());
    let status = desk.run("review status --db r.db").ok().out;
    assert!(status.starts_with("2 cases: 1 decided, 0 in conflict, 1 open"), "{status}");
}
