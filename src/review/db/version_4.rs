//! Version 4 of the schema: batches of cases, what was withdrawn, and the journal.

use rusqlite::Connection;

use super::batch::EARLIER;
use super::reviewer::name_key;

/// Every case belongs to a batch, and all numbers are kept for each batch. What belongs
/// to a batch that was withdrawn leaves the tables of the review as a whole, so that no
/// query can meet it, and waits in tables of its own. A later step that changes one of
/// `cases`, `records`, `suggestions` and `decisions` changes its twin as well.
pub(crate) const VERSION_4: &str = "
CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    added TEXT NOT NULL,
    withdrawn TEXT
) STRICT;
CREATE UNIQUE INDEX batches_by_key ON batches (key) WHERE withdrawn IS NULL;
CREATE TABLE journal (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    event TEXT NOT NULL,
    batch TEXT NOT NULL,
    cases INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    person TEXT
) STRICT;

ALTER TABLE cases ADD COLUMN batch INTEGER NOT NULL DEFAULT 1;
CREATE INDEX cases_of_batch_by_priority ON cases (batch, status, priority, number);
CREATE INDEX cases_of_batch_by_number ON cases (batch, status, number);

CREATE TABLE withdrawn_cases AS SELECT * FROM cases WHERE 0;
CREATE INDEX withdrawn_by_number ON withdrawn_cases (number);
CREATE TABLE withdrawn_records AS SELECT * FROM records WHERE 0;
CREATE TABLE withdrawn_suggestions AS SELECT * FROM suggestions WHERE 0;
CREATE TABLE withdrawn_decisions AS SELECT * FROM decisions WHERE 0;

DROP TRIGGER case_added;
DROP TRIGGER case_removed;
DROP TRIGGER case_changed;
DROP TRIGGER standing_added;
DROP TRIGGER standing_removed;
DROP TRIGGER standing_changed;
DROP TABLE case_counts;
DROP TABLE person_counts;

CREATE TABLE case_counts (
    batch INTEGER NOT NULL,
    status TEXT NOT NULL,
    revealed INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (batch, status, revealed)
) STRICT, WITHOUT ROWID;
INSERT INTO case_counts
    SELECT batch, status, revealed, count(*) FROM cases GROUP BY batch, status, revealed;
CREATE TRIGGER case_added AFTER INSERT ON cases BEGIN
    INSERT INTO case_counts VALUES (new.batch, new.status, new.revealed, 1)
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_removed AFTER DELETE ON cases BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE batch = old.batch AND status = old.status AND revealed = old.revealed;
END;

CREATE TABLE person_counts (
    person TEXT NOT NULL,
    batch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    skipped_conflict INTEGER NOT NULL,
    status TEXT NOT NULL,
    revealed INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (person, batch, kind, skipped_conflict, status, revealed)
) STRICT, WITHOUT ROWID;
INSERT INTO person_counts
    SELECT m.person, c.batch, m.kind, m.skipped_conflict, c.status, c.revealed, count(*)
    FROM standing m JOIN cases c ON c.number = m.case_number
    GROUP BY m.person, c.batch, m.kind, m.skipped_conflict, c.status, c.revealed;
CREATE TRIGGER standing_added AFTER INSERT ON standing BEGIN
    INSERT INTO person_counts
        SELECT new.person, batch, new.kind, new.skipped_conflict, status, revealed, 1
        FROM cases WHERE number = new.case_number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER standing_removed AFTER DELETE ON standing BEGIN
    INSERT INTO person_counts
        SELECT old.person, batch, old.kind, old.skipped_conflict, status, revealed, -1
        FROM cases WHERE number = old.case_number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
END;
CREATE TRIGGER standing_changed AFTER UPDATE ON standing BEGIN
    INSERT INTO person_counts
        SELECT old.person, batch, old.kind, old.skipped_conflict, status, revealed, -1
        FROM cases WHERE number = old.case_number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
    INSERT INTO person_counts
        SELECT new.person, batch, new.kind, new.skipped_conflict, status, revealed, 1
        FROM cases WHERE number = new.case_number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_changed AFTER UPDATE OF status, revealed ON cases
    WHEN old.status <> new.status OR old.revealed <> new.revealed
BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE batch = old.batch AND status = old.status AND revealed = old.revealed;
    INSERT INTO case_counts VALUES (new.batch, new.status, new.revealed, 1)
        ON CONFLICT DO UPDATE SET cases = cases + 1;
    INSERT INTO person_counts
        SELECT person, old.batch, kind, skipped_conflict, old.status, old.revealed, -1
        FROM standing WHERE case_number = new.number
        ON CONFLICT DO UPDATE SET cases = cases - 1;
    INSERT INTO person_counts
        SELECT person, new.batch, kind, skipped_conflict, new.status, new.revealed, 1
        FROM standing WHERE case_number = new.number
        ON CONFLICT DO UPDATE SET cases = cases + 1;
END;
";

/// Gives the cases of an older database a batch; the tables give it the number 1.
pub(crate) fn fill_version_4(connection: &Connection) -> rusqlite::Result<()> {
    let insert = "INSERT INTO batches (number, key, name, added) \
                  SELECT 1, ?, ?, min(added) FROM cases HAVING count(*) > 0";
    connection.execute(insert, [&name_key(EARLIER), EARLIER]).map(|_| ())
}
