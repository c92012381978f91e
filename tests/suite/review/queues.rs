//! Queues: the next case for each reviewer, and what they can see of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Review;
use crate::support::keys;

#[test]
fn two_reviewers_get_different_cases_and_a_reload_the_same() {
    let mut review = Review::of(2, "--blind-check 0");
    let first = review.next("ann", "uncertain")["case"]["id"].clone();
    let second = review.next("bob", "uncertain")["case"]["id"].clone();
    assert_ne!(first, second);
    assert_eq!(review.next("ann", "uncertain")["case"]["id"], first);
    let held = review.next("cy", "uncertain");
    assert_eq!(held["state"], "held");
    assert!(held["held_until"].as_str().unwrap().ends_with('Z'));
    let queue = &held["queues"]["queues"][0];
    assert_eq!((&queue["open"], &queue["held"]), (&json!(2), &json!(2)));

    let claim = json!({ "reviewer": "cy", "case": first });
    assert_eq!(review.post("/api/claims", &claim).is(409)["type"], "held");
    let release = json!({ "reviewer": "ann", "case": first });
    review.client.json("DELETE", "/api/claims", Some(&release)).is(204);
    assert_eq!(review.post("/api/claims", &claim).is(200)["reviewer"], "cy");
}

#[test]
fn the_most_valuable_queue_begins_with_the_case_of_the_most_expected_errors() {
    let mut review = Review::of(30, "--blind-check 0");
    let listed = review.get("/api/cases?reviewer=ann&queue=uncertain");
    let first = review.next("ann", "uncertain")["case"]["id"].clone();
    assert_eq!(listed["cases"][0]["id"], first);
    // For a suggested trend, the probability that it is wrong; for another one, its
    // probability.
    let errors = |case: &Value| -> f64 {
        let of_trend = |trend: &Value| {
            let p = trend["probability"].as_f64().unwrap();
            if trend["suggested"] == true { 1.0 - p } else { p }
        };
        case["suggestion"]["trends"].as_array().unwrap().iter().map(of_trend).sum()
    };
    let errors: Vec<f64> = listed["cases"].as_array().unwrap().iter().map(errors).collect();
    assert!(errors.is_sorted_by(|a, b| a >= b), "{errors:?}");
    assert!(errors.first() > errors.last());
}

#[test]
fn moving_forward_and_back_needs_no_answer() {
    let mut review = Review::of(3, "--blind-check 0");
    let mut go = |key: &str, id: &Value| {
        let mut body = json!({ "reviewer": "ann", "queue": "uncertain" });
        if !key.is_empty() {
            body[key] = id.clone();
        }
        review.post("/api/next", &body).is(200)
    };
    let first = go("", &Value::Null)["case"]["id"].clone();
    let second = go("after", &first)["case"]["id"].clone();
    let third = go("after", &second)["case"]["id"].clone();
    assert_eq!(BTreeSet::from([first.to_string(), second.to_string(), third.to_string()]).len(), 3);
    assert_eq!(go("after", &third)["state"], "end");
    assert_eq!(go("before", &third)["case"]["id"], second);
    assert_eq!(go("before", &first)["state"], "end");
}

#[test]
fn a_blind_check_case_shows_no_suggestion_anywhere_until_its_first_answer() {
    let mut review = Review::of(6, "--blind-check 1");
    assert_eq!(review.next("ann", "conflict")["state"], "empty");
    for queue in ["uncertain", "all"] {
        let case = review.next("ann", queue)["case"].clone();
        assert_eq!((&case["suggestion"], &case["suggestion_hidden"]), (&Value::Null, &json!(true)));
    }
    let shown = review.next("ann", "blind-check")["case"].clone();
    let id = shown["id"].as_str().unwrap().to_owned();
    assert_eq!((&shown["suggestion"], &shown["suggestion_hidden"]), (&Value::Null, &json!(true)));
    let everywhere = [
        review.get("/api/cases?reviewer=ann"),
        review.get(&format!("/api/cases/{id}?reviewer=ann")),
        review.next("ann", "blind-check"),
        review.get("/api/cases?reviewer=ann&sort=expected-errors&descending=true"),
        review.get(&format!("/api/cases/{id}/similar?reviewer=ann")),
        review.get("/api/reading"),
        review.get("/api/columns"),
        review.post("/api/alone", &json!({ "reviewer": "ann" })).is(200),
    ];
    for answer in &everywhere {
        for secret in ["probability", "verdict", "expected_errors", "unsure_trends", "doubt"] {
            assert!(!answer.to_string().contains(secret), "{secret}: {answer}");
        }
    }
    // In any order, hidden cases are in the order added.
    let order = |list: &Value| -> Vec<Value> {
        list["cases"].as_array().unwrap().iter().map(|case| case["id"].clone()).collect()
    };
    let mut reversed = order(&everywhere[0]);
    reversed.reverse();
    assert_eq!(order(&everywhere[3]), reversed, "an order reveals no secret");
    assert_eq!(
        everywhere[5]["macro_f1"],
        Value::Null,
        "what is expected of the batch leaves them out"
    );
    assert_eq!(everywhere[7]["cases"], 0);
    for filter in ["alone=true", "alone=false", "reason=unsure", "unsure=-", "changed=true"] {
        let listed = review.get(&format!("/api/cases?reviewer=ann&{filter}"));
        assert_eq!(listed["total"], 0, "{filter} reveals no secret");
    }
    for key in keys() {
        let listed = review.get(&format!("/api/cases?reviewer=ann&suggested={key}"));
        assert_eq!(listed["total"], 0, "a filter reveals no secret");
    }
    let counts = review.get("/api/stats?reviewer=ann")["per_trend"].clone();
    assert!(counts.as_array().unwrap().iter().all(|trend| trend["suggested"] == 0));
    let texts = shown["texts"].as_array().unwrap().iter();
    let fields: serde_json::Map<String, Value> =
        texts.map(|t| (t["field"].as_str().unwrap().to_owned(), t["text"].clone())).collect();
    let asked = json!({ "texts": [{ "fields": fields }] });
    assert_eq!(review.post("/api/suggest", &asked).is(422)["type"], "in-blind-check");
    let request_id = review.request_id();
    let bulk = json!({ "request_id": request_id, "reviewer": "ann", "queue": "blind-check",
                       "cases": [{ "case": id, "version": 0 }] });
    let refused = review.post("/api/decisions/bulk", &bulk).is(201);
    assert_eq!(refused["refused"][0]["type"], "not-allowed");

    let mut body = review.answer("ann", &shown, &[]);
    body["queue"] = json!("blind-check");
    review.save(&body).is(201);
    assert!(review.case(&id, "ann")["suggestion"]["trends"][0]["evidence"].is_array());
    review.post("/api/suggest", &asked).is(200);
    assert_eq!(review.rows("SELECT count(*) FROM decisions WHERE shown IS NULL"), 1);
}

#[test]
fn only_first_answers_to_the_blind_check_count_and_few_give_no_figure() {
    let mut review = Review::of(60, "--blind-check 1");
    let keys = keys();
    let mut expected = 0;
    for i in 0..50 {
        let case = review.next("ann", "blind-check")["case"].clone();
        let mut body = review.answer("ann", &case, &[&keys[0]]);
        body["queue"] = json!("blind-check");
        review.save(&body).is(201);
        let shown = review.case(case["id"].as_str().unwrap(), "ann");
        let suggested = shown["suggestion"]["suggested"].as_array().unwrap();
        expected += usize::from(suggested.contains(&json!(keys[0])));
        if i == 48 {
            let live = review.get("/api/stats?reviewer=ann")["blind_check"].clone();
            assert_eq!((&live["answers"], &live["recall"]["value"]), (&json!(49), &Value::Null));
        }
        if i == 0 {
            // A second answer, with the suggestion in view, does not count as a first
            // one.
            review.undo("ann").is(201);
            let again = review.case(case["id"].as_str().unwrap(), "ann");
            let body = review.answer("ann", &again, &[&keys[1]]);
            review.save(&body).is(201);
        }
    }
    let live = review.get("/api/stats?reviewer=ann")["blind_check"].clone();
    assert_eq!(live["answers"], 50);
    assert_eq!(live["per_trend"][0]["answered"], 50);
    let recall = live["per_trend"][0]["recall"].clone();
    assert!((recall["value"].as_f64().unwrap() - expected as f64 / 50.0).abs() < 1e-12);
    assert!(recall["lower"].as_f64() < recall["upper"].as_f64());
    assert_eq!(live["per_trend"][1]["answered"], 0);
}

#[test]
fn a_case_for_two_is_answered_by_both_without_seeing_each_other() {
    let mut review = Review::of(4, "--blind-check 0 --overlap 1");
    let keys = keys();
    let first = review.next("ann", "all")["case"].clone();
    assert_eq!(first["reviewers_wanted"], 2);
    let id = first["id"].as_str().unwrap().to_owned();
    let seen_by_bob = review.next("bob", "all")["case"].clone();
    assert_eq!(seen_by_bob["id"], first["id"], "there is room for two");
    let body = review.answer("ann", &first, &[&keys[0]]);
    assert_eq!(review.save(&body).is(201)["status"], "open");

    let blind = review.case(&id, "bob");
    assert_eq!((&blind["answers"], &blind["final"]), (&Value::Null, &Value::Null));
    assert!(!blind.to_string().contains("ann"), "{blind}");
    let listed = review.get(&format!("/api/cases?reviewer=bob&trend={}", keys[0]));
    assert_eq!(listed["total"], 0);
    let body = review.answer("bob", &seen_by_bob, &[&keys[1]]);
    let saved = review.save(&body).is(201);
    assert_eq!(
        saved["status"], "conflict",
        "no refusal: the reviewer must not see the other answer"
    );
    assert_eq!(review.case(&id, "bob")["answers"].as_array().unwrap().len(), 2);

    let agreement = review.get("/api/stats?reviewer=ann")["agreement"].clone();
    assert_eq!(
        (&agreement["cases"], &agreement["per_trend"][0]["share"]),
        (&json!(1), &json!(0.0))
    );
    assert_eq!(agreement["per_trend"][2]["share"], json!(1.0));

    // A reviewer who has seen the other answer is not blind again after undoing their
    // own.
    review.undo("bob").is(201);
    let again = review.case(&id, "bob");
    let body = review.answer("bob", &again, &[&keys[0]]);
    assert_eq!(review.save(&body).is(201)["status"], "decided");
    assert_eq!(review.get("/api/stats?reviewer=ann")["agreement"]["cases"], 0);
}

#[test]
fn words_filters_and_pages_find_cases() {
    let mut review = Review::with(
        "id,title,country\nx-1,Citizens vote on the café budget,NL\nx-2,Open data portal,DE\n\
         x-3,\"A \"\"quoted\"\" portal\",NL\n",
        "--blind-check 0",
    );
    let mut found = |query: &str| {
        let listed = review.get(&format!("/api/cases?reviewer=ann&{query}"));
        let cases = listed["cases"].as_array().unwrap().iter();
        let ids: Vec<String> = cases.map(|c| c["id"].as_str().unwrap().to_owned()).collect();
        (ids.join(" "), listed["total"].as_u64().unwrap())
    };
    assert_eq!(found("q=port").0, "x-2 x-3");
    assert_eq!(found("q=CAFE%20vot").0, "x-1");
    assert_eq!(found("q=NL%20quoted").0, "x-3");
    assert_eq!(found("q=x-2").0, "x-2");
    assert_eq!(
        found("q=%22%20OR%20%27%20%2A%20NEAR(").1,
        0,
        "characters of the search syntax are text"
    );
    assert_eq!(found("limit=1&offset=1"), ("x-2".into(), 3));
    assert_eq!(
        (found("status=open").1, found("status=mine").1, found("blind_check=true").1),
        (3, 0, 0)
    );
    let wanted = json!({ "reviewer": "ann", "queue": "all", "filter": { "q": "zebra" } });
    assert_eq!(review.post("/api/next", &wanted).is(200)["state"], "no-match");
}

#[test]
fn evidence_spans_slice_the_bytes_of_the_text() {
    let mut review = Review::with(
        "id,title\na,\"𝒳 😀 Citizens vote on the participatory budget of their neighbourhood\"\n",
        "--blind-check 0",
    );
    let case = review.next("ann", "all")["case"].clone();
    let mut spans = 0;
    for trend in case["suggestion"]["trends"].as_array().unwrap() {
        for evidence in trend["evidence"].as_array().unwrap() {
            for span in evidence["spans"].as_array().unwrap() {
                let text = &case["texts"][span["field"].as_u64().unwrap() as usize]["text"];
                let at = |name: &str| span[name].as_u64().unwrap() as usize;
                let slice = text.as_str().unwrap().get(at("start")..at("end")).unwrap();
                let term = evidence["term"].as_str().unwrap();
                assert!(slice.to_lowercase().starts_with(term.split(' ').next().unwrap()));
                spans += 1;
            }
        }
    }
    assert!(spans > 5, "{case}");
}

#[test]
fn scripts_get_the_suggestions_that_tag_gives() {
    let mut review = Review::of(3, "--blind-check 0");
    let title = "Citizens vote on the participatory budget";
    let asked = json!({ "texts": [title, { "id": "b", "fields": { "title": title } }] });
    let got = review.post("/api/suggest", &asked).is(200);
    assert_eq!(
        (&got["suggestions"][0]["id"], &got["suggestions"][1]["id"]),
        (&Value::Null, &json!("b"))
    );
    let csv = format!("id,title\nb,{title}\n");
    let tagged = review.desk.pipe("tag --format csv - --allow-missing-columns", csv).ok().table();
    let key = &keys()[0];
    let expected: f64 = tagged.column(&format!("p_{key}"))[0].parse().unwrap();
    let found = got["suggestions"][1]["trends"][0]["probability"].as_f64().unwrap();
    assert!((found - expected).abs() < 1e-4);
    let unknown = json!({ "texts": [{ "fields": { "body": "x" } }] });
    assert_eq!(review.post("/api/suggest", &unknown).is(422)["field"], "texts");
    let surplus = json!({ "texts": [{ "fields": { "title": title }, "surprise": 1 }] });
    assert_eq!(review.post("/api/suggest", &surplus).is(400)["type"], "bad-request");
    assert_eq!(review.rows("SELECT count(*) FROM cases"), 3, "nothing is saved");
}
