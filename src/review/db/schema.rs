//! The tables of a review database, and how older ones become newer ones.

use rusqlite::Connection;

/// Marks a SQLite file as ours ("trnd" in ASCII).
const APPLICATION: i32 = 0x7472_6e64;

/// One step per version of the schema. A step is never changed once it has
/// been released: what comes after is a new step.
const STEPS: [&str; 1] = [VERSION_1];

/// Suggestions and decisions are apart. Decisions are only ever added to: the
/// table `standing` (what a reviewer last did with a case) and the columns of
/// `cases` from `status` on follow from them.
const VERSION_1: &str = "
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE models (version TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE cases (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    text_columns TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    audit INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    added TEXT NOT NULL,
    model TEXT NOT NULL REFERENCES models,
    priority REAL NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'decided', 'conflict')),
    answers INTEGER NOT NULL DEFAULT 0,
    final TEXT,
    revealed INTEGER NOT NULL
) STRICT;
CREATE INDEX cases_by_priority ON cases (status, revealed, priority, number);
CREATE INDEX cases_by_model ON cases (model);
CREATE INDEX cases_by_fingerprint ON cases (fingerprint);
CREATE TABLE suggestions (
    case_number INTEGER NOT NULL REFERENCES cases,
    model TEXT NOT NULL REFERENCES models,
    probabilities TEXT NOT NULL,
    trends TEXT NOT NULL,
    reasons TEXT NOT NULL,
    margin REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (case_number, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL,
    part INTEGER NOT NULL,
    case_number INTEGER NOT NULL REFERENCES cases,
    reviewer TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'adjudication', 'skip', 'undo')),
    trends TEXT CHECK ((trends IS NULL) = (kind IN ('skip', 'undo'))),
    note TEXT NOT NULL,
    queue TEXT NOT NULL,
    time TEXT NOT NULL,
    model TEXT NOT NULL REFERENCES models,
    shown TEXT,
    blind INTEGER NOT NULL,
    undoes INTEGER REFERENCES decisions CHECK ((undoes IS NOT NULL) = (kind = 'undo')),
    UNIQUE (request, part)
) STRICT;
CREATE INDEX decisions_by_case ON decisions (case_number, number);
CREATE INDEX decisions_by_reviewer ON decisions (reviewer, number);
CREATE UNIQUE INDEX decisions_undone_once ON decisions (undoes) WHERE undoes IS NOT NULL;
CREATE TABLE standing (
    reviewer TEXT NOT NULL,
    case_number INTEGER NOT NULL REFERENCES cases,
    kind TEXT NOT NULL,
    PRIMARY KEY (reviewer, case_number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are not changed'); END;
CREATE TRIGGER decisions_are_not_deleted BEFORE DELETE ON decisions
    BEGIN SELECT RAISE(ABORT, 'decisions are not deleted'); END;
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', tokenize = 'unicode61');
";

/// Brings a database up to the present schema; an empty file gets all of it.
/// Returns why it cannot be, if it is another program's or a newer version's.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), String>> {
    // Exclusive from the start: two programs may open a new file at once.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (tables > 0 || version != 0) {
        return Ok(Err("it is the database of another program".into()));
    }
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(steps) = STEPS.get(done..) else {
        let known = STEPS.len();
        return Ok(Err(format!("its version is {version}, this program knows {known}")));
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    if !steps.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", STEPS.len() as i64)?;
    }
    transaction.commit()?;
    Ok(Ok(()))
}
