//! Tests of the store without a server.

use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::actions::new_case::{NewCase, insert_all};
use super::db::condition::Condition;
use super::db::reviewer::Reviewer;
use super::db::settings::set_setting;
use super::db::withdrawn::{drop_withdrawn, withdrawn_batches};
use super::{
    AddParams, CaseStatus, DecisionKind, DecisionRequest, Filter, HELD_FOR, NextRequest, NextState,
    Queue, Refusal, StatusFilter, Store, UndoRequest,
};
use crate::error::with_causes;
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
    let input = Cursor::new(format!("id,title,summary,description\n{lines}"));
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
fn a_batch_that_is_withdrawn_while_a_backup_is_written_stays() {
    let named = |batch: &str| AddParams { batch: batch.to_owned(), ..without_blind_check() };
    let (_folder, store) = store(2, &named("first"));
    let model = Model::built_in().unwrap();
    let more = rows("later-1,Citizens decide\n");
    store.add(&model, more, &named("second"), &mut |error| panic!("{error}")).unwrap();
    store.withdraw("first", None).unwrap();
    let in_backup = store.read(withdrawn_batches).unwrap();
    store.withdraw("second", None).unwrap();
    store.change(move |connection| Ok(drop_withdrawn(connection, &in_backup)?)).unwrap();
    assert!(store.restore("first", None).is_err(), "the backup has it");
    assert_eq!(store.restore("second", None).unwrap().cases, 1);
}

#[test]
fn an_idle_reviewer_loses_the_case_after_a_quarter_of_an_hour() {
    let (_folder, store) = store(1, &without_blind_check());
    let now = Instant::now();
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
    let error = with_causes(&Store::open(&path).err().unwrap());
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
    assert_eq!(first.queues("ann", None).unwrap().progress.cases, 5);
}

#[test]
fn a_new_case_waits_at_its_place_before_all_are_ordered_anew() {
    let (_folder, store) = store(1, &without_blind_check());
    let model = Model::built_in().unwrap();
    let mut rows = rows("x,Open data\n");
    let fields = Fields::of(&rows, &without_blind_check().columns).unwrap();
    let row = rows.next().unwrap().unwrap();
    let new = NewCase::of(&row, &fields, &without_blind_check(), &model, &mut Scratch::default());
    store
        .change(move |connection| insert_all(connection, vec![new], &model.version, false))
        .unwrap();
    let query = "SELECT priority = -expected_errors AND priority < 0 FROM cases JOIN suggestions \
                 ON case_number = number WHERE id = 'x'";
    assert!(store.read(|c| c.query_row(query, [], |row| row.get::<_, bool>(0))).unwrap());
}

#[test]
fn figures_are_of_the_model_they_name() {
    let params = AddParams { blind_check: 1.0, ..AddParams::default() };
    let (_folder, store) = store(1, &params);
    let answer = |case: &str| {
        let request = DecisionRequest {
            flag: None,
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
    let measured = || store.statistics("ann", None).unwrap().blind_check;
    let mut model = Model::built_in().unwrap();
    assert_eq!((measured().model, measured().answers), (model.version, 1));
    // Another model adds a case. Suggestions of the first model do not count for it.
    model.version = "another".into();
    store.add(&model, rows("x,Open data\n"), &params, &mut |error| panic!("{error}")).unwrap();
    assert_eq!(
        (measured().model.as_str(), measured().answers, measured().cases),
        ("another", 0, 2)
    );
    answer("x");
    assert_eq!(measured().answers, 1);
}

/// Another store on the same file, like that of another program.
fn beside(folder: &tempfile::TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("r.db")).unwrap()
}

fn answer(case: &str, reviewer: &str, version: i64) -> DecisionRequest {
    DecisionRequest {
        flag: None,
        request_id: format!("{reviewer} answers {case} after {version}"),
        reviewer: reviewer.into(),
        queue: Queue::All,
        case: case.into(),
        version,
        kind: DecisionKind::Answer,
        trends: Some(Vec::new()),
        note: String::new(),
        model: None,
    }
}

#[test]
fn nothing_is_acknowledged_while_a_file_of_the_database_is_elsewhere() {
    for file in ["r.db", "r.db-wal", "r.db-shm"] {
        let (folder, store) = store(3, &without_blind_check());
        store.decide(&answer("case-0", "ann", 0)).unwrap();
        let (there, away) = (folder.path().join(file), folder.path().join("away"));
        let moved = std::fs::rename(&there, &away);
        if cfg!(windows) {
            // Windows itself keeps an open file where it is.
            assert!(moved.is_err());
            continue;
        }
        moved.unwrap();
        let refused = store.decide(&answer("case-1", "ann", 0)).unwrap_err();
        assert!(matches!(refused, Refusal::FileGone(_)), "{file}: {refused}");
        // A new file under the same name is not the one that was opened.
        std::fs::write(&there, "another file").unwrap();
        assert!(matches!(store.decide(&answer("case-1", "ann", 0)), Err(Refusal::FileGone(_))));
        assert!(matches!(store.queues("ann", None), Err(Refusal::FileGone(_))));
        std::fs::rename(&away, &there).unwrap();
        store.decide(&answer("case-1", "ann", 0)).unwrap();
        assert_eq!(store.queues("ann", None).unwrap().progress.mine, 2);
    }
}

#[test]
fn a_locked_database_is_waited_for_and_then_refused_with_the_remedy() {
    let (folder, store) = store(2, &without_blind_check());
    let other = beside(&folder);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.decide(&answer("case-0", "ann", 0)).unwrap_err();
    assert!(matches!(refused, Refusal::Locked), "{refused}");
    assert!(refused.to_string().contains("end that program and try again"));
    other.execute_batch("ROLLBACK").unwrap();
    store.decide(&answer("case-0", "ann", 0)).unwrap();
}

#[test]
fn a_fault_in_one_change_leaves_nothing_and_the_next_changes_are_made() {
    let (_folder, store) = store(1, &without_blind_check());
    let fault = store.change(|connection| -> Result<(), Refusal> {
        set_setting(connection, "test", "here")?;
        let nothing: Vec<i32> = Vec::new();
        Err(Refusal::NotAllowed(nothing[0].to_string()))
    });
    assert!(with_causes(&fault.unwrap_err()).contains("a fault of the program"));
    store.decide(&answer("case-0", "ann", 0)).unwrap();
    let query = "SELECT count(*) FROM settings WHERE name = 'test'";
    assert_eq!(store.read(|c| c.query_row(query, [], |row| row.get::<_, i64>(0))).unwrap(), 0);
}

#[test]
fn a_read_ends_when_its_time_is_up_or_the_program_stops() {
    let (_folder, store) = store(1, &without_blind_check());
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                   SELECT count(*) FROM n";
    let count = |store: &Store, limit| {
        store.read_within(limit, |c| Ok(c.query_row(endless, [], |row| row.get::<_, i64>(0))?))
    };
    let refused = count(&store, Duration::from_millis(20)).unwrap_err();
    assert!(matches!(refused, Refusal::TooSlow), "{refused}");
    store.interrupt();
    assert!(matches!(count(&store, Duration::from_secs(600)), Err(Refusal::TooSlow)));
}

#[test]
fn two_spellings_of_a_name_are_one_reviewer() {
    let params = AddParams { overlap: 1.0, ..without_blind_check() };
    let (_folder, store) = store(1, &params);
    let saved = store.decide(&answer("case-0", "R1", 0)).unwrap();
    let again = store.decide(&answer("case-0", "r\u{200b} 1", saved.version)).unwrap();
    assert_eq!((again.decision.reviewer.as_str(), again.status), ("R1", CaseStatus::Open));
    let statistics = store.statistics("r1", None).unwrap();
    assert_eq!((statistics.per_reviewer.len(), statistics.progress.mine), (1, 1));
}

/// Returns the lengths of the queues and the progress, counted case by case.
fn counted(store: &Store, name: &str) -> (Vec<u64>, u64) {
    let counts = store.read_or(|connection| {
        let me = Reviewer::find(connection, name)?;
        let waiting = |queue| Condition::new(&me, Some(queue)).count(connection);
        let lengths = Queue::ALL.into_iter().map(waiting).collect::<rusqlite::Result<_>>()?;
        let mine = Filter { status: Some(StatusFilter::Mine), ..Filter::default() };
        let mut condition = Condition::new(&me, None);
        condition.filter(&mine);
        Ok((lengths, condition.count(connection)?))
    });
    counts.unwrap()
}

#[test]
fn the_numbers_that_the_database_keeps_are_those_of_the_cases() {
    let params = AddParams { blind_check: 0.3, overlap: 0.5, ..AddParams::default() };
    let (_folder, store) = store(10, &params);
    let names = ["ann", "bob", "cy"];
    let kinds = [DecisionKind::Answer, DecisionKind::Skip, DecisionKind::Adjudication];
    // A fixed sequence without a pattern (Knuth's linear congruential generator).
    let mut state = 1_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from((state >> 33) % below).unwrap()
    };
    let keys = store.taxonomy().unwrap().unwrap();
    for step in 0..200 {
        let (case, reviewer) = (format!("case-{}", draw(10)), names[draw(3)]);
        let view = store.case(&case, reviewer, None).unwrap();
        let key = keys.iter().nth(draw(2)).unwrap().1.key.clone();
        let request = DecisionRequest {
            flag: None,
            request_id: format!("request {step}"),
            queue: [Queue::Uncertain, Queue::Conflict, Queue::BlindCheck, Queue::All][draw(4)],
            kind: kinds[draw(3)],
            trends: Some(vec![key]),
            ..answer(&case, reviewer, view.version)
        };
        if draw(4) == 0 {
            let request_id = request.request_id;
            let undo = UndoRequest {
                request_id,
                reviewer: reviewer.into(),
                decision: None,
                together: false,
            };
            _ = store.undo(&undo);
        } else {
            // An adjudication without a conflict is refused.
            _ = store.decide(&request);
        }
        for name in names {
            let found = store.queues(name, None).unwrap();
            let open = found.queues.iter().map(|queue| queue.open).collect();
            assert_eq!((open, found.progress.mine), counted(&store, name), "step {step}, {name}");
        }
    }
    let query = "SELECT count(*) FROM decisions";
    let saved: i64 = store.read(|c| c.query_row(query, [], |row| row.get(0))).unwrap();
    assert!(saved > 100, "{saved} decisions");
}

#[test]
fn no_queue_is_sorted_to_find_its_next_case() {
    let (_folder, store) = store(3, &without_blind_check());
    let plans = store.read(|connection| {
        let plan = |queue: Queue| {
            let query = format!(
                "EXPLAIN QUERY PLAN SELECT c.number FROM cases c WHERE {} ORDER BY {}",
                queue.condition(),
                queue.order()
            );
            let mut statement = connection.prepare(&query)?;
            let rows =
                statement.query_map(&[(":me", "ann")], |row| row.get::<_, String>("detail"))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        Queue::ALL.into_iter().map(plan).collect::<rusqlite::Result<Vec<_>>>()
    });
    for (queue, plan) in Queue::ALL.iter().zip(plans.unwrap()) {
        let words = plan.join("; ");
        assert!(words.contains("INDEX cases_"), "{queue:?}: {words}");
        assert!(!words.contains("TEMP B-TREE"), "{queue:?}: {words}");
    }
}

#[test]
fn a_case_with_thousands_of_decisions_takes_one_more() {
    let (_folder, store) = store(1, &without_blind_check());
    let mut version = 0;
    store.decide(&answer("case-0", "bob", 0)).unwrap();
    for i in 0..300 {
        version = store.case("case-0", &format!("ann {i}"), None).unwrap().version;
        version = store.decide(&answer("case-0", &format!("ann {i}"), version)).unwrap().version;
    }
    let view = store.case("case-0", "bob", None).unwrap();
    assert_eq!((view.answers.map(|answers| answers.len()), view.version), (Some(301), version));
}
