//! Tests of the store without a server.

use std::io::Cursor;
use std::sync::Arc;
use std::time::SystemTime;

use super::actions::new_case::{NewCase, insert_all};
use super::db::store::set_setting;
use super::{
    AddParams, DecisionKind, DecisionRequest, HELD_FOR, NextRequest, NextState, Queue, Refusal,
    Store,
};
use crate::tables::{Fields, ReadOptions, Rows};
use crate::tagger::Model;
use crate::tagger::Scratch;

fn store(cases: usize, params: &AddParams) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("r.db")).unwrap();
    let lines: String = (0..cases).map(|i| format!("case-{i},Citizens vote {i}\n")).collect();
    let model = Model::built_in().unwrap();
    store.add(&model, rows(&lines), params, &mut |error| panic!("{error}")).unwrap();
    (folder, store)
}

/// Rows of ids and titles.
fn rows(lines: &str) -> Rows {
    let input = Cursor::new(format!("id,title\n{lines}"));
    Rows::from_reader(input, "a.csv", &ReadOptions::default()).unwrap()
}

fn without_blind_check() -> AddParams {
    AddParams { blind_check: 0.0, ..AddParams::default() }
}

fn wanted(reviewer: &str) -> NextRequest {
    NextRequest {
        reviewer: reviewer.into(),
        queue: Queue::All,
        filter: Default::default(),
        after: None,
        before: None,
        release: None,
    }
}

#[test]
fn an_idle_reviewer_loses_the_case_after_a_quarter_of_an_hour() {
    let (_folder, store) = store(1, &without_blind_check());
    let now = SystemTime::now();
    let state = |reviewer: &str, at| store.next_at(&wanted(reviewer), None, at).unwrap().state;
    assert_eq!(state("ann", now), NextState::Case);
    assert_eq!(state("bob", now), NextState::Held);
    assert_eq!(state("bob", now + HELD_FOR), NextState::Case);
    assert_eq!(state("ann", now + HELD_FOR), NextState::Held);
}

#[test]
fn a_refused_change_leaves_nothing_and_those_beside_it_stay() {
    let (_folder, store) = store(1, &without_blind_check());
    let store = Arc::new(store);
    let change = |i: usize| {
        let store = store.clone();
        std::thread::spawn(move || {
            store.change(move |connection| {
                set_setting(connection, &format!("test {i}"), "here")?;
                if i.is_multiple_of(2) { Err(Refusal::NothingToUndo) } else { Ok(i) }
            })
        })
    };
    let done: Vec<_> = (0..40).map(change).collect();
    for (i, done) in done.into_iter().enumerate() {
        assert_eq!(done.join().unwrap().ok(), (i % 2 == 1).then_some(i));
    }
    let query = "SELECT count(*) FROM settings WHERE name LIKE 'test %'";
    let count: i64 = store.read(|c| c.query_row(query, [], |row| row.get(0))).unwrap();
    assert_eq!(count, 20);
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (folder, store) = store(1, &without_blind_check());
    drop(store);
    let path = folder.path().join("r.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&path).err().unwrap().to_string();
    assert!(error.contains("its version is 99") && error.contains("newer trendtag"), "{error}");
}

#[test]
fn every_change_is_made_safe_on_disk_before_it_is_acknowledged() {
    let (_folder, store) = store(1, &without_blind_check());
    let (mode, synchronous) = store
        .change(|connection| {
            let text = |name| connection.pragma_query_value(None, name, |row| row.get(0));
            let mode: String = text("journal_mode")?;
            let number = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            Ok((mode, number))
        })
        .unwrap();
    // 2 is FULL.
    assert_eq!((mode.as_str(), synchronous), ("wal", 2_i64));
}

#[test]
fn two_programs_may_add_to_the_same_database() {
    let (folder, first) = store(3, &without_blind_check());
    let second = Store::open(&folder.path().join("r.db")).unwrap();
    let model = Model::built_in().unwrap();
    let add = |store: &Store, id: &str| {
        let rows = rows(&format!("{id},Open data\n"));
        store
            .add(&model, rows, &without_blind_check(), &mut |error| panic!("{error}"))
            .unwrap()
            .added
    };
    assert_eq!((add(&first, "x"), add(&second, "y"), add(&first, "y")), (1, 1, 0));
    assert_eq!(first.queues("ann").unwrap().progress.cases, 5);
}

#[test]
fn a_new_case_waits_at_its_place_before_all_are_ordered_anew() {
    let (_folder, store) = store(1, &without_blind_check());
    let model = Model::built_in().unwrap();
    let mut rows = rows("x,Open data\n");
    let fields = Fields::of(&rows, &without_blind_check().columns).unwrap();
    let row = rows.next().unwrap().unwrap();
    let new = NewCase::of(&row, &fields, &without_blind_check(), &model, &mut Scratch::default());
    store.change(move |connection| insert_all(connection, vec![new], &model.version)).unwrap();
    let query = "SELECT priority = margin AND priority > 0 FROM cases JOIN suggestions \
                 ON case_number = number WHERE id = 'x'";
    assert!(store.read(|c| c.query_row(query, [], |row| row.get::<_, bool>(0))).unwrap());
}

#[test]
fn figures_are_of_the_model_they_name() {
    let params = AddParams { blind_check: 1.0, ..AddParams::default() };
    let (_folder, store) = store(1, &params);
    let answer = |case: &str| {
        let request = DecisionRequest {
            request_id: format!("request of {case}"),
            reviewer: "ann".into(),
            queue: Queue::BlindCheck,
            case: case.into(),
            version: 0,
            kind: DecisionKind::Answer,
            trends: Some(Vec::new()),
            note: String::new(),
            model: None,
        };
        store.decide(&request).unwrap();
    };
    answer("case-0");
    let measured = || store.statistics("ann").unwrap().blind_check;
    let mut model = Model::built_in().unwrap();
    assert_eq!((measured().model, measured().answers), (model.version, 1));
    // Another model adds a case; what the first one suggested is not to its credit.
    model.version = "another".into();
    store.add(&model, rows("x,Open data\n"), &params, &mut |error| panic!("{error}")).unwrap();
    assert_eq!(
        (measured().model.as_str(), measured().answers, measured().cases),
        ("another", 0, 2)
    );
    answer("x");
    assert_eq!(measured().answers, 1);
}
