//! Finding cases: order, filters, sorting and similar cases, none of which reveals cases
//! that must be judged blind.

use serde_json::{Value, json};

use super::Review;

fn list(review: &mut Review, query: &str) -> Vec<Value> {
    let list = review.get(&format!("/api/cases?reviewer=ann&limit=200&{query}"));
    list["cases"].as_array().unwrap().clone()
}

fn ids(cases: &[Value]) -> Vec<String> {
    cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_first_queue_has_the_most_expected_errors_first_and_every_fifth_case_is_blind() {
    let mut review = Review::of(60, "--blind-check 0.15");
    let queue = list(&mut review, "queue=uncertain");
    assert_eq!(queue.len(), 60, "cases of the blind check are in it");
    let errors: Vec<f64> =
        queue.iter().filter_map(|case| case["suggestion"]["expected_errors"].as_f64()).collect();
    assert!(errors.is_sorted_by(|a, b| a >= b), "{errors:?}");
    let hidden: Vec<usize> =
        (0..queue.len()).filter(|&i| queue[i]["suggestion"].is_null()).collect();
    assert!(hidden.len() >= 4, "{hidden:?}");
    // Ties with a neighbour move it by a place or two at most.
    for (turn, place) in hidden.iter().enumerate() {
        assert!(place.abs_diff(5 * turn + 4) <= 2, "{hidden:?}");
    }
    assert_eq!(list(&mut review, "queue=all").len(), 60);
}

#[test]
fn filters_find_by_doubt_answer_flag_note_and_any_column() {
    let mut review = Review::of(40, "--blind-check 0");
    let cases = list(&mut review, "");
    let (first, second) = (cases[0].clone(), cases[1].clone());
    let suggested: Vec<&str> = first["suggestion"]["suggested"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let body = review.answer("Ann", &first, &suggested);
    review.save(&body).is(201);
    let mut body = review.answer("bob", &second, &[]);
    body["note"] = json!("odd");
    review.save(&body).is(201);

    assert_eq!(ids(&list(&mut review, "changed=false")), [first["id"].as_str().unwrap()]);
    assert_eq!(ids(&list(&mut review, "changed=true")), [second["id"].as_str().unwrap()]);
    assert_eq!(ids(&list(&mut review, "answered_by=ANN")), [first["id"].as_str().unwrap()]);
    assert_eq!(ids(&list(&mut review, "note=true")), [second["id"].as_str().unwrap()]);
    let unsure = cases.iter().find_map(|case| case["suggestion"]["unsure_trends"][0].as_str());
    let unsure = unsure.unwrap().to_owned();
    for case in list(&mut review, &format!("unsure={unsure}")) {
        assert!(case["suggestion"]["unsure_trends"].as_array().unwrap().contains(&json!(unsure)));
    }
    for case in list(&mut review, "reason=unsure") {
        assert!(
            case["suggestion"]["review_reasons"].as_array().unwrap().contains(&json!("unsure"))
        );
    }
    let found = review.get("/api/columns");
    let columns = found["columns"].as_array().unwrap();
    let country = columns.iter().find(|column| column["name"] == "country").unwrap();
    let (value, count) = (&country["values"][0]["value"], &country["values"][0]["cases"]);
    let in_country = list(
        &mut review,
        &format!("column=country&value={}", value.as_str().unwrap().replace(' ', "%20")),
    );
    assert_eq!(in_country.len() as u64, count.as_u64().unwrap());
    assert!(columns.iter().all(|column| column["name"] != "description"), "texts are no filters");
}

#[test]
fn every_column_sorts_and_hidden_suggestions_come_last() {
    let mut review = Review::of(40, "--blind-check 0.2");
    let title = |case: &Value| case["title"].as_str().unwrap().to_lowercase();
    let by_title: Vec<String> = list(&mut review, "sort=title").iter().map(title).collect();
    assert!(by_title.is_sorted(), "{by_title:?}");
    for direction in ["", "&descending=true"] {
        for sort in ["added", "title", "suggested", "expected-errors", "decision", "status"] {
            assert_eq!(list(&mut review, &format!("sort={sort}{direction}")).len(), 40, "{sort}");
        }
        let sorted = list(&mut review, &format!("sort=expected-errors{direction}"));
        let hidden = sorted.iter().filter(|case| case["suggestion"].is_null()).count();
        assert!(
            hidden > 0 && sorted.iter().rev().take(hidden).all(|case| case["suggestion"].is_null())
        );
    }
    for filter in ["reason=unsure", "alone=false", "alone=true", "unsure=-"] {
        let found = list(&mut review, filter);
        assert!(
            found.iter().all(|case| case["suggestion"].is_object()),
            "{filter} reveals hidden ones"
        );
    }
}

#[test]
fn similar_cases_come_with_what_was_decided_almost_equal_ones_first() {
    let csv = "id,title,description\n\
        a,Participatory budget of the city,Citizens of the city vote on the participatory budget and propose projects for their district.\n\
        b,Participatory budget of the town,Citizens of the city vote on the participatory budget and propose projects for their district.\n\
        c,Budget votes,Residents propose projects for a participatory budget and vote on them online.\n\
        d,Sensors in the harbour,Sensors measure the water level and a dashboard predicts floods.\n";
    let mut review = Review::with(csv, "--blind-check 0");
    let case = review.case("b", "bob");
    let body = review.answer("bob", &case, &[]);
    review.save(&body).is(201);
    let similar = review.get("/api/cases/a/similar?reviewer=ann");
    let found = similar["cases"].as_array().unwrap();
    assert_eq!(ids(&found[..2]), ["b", "c"]);
    assert_eq!((&found[0]["near_duplicate"], &found[0]["final"]), (&json!(true), &json!([])));
    assert_eq!(found[1]["near_duplicate"], false);
    assert!(!ids(found).contains(&"d".to_owned()));
    assert!(found.iter().all(|case| case["suggestion"].is_null()));
    // A reviewer who must judge a case unaided sees none.
    let mut review = Review::with(csv, "--blind-check 1");
    assert_eq!(
        review.get("/api/cases/a/similar?reviewer=ann"),
        json!({ "hidden": true, "cases": [] })
    );
    let mut review = Review::with(csv, "--blind-check 0 --overlap 1");
    let case = review.case("a", "bob");
    let body = review.answer("bob", &case, &[]);
    review.save(&body).is(201);
    assert_eq!(review.get("/api/cases/a/similar?reviewer=ann")["hidden"], true, "a second reading");
}

#[test]
fn reading_raises_what_is_expected_of_the_batch() {
    let mut review = Review::of(40, "--blind-check 0.1");
    let before = review.get("/api/reading");
    assert_eq!((&before["read"], &before["target_f1"]), (&json!(0), &json!(0.9)));
    for _ in 0..8 {
        let case = review.next("ann", "uncertain")["case"].clone();
        let body = review.answer("ann", &case, &[]);
        review.save(&body).is(201);
    }
    let after = review.get("/api/reading");
    assert_eq!(after["read"].as_u64().unwrap(), 8);
    assert!(after["macro_f1"].as_f64() > before["macro_f1"].as_f64(), "{before} {after}");
    assert!(after["more"].as_u64() < before["more"].as_u64(), "{before} {after}");
}

#[test]
fn flags_take_a_case_out_of_the_way_and_are_undone() {
    let mut review = Review::of(4, "--blind-check 0");
    let flag = |review: &mut Review, flag: &str, reviewer: &str| {
        let case = review.next(reviewer, "all")["case"].clone();
        let mut body = review.answer(reviewer, &case, &[]);
        body["kind"] = json!("skip");
        body["flag"] = json!(flag);
        body["note"] = json!("see there");
        review.save(&body).is(201);
        case["id"].as_str().unwrap().to_owned()
    };
    let unusable = flag(&mut review, "unusable", "ann");
    let asked = flag(&mut review, "ask-colleague", "ann");
    assert_ne!(unusable, asked);
    assert_eq!(ids(&list(&mut review, "flag=unusable")), std::slice::from_ref(&unusable));
    assert_eq!(ids(&list(&mut review, "flag=ask-colleague")), std::slice::from_ref(&asked));
    // The first case waits for nobody, and the second for another reviewer.
    let next = review.next("bob", "all");
    assert_eq!(
        (&next["case"]["id"], &next["case"]["flagged"]["note"]),
        (&json!(asked), &json!("see there"))
    );
    assert_eq!(review.case(&unusable, "bob")["status"], "decided");
    assert_eq!(review.get("/api/reading")["teaching"], 0);
    review
        .desk
        .run("review export --db r.db --cases training -o t.csv")
        .ok()
        .says("0 answered cases");
    let body = review.answer("bob", &next["case"], &[]);
    review.save(&body).is(201);
    assert_eq!(list(&mut review, "flag=ask-colleague").len(), 0, "a colleague has answered");
    // An answer cannot be flagged.
    let case = review.next("bob", "all")["case"].clone();
    let mut body = review.answer("bob", &case, &[]);
    body["flag"] = json!("unusable");
    review.save(&body).is(400);
    // Both are undone, the last first.
    review.undo("ann").is(201);
    review.undo("ann").is(201);
    assert_eq!(review.case(&unusable, "bob")["status"], "open");
}

#[test]
fn update_takes_corrected_cells_and_keeps_the_answers() {
    let mut review =
        Review::with("id,title,country\na,Open data,Chile\nb,Votes,Peru\n", "--blind-check 0");
    let case = review.case("a", "ann");
    let body = review.answer("ann", &case, &[]);
    review.save(&body).is(201);
    review.desk.write(
        "new.csv",
        "id,title,country\na,Open data portal for citizens,Chile\nb,Votes,Bolivia\nc,New,Cuba\n",
    );
    let refused =
        review.desk.run("review add new.csv --db r.db --allow-missing-columns --blind-check 0");
    refused.exits(1).says("--update");
    let done = review
        .desk
        .run("review add new.csv --db r.db --allow-missing-columns --blind-check 0 --update")
        .ok();
    done.says("a: title changed; its answers are kept")
        .says("b: country changed")
        .says("2 cases brought up to date");
    let case = review.case("a", "ann");
    assert_eq!(
        (&case["texts"][0]["text"], &case["final"]),
        (&json!("Open data portal for citizens"), &json!([]))
    );
    assert_eq!(ids(&list(&mut review, "column=country&value=Bolivia")), ["b"]);
    assert_eq!(list(&mut review, "column=country&value=Peru").len(), 0);
    assert_eq!(ids(&list(&mut review, "q=portal")), ["a"]);
}
