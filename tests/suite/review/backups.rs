//! Backups of a database while it is served.

use serde_json::json;

use super::Review;
use crate::support::Desk;

#[test]
fn a_backup_has_every_saved_answer_while_the_page_is_served() {
    let mut review = Review::of(6, "--blind-check 0");
    for _ in 0..3 {
        let case = review.next("ann", "all")["case"].clone();
        let body = review.answer("ann", &case, &[]);
        review.save(&body).is(201);
    }
    // The last answers are in the log beside the file.
    review.desk.run("review backup --db r.db -o copy.db").ok().says("copy.db is a copy");
    let case = review.next("ann", "all")["case"].clone();
    let body = review.answer("ann", &case, &[]);
    review.save(&body).is(201);
    let progress = |db: &str| -> serde_json::Value {
        review.desk.run(&format!("review status --db {db} --json")).ok().json()["progress"].clone()
    };
    assert_eq!(
        (&progress("copy.db")["decided"], &progress("r.db")["decided"]),
        (&json!(3), &json!(4))
    );
    let names: Vec<String> = std::fs::read_dir(review.desk.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{names:?}");

    review.desk.run("review backup --db r.db -o copy.db").exits(2).says("--force");
    review.desk.run("review backup --db r.db -o copy.db --force").ok();
    review.desk.run("review backup --db r.db -o r.db --force").exits(2).says("the database itself");
    assert_eq!(review.rows("SELECT count(*) FROM decisions"), 4);
}

#[test]
fn only_a_review_is_copied() {
    let desk = Desk::new();
    desk.run("review backup --db none.db -o copy.db").exits(2).says("none.db");
    let connection = rusqlite::Connection::open(desk.path("foreign.db")).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    desk.run("review backup --db foreign.db -o copy.db").exits(2).says("another program");
    assert!(!desk.path("copy.db").exists());
}

#[test]
fn a_locked_database_says_what_may_hold_it() {
    let review = Review::of(1, "--blind-check 0");
    let other = rusqlite::Connection::open(review.desk.path("r.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let add = review.desk.run("review add cases.csv --db r.db --allow-missing-columns");
    add.exits(2).says("locked by another program").says("end that program and try again");
    // Reading and copying need no lock.
    review.desk.run("review backup --db r.db -o copy.db").ok();
    review.desk.run("review status --db r.db").ok();
    other.execute_batch("ROLLBACK").unwrap();
}
