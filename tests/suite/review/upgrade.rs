//! A database of an earlier version is upgraded when it is opened, after a copy was
//! made. The fixture comes from `tests/fixtures/review/make_fixture.py`.

use std::io::Read;

use super::{Desk, json, serve};
use crate::support::repository;

fn old_database() -> Desk {
    let packed = std::fs::File::open(repository("tests/fixtures/review/version-1.db.gz")).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    let desk = Desk::new();
    desk.write("r.db", bytes);
    desk
}

#[test]
fn an_older_database_is_copied_then_upgraded_and_keeps_all_decisions() {
    let desk = old_database();
    let before = desk.bytes("r.db");
    let found = desk.run("review status --db r.db --json").ok().says("r.db.version-1").json();
    // "R1" and "r1" gave the two answers to case-1: they are one person, and the case
    // waits for a second one.
    let progress = json!({ "cases": 10, "decided": 2, "conflicts": 1, "open": 7, "mine": 0 });
    assert_eq!(found["progress"], progress);
    let counts = json!([
        { "reviewer": "Ann", "answers": 2, "skips": 0 },
        { "reviewer": "Bob", "answers": 1, "skips": 1 },
        { "reviewer": "Cy", "answers": 0, "skips": 1 },
        { "reviewer": "R1", "answers": 2, "skips": 0 },
    ]);
    assert_eq!(found["per_reviewer"], counts);
    assert_eq!(
        (&found["blind_check"]["answers"], &found["blind_check"]["cases"]),
        (&json!(1), &json!(3))
    );
    let connection = rusqlite::Connection::open(desk.path("r.db.version-1")).unwrap();
    let version: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let decisions: i64 =
        connection.query_row("SELECT count(*) FROM decisions", [], |row| row.get(0)).unwrap();
    assert_eq!((version, decisions), (1, 10));
    // Windows removes no file that is open.
    drop(connection);
    assert!(desk.bytes("r.db") != before);
    let batches = desk.run("review batches --db r.db --json").ok().json()["batches"].clone();
    assert_eq!((&batches[0]["name"], &batches[0]["cases"]), (&json!("Earlier cases"), &json!(10)));
    // The second time there is nothing to upgrade.
    std::fs::remove_file(desk.path("r.db.version-1")).unwrap();
    desk.run("review status --db r.db").ok();
    assert!(!desk.path("r.db.version-1").exists());
}

#[test]
fn an_upgraded_database_serves_searches_queues_and_undo() {
    let desk = old_database();
    let server = serve(&desk, "");
    let mut client = server.client();
    let mut get = |path: &str| client.json("GET", path, None).is(200);
    assert_eq!(get("/api/cases?reviewer=Ann&q=taxpay")["cases"][0]["id"], "case-2");
    let open = |found: &super::Value| -> Vec<u64> {
        let queues = found["queues"].as_array().unwrap();
        queues.iter().map(|queue| queue["open"].as_u64().unwrap()).collect()
    };
    // Uncertain, conflict, blind check, all, new trends.
    assert_eq!(open(&get("/api/queues?reviewer=Ann")), [7, 1, 2, 7, 0]);
    assert_eq!(open(&get("/api/queues?reviewer=cy")), [7, 0, 2, 7, 0], "Cy skipped the conflict");
    assert_eq!(open(&get("/api/queues?reviewer=Bob")), [6, 1, 2, 6, 0], "Bob skipped one");
    // Expected errors, titles and columns have been filled.
    let listed = get("/api/cases?reviewer=Ann&sort=expected-errors&descending=true");
    let errors = listed["cases"].as_array().unwrap().iter();
    let errors: Vec<f64> =
        errors.filter_map(|case| case["suggestion"]["expected_errors"].as_f64()).collect();
    assert!(errors.len() >= 7 && errors.is_sorted_by(|a, b| a >= b), "{errors:?}");
    assert!(listed["cases"].as_array().unwrap().iter().all(|case| case["title"] != ""));
    let last = get("/api/decisions?reviewer=r1&limit=5")["decisions"].clone();
    assert_eq!(
        (last[0]["case"].clone(), last[2]["queue"].clone()),
        (json!("case-1"), json!("blind-check"))
    );
    let body = json!({ "request_id": "request-new", "reviewer": "Bob" });
    let undone = client.json("POST", "/api/undo", Some(&body)).is(201);
    assert_eq!(undone["undone"][0]["kind"], "skip");
}
