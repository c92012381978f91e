//! Cases that the model can decide alone, and cases accepted without reading.

use serde_json::{Value, json};

use super::Review;

fn alone(review: &mut Review) -> Value {
    review.post("/api/alone", &json!({ "reviewer": "ann" })).is(200)
}

fn accept_alone(review: &mut Review) -> Value {
    let body = json!({ "request_id": review.request_id(), "reviewer": "ann" });
    review.post("/api/alone/accept", &body).is(201)
}

/// Cases of the list that match.
fn listed(review: &mut Review, filter: &str) -> Vec<Value> {
    let list = review.get(&format!("/api/cases?reviewer=ann&limit=200&{filter}"));
    list["cases"].as_array().unwrap().clone()
}

#[test]
fn the_model_decides_alone_only_what_it_may_decide_wholly_and_a_spot_check_is_held_back() {
    let mut review = Review::of(140, "--blind-check 0.1 --overlap 0.1");
    let before = alone(&mut review);
    let (cases, spots) =
        (before["cases"].as_u64().unwrap(), before["spot_check"].as_u64().unwrap());
    assert!(cases >= 4 && spots >= 2 && spots <= cases / 2, "{before}");
    assert!(before["promise"]["accept_precision"].as_f64().unwrap() > 0.5);
    let done = accept_alone(&mut review);
    assert_eq!(
        (&done["accepted"], &done["spot_check"]),
        (&before["accepted"], &before["spot_check"])
    );
    assert_eq!(done["accepted"].as_u64().unwrap() + spots, cases);
    assert_eq!(alone(&mut review)["cases"], 0);
    for case in listed(&mut review, "bulk=true") {
        let suggestion = &case["suggestion"];
        assert_eq!(
            (&case["status"], &suggestion["needs_review"]),
            (&json!("decided"), &json!(false))
        );
        assert_eq!(case["final"], suggestion["suggested"]);
        let trends = suggestion["trends"].as_array().unwrap();
        assert!(trends.iter().all(|trend| trend["verdict"] != "ask"), "{suggestion}");
    }
    // Held-back cases are judged blind, and nothing reveals the suggestion.
    let held_back: Vec<Value> =
        listed(&mut review, "").into_iter().filter(|case| case["spot_check"] == true).collect();
    assert_eq!(held_back.len() as u64, spots);
    for case in &held_back {
        assert_eq!((&case["suggestion"], &case["suggestion_hidden"]), (&Value::Null, &json!(true)));
        let shown = review.case(case["id"].as_str().unwrap(), "ann");
        assert_eq!((&shown["suggestion"], &shown["status"]), (&Value::Null, &json!("open")));
    }
    // Their answers measure the accepted ones.
    let shown = review.case(held_back[0]["id"].as_str().unwrap(), "ann");
    let body = review.answer("ann", &shown, &[]);
    review.save(&body).is(201);
    let measured = alone(&mut review);
    assert_eq!((&measured["looked_at"], measured["share"].is_object()), (&json!(1), true));
}

#[test]
fn what_was_accepted_in_bulk_neither_trains_nor_measures_and_is_undone_as_one_step() {
    let mut review = Review::of(140, "--blind-check 0");
    let done = accept_alone(&mut review);
    let accepted = done["accepted"].as_i64().unwrap();
    assert!(accepted > 0);
    assert_eq!(review.get("/api/reading")["teaching"], 0);
    review
        .desk
        .run("review export --db r.db --cases training -o t.csv")
        .ok()
        .says("0 answered cases");
    review.desk.run("review export --db r.db -o all.csv").ok();
    let all = review.desk.text("all.csv");
    assert!(all.lines().next().unwrap().contains("review_bulk"), "{all}");
    let last = review.get("/api/decisions?reviewer=ann&limit=5")["decisions"].clone();
    assert_eq!(last.as_array().unwrap().len(), 1, "one action, one line");
    assert_eq!((&last[0]["together"], &last[0]["bulk"]), (&json!(accepted), &json!(true)));

    let undone = review.undo("ann").is(201);
    assert_eq!(undone["undone"].as_array().unwrap().len() as i64, accepted);
    assert_eq!(undone["progress"]["decided"], 0);
    assert_eq!(listed(&mut review, "bulk=true").len(), 0);
    let held_back =
        review.rows("SELECT count(*) FROM cases WHERE spot_check IS NOT NULL OR NOT revealed");
    assert_eq!(held_back, 0, "what was held back is as it was");
}

#[test]
fn an_unsure_suggestion_is_accepted_unread_only_on_demand() {
    let mut review = Review::of(30, "--blind-check 0");
    let unsure = listed(&mut review, "alone=false");
    let sure = listed(&mut review, "alone=true");
    assert!(!unsure.is_empty());
    let item = |case: &Value| json!({ "case": case["id"], "version": case["version"] });
    let items: Vec<Value> = unsure.iter().take(2).chain(sure.iter().take(1)).map(item).collect();
    let mut body = json!({ "request_id": review.request_id(), "reviewer": "ann", "queue": "all", "cases": items });
    let saved = review.post("/api/decisions/bulk", &body);
    let saved: Value = serde_json::from_str(&saved.body).unwrap();
    assert_eq!(saved["cases"].as_array().unwrap().len(), sure.len().min(1));
    assert!(saved["refused"].as_array().unwrap().iter().all(|one| one["type"] == "unsure"));
    body["request_id"] = json!(review.request_id());
    body["unsure"] = json!(true);
    body["cases"] = json!(unsure.iter().take(2).map(item).collect::<Vec<_>>());
    let saved = review.post("/api/decisions/bulk", &body).is(201);
    assert_eq!(
        (saved["cases"].as_array().unwrap().len(), &saved["saved"][0]["bulk"]),
        (2, &json!(true))
    );
}
