//! The tables of a review database, and the upgrade of older ones.

use rusqlite::Connection;

use super::upgrade::fill_version_2;
use super::version_3::{VERSION_3, fill_version_3};
use super::version_4::{VERSION_4, fill_version_4};
use super::version_5::VERSION_5;
use super::version_6::VERSION_6;

/// Marks a SQLite file as ours ("trnd" in ASCII).
const APPLICATION: i32 = 0x7472_6e64;

/// One step per version of the schema: its tables, and the function that fills them. A
/// released step is never changed; a change is a new step. All tables are created before
/// any is filled, because filling uses the tables of this version.
const STEPS: [(&str, Fill); 6] = [
    (VERSION_1, |_| Ok(())),
    (VERSION_2, fill_version_2),
    (VERSION_3, fill_version_3),
    (VERSION_4, fill_version_4),
    (VERSION_5, |_| Ok(())),
    (VERSION_6, |_| Ok(())),
];

type Fill = fn(&Connection) -> rusqlite::Result<()>;

/// Suggestions and decisions are separate. Decisions are append-only. The table
/// `standing` (the last action of a reviewer on a case) and the columns of `cases` from
/// `status` on are derived from them.
pub(crate) const VERSION_1: &str = "
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

/// Reads of a queue, a count or a search take the same time for any number of cases: the
/// long records are in a separate table, every queue has an index in its order, and
/// triggers count cases within the transaction that changes them. Decisions name a
/// `person`, whose name may have several spellings (`reviewer`).
const VERSION_2: &str = "
ALTER TABLE cases RENAME COLUMN audit TO blind_check;
CREATE TABLE records (
    case_number INTEGER PRIMARY KEY REFERENCES cases,
    record TEXT NOT NULL,
    text_columns TEXT NOT NULL
) STRICT;
INSERT INTO records SELECT number, record, text_columns FROM cases;
ALTER TABLE cases DROP COLUMN record;
ALTER TABLE cases DROP COLUMN text_columns;
CREATE INDEX cases_by_number ON cases (status, revealed, number);
CREATE INDEX cases_of_blind_check ON cases (number) WHERE blind_check;

DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5
    (text, content = '', contentless_delete = 1, tokenize = 'unicode61', prefix = '1 2 3');

CREATE TABLE persons (key TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
ALTER TABLE decisions ADD COLUMN person TEXT NOT NULL DEFAULT '';
DROP INDEX decisions_by_reviewer;
CREATE INDEX decisions_by_person ON decisions (person, number);

DROP TABLE standing;
CREATE TABLE standing (
    person TEXT NOT NULL REFERENCES persons (name),
    case_number INTEGER NOT NULL REFERENCES cases,
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'skip')),
    skipped_conflict INTEGER NOT NULL,
    PRIMARY KEY (person, case_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX standing_by_case ON standing (case_number);

CREATE TABLE case_counts (
    status TEXT NOT NULL,
    revealed INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (status, revealed)
) STRICT, WITHOUT ROWID;
INSERT INTO case_counts SELECT status, revealed, count(*) FROM cases GROUP BY status, revealed;
CREATE TRIGGER case_added AFTER INSERT ON cases BEGIN
    INSERT INTO case_counts VALUES (new.status, new.revealed, 1)
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_removed AFTER DELETE ON cases BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE status = old.status AND revealed = old.revealed;
END;

CREATE TABLE person_counts (
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    skipped_conflict INTEGER NOT NULL,
    status TEXT NOT NULL,
    revealed INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (person, kind, skipped_conflict, status, revealed)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER standing_added AFTER INSERT ON standing BEGIN
    INSERT INTO person_counts
        SELECT new.person, new.kind, new.skipped_conflict, status, revealed, 1
        FROM cases WHERE number = new.case_number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER standing_removed AFTER DELETE ON standing BEGIN
    INSERT INTO person_counts
        SELECT old.person, old.kind, old.skipped_conflict, status, revealed, -1
        FROM cases WHERE number = old.case_number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
END;
CREATE TRIGGER standing_changed AFTER UPDATE ON standing BEGIN
    INSERT INTO person_counts
        SELECT old.person, old.kind, old.skipped_conflict, status, revealed, -1
        FROM cases WHERE number = old.case_number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
    INSERT INTO person_counts
        SELECT new.person, new.kind, new.skipped_conflict, status, revealed, 1
        FROM cases WHERE number = new.case_number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_changed AFTER UPDATE OF status, revealed ON cases
    WHEN old.status <> new.status OR old.revealed <> new.revealed
BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE status = old.status AND revealed = old.revealed;
    INSERT INTO case_counts VALUES (new.status, new.revealed, 1)
        ON CONFLICT DO UPDATE SET cases = cases + 1;
    INSERT INTO person_counts
        SELECT person, kind, skipped_conflict, old.status, old.revealed, -1
        FROM standing WHERE case_number = new.number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
    INSERT INTO person_counts
        SELECT person, kind, skipped_conflict, new.status, new.revealed, 1
        FROM standing WHERE case_number = new.number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
";

/// Why a file is not a database that this program can use.
pub(crate) struct Foreign(pub(crate) String);

/// Returns the schema version of a database; 0 if it is empty.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<Result<usize, Foreign>> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (tables > 0 || version != 0) {
        return Ok(Err(Foreign("it is the database of another program".into())));
    }
    let known = STEPS.len();
    match usize::try_from(version).ok().filter(|version| *version <= known) {
        Some(version) => Ok(Ok(version)),
        None => Ok(Err(Foreign(format!("its version is {version}, this program knows {known}")))),
    }
}

/// Returns whether a database has an older schema that [`migrate`] will change.
pub(crate) const fn is_older(version: usize) -> bool {
    0 < version && version < STEPS.len()
}

/// Returns whether a database has the current schema, so that nothing has to change.
pub(crate) const fn is_current(version: usize) -> bool {
    version == STEPS.len()
}

/// Upgrades a database to the current schema; an empty file gets the full schema.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), Foreign>> {
    // Exclusive from the start, because two programs can open a new file at the same
    // time.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done = match version(&transaction)? {
        Ok(done) => done,
        Err(foreign) => return Ok(Err(foreign)),
    };
    for (tables, _) in STEPS.iter().skip(done) {
        transaction.execute_batch(tables)?;
    }
    for (_, fill) in STEPS.iter().skip(done) {
        fill(&transaction)?;
    }
    if done < STEPS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", STEPS.len() as i64)?;
    }
    transaction.commit()?;
    Ok(Ok(()))
}
