//! A review under another taxonomy: answers are kept, and new trends are asked about alone.

use serde_json::{Value, json};

use super::{Review, serve};
use crate::http::Server;
use crate::support::{Desk, Table, exported, feelings};

const BEFORE: &str = "[[trend]]\nkey = \"joy\"\n[[trend]]\nkey = \"anger\"\n";
const NOW: &str = "version = 2\n[[trend]]\nkey = \"travel\"\n[[trend]]\nkey = \"joy\"\n\
                   [[trend]]\nkey = \"rage\"\naliases = [\"anger\"]\n";

/// Returns a review of four cases, with models of both taxonomies on its desk.
fn review() -> Review {
    let cases = feelings(["joy", "anger"]).replacen("labels", "trends", 1);
    let desk = Desk::with("before.csv", &cases);
    desk.write("now.csv", cases.replace(",anger,", ",rage,").replace(",-,", ",travel,"));
    desk.write("before.toml", BEFORE);
    desk.write("now.toml", NOW);
    for name in ["before", "now"] {
        desk.run(&format!(
            "train {name}.csv --taxonomy {name}.toml --text-columns text --no-search -q -o {name}.safetensors"
        ))
        .ok();
    }
    desk.write(
        "batch.csv",
        "id,text\na,furious shouting at the market\nb,a ticket for the carriage\n\
         c,lovely sunshine in the garden\nd,a smile at the bridge\n",
    );
    desk.run("review add batch.csv --db r.db --model before.safetensors --blind-check 0").ok();
    let server = serve_with(&desk, "before.safetensors");
    let client = server.client();
    let mut review = Review { desk, server, client, requests: 0 };
    for (id, trends) in [("a", vec!["anger"]), ("b", vec![]), ("c", vec!["joy"])] {
        let case = review.case(id, "ann");
        let body = review.answer("ann", &case, &trends);
        review.save(&body).is(201);
    }
    review
}

/// Serves the review with a model that is on the desk.
fn serve_with(desk: &Desk, model: &str) -> Server {
    serve(desk, &format!("--model {}", desk.path(model).display()))
}

#[test]
fn a_review_keeps_its_answers_and_asks_about_the_new_trend_only() {
    let Review { desk, server, client, requests } = review();
    drop((server, client));
    let migrate = |taxonomy: &str, model: &str| {
        desk.run(&format!("review migrate --db r.db --taxonomy {taxonomy} --model {model}"))
    };
    desk.write("lost.toml", "[[trend]]\nkey = \"joy\"\n");
    migrate("lost.toml", "now.safetensors").exits(2).says("does not name the trends anger");
    migrate("now.toml", "before.safetensors").exits(2).says("other trends than the new taxonomy");
    assert_eq!(exported(&desk, "a"), ("anger".into(), "joy;anger".into()), "nothing has changed");
    migrate("now.toml", "now.safetensors")
        .ok()
        .says("anger is rage now")
        .says("travel is new")
        .says("3 decisions kept; 3 decided cases wait to be asked about new trends");
    assert!(desk.path("r.db.before-taxonomy-1").exists());
    assert_eq!(exported(&desk, "a"), ("rage".into(), "joy;rage".into()));
    assert_eq!(exported(&desk, "b"), ("-".into(), "joy;rage".into()));
    let table = Table::parse(&desk.text("out.csv"), b',');
    assert_eq!(
        table.column("suggested_trends")[0],
        "rage",
        "earlier suggestions have the new keys"
    );
    assert_eq!(table.column("p_travel")[0], "", "the earlier model did not know it");
    assert_ne!(table.column("p_rage")[0], "");

    desk.run("review export --db r.db --finished -o finished.csv").ok();
    let finished = Table::parse(&desk.text("finished.csv"), b',');
    assert_eq!(finished.column("review_labels_asked")[0], "joy;rage", "nor says it more later");

    let server = serve_with(&desk, "now.safetensors");
    let client = server.client();
    let mut review = Review { desk, server, client, requests };
    let next = review.next("ann", "new-trends");
    let case = &next["case"];
    assert_eq!((&case["id"], &case["unasked"]), (&json!("a"), &json!(["travel"])));
    let about_new = |review: &mut Review, case: &Value, trends: &[&str]| {
        let mut body = review.answer("ann", case, trends);
        body["queue"] = json!("new-trends");
        review.save(&body)
    };
    let refused = about_new(&mut review, case, &["joy"]);
    assert_eq!((refused.status, review.rows("SELECT count(*) FROM decisions")), (400, 3));
    let saved = about_new(&mut review, case, &["travel"]).is(201);
    assert_eq!(saved["decision"]["trends"], json!(["travel", "rage"]));
    assert_eq!(saved["status"], "decided");

    // One who skips it is not asked again, others are; an undone answer asks again.
    let case = review.next("bob", "new-trends")["case"].clone();
    assert_eq!(case["id"], "b");
    let mut skip = review.answer("bob", &case, &[]);
    (skip["queue"], skip["kind"], skip["trends"]) =
        (json!("new-trends"), json!("skip"), json!(null));
    review.save(&skip).is(201);
    let open = |review: &mut Review, name: &str| {
        let queues = review.get(&format!("/api/queues?reviewer={name}"));
        let queues = queues["queues"].as_array().unwrap().clone();
        let of_new = queues.into_iter().find(|queue| queue["name"] == "new-trends").unwrap();
        (of_new["open"].clone(), of_new["skipped"].clone())
    };
    assert_eq!(open(&mut review, "bob"), (json!(1), json!(1)));
    assert_eq!(open(&mut review, "ann"), (json!(2), json!(0)));
    assert_eq!(review.next("bob", "new-trends")["case"]["id"], "c", "d waits for a first answer");
    review.undo("ann").is(201);
    assert_eq!(open(&mut review, "ann"), (json!(3), json!(0)));
    assert_eq!(review.case("a", "ann")["final"], json!(["rage"]));
    assert_eq!(exported(&review.desk, "a"), ("rage".into(), "joy;rage".into()));
    let case = review.case("a", "ann");
    about_new(&mut review, &case, &["travel"]).is(201);
    assert_eq!(exported(&review.desk, "a"), ("travel;rage".into(), "travel;joy;rage".into()));
    assert_eq!(review.next("ann", "all")["case"]["id"], "d");
}
