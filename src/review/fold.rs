//! What the decisions on a case come to: who said what, and whether it is
//! decided.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::taxonomy::NONE_APPLIES;

/// What a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The trends a reviewer gives a case.
    Answer,
    /// The trends that settle a conflict.
    Adjudication,
    /// The reviewer passes the case over.
    Skip,
    /// An earlier decision no longer stands.
    Undo,
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has fewer answers than wanted.
    Open,
    /// It has all answers and they agree, or it was adjudicated.
    Decided,
    /// Answers differ and nobody has adjudicated.
    Conflict,
}

/// A decision as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Number of its row; 0 if it was not saved.
    pub decision: i64,
    /// Who decided.
    pub reviewer: String,
    /// Keys of the trends; empty if none applies, or there is no answer in it.
    pub trends: Vec<String>,
    /// A note.
    pub note: String,
    /// What it is.
    pub kind: Kind,
    /// The queue in which it was given, or `import`.
    pub queue: String,
    /// When, UTC; `None` if it was not saved.
    pub time: Option<String>,
    /// Version of the model that was served.
    pub model: String,
}

/// A row of the decisions.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) answer: Answer,
    pub(super) undoes: Option<i64>,
    pub(super) blind: bool,
    pub(super) shown: bool,
}

/// The columns that [`Entry::read`] reads.
pub(super) const COLUMNS: &str =
    "number, reviewer, kind, trends, note, queue, time, model, undoes, blind, shown IS NOT NULL";

impl Entry {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let trends: Option<String> = row.get(3)?;
        Ok(Self {
            answer: Answer {
                decision: row.get(0)?,
                reviewer: row.get(1)?,
                kind: Kind::named(row.get_ref(2)?.as_str()?),
                trends: trends.map(|cell| split(&cell)).unwrap_or_default(),
                note: row.get(4)?,
                queue: row.get(5)?,
                time: Some(row.get(6)?),
                model: row.get(7)?,
            },
            undoes: row.get(8)?,
            blind: row.get(9)?,
            shown: row.get(10)?,
        })
    }
}

/// All decisions on a case, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct History {
    entries: Vec<Entry>,
    undone: BTreeSet<i64>,
}

impl History {
    pub(super) fn load(connection: &Connection, case: i64) -> rusqlite::Result<Self> {
        let query =
            format!("SELECT {COLUMNS} FROM decisions WHERE case_number = ? ORDER BY number");
        let mut statement = connection.prepare_cached(&query)?;
        let entries = statement.query_map([case], Entry::read)?;
        Ok(Self::new(entries.collect::<rusqlite::Result<_>>()?))
    }

    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let undone = entries.iter().filter_map(|entry| entry.undoes).collect();
        Self { entries, undone }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The decisions that stand, undone ones and undoing left out.
    pub(super) fn standing(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| {
            entry.answer.kind != Kind::Undo && !self.undone.contains(&entry.answer.decision)
        })
    }

    /// The last standing answer of each reviewer, in the order given.
    pub(super) fn answers(&self) -> Vec<&Answer> {
        let mut answers: Vec<&Answer> = Vec::new();
        for entry in self.standing().filter(|entry| entry.answer.kind == Kind::Answer) {
            answers.retain(|earlier| earlier.reviewer != entry.answer.reviewer);
            answers.push(&entry.answer);
        }
        answers
    }

    /// The adjudication that stands.
    pub(super) fn adjudication(&self) -> Option<&Answer> {
        let mut last = self.standing().rev().map(|entry| &entry.answer);
        last.find(|answer| answer.kind == Kind::Adjudication)
    }

    /// The answer of a reviewer that stands, or else the skip.
    pub(super) fn of(&self, reviewer: &str) -> Option<&Answer> {
        let own = || {
            let own = self.standing().rev().map(|entry| &entry.answer);
            own.filter(|answer| answer.reviewer == reviewer)
        };
        own().find(|a| a.kind == Kind::Answer).or_else(|| own().find(|a| a.kind == Kind::Skip))
    }

    /// Status and, where the answers so far agree or were settled, the trends.
    pub(super) fn outcome(&self, wanted: usize) -> (Status, Option<&[String]>) {
        if let Some(settled) = self.adjudication() {
            return (Status::Decided, Some(&settled.trends));
        }
        let answers = self.answers();
        let Some(first) = answers.first() else { return (Status::Open, None) };
        if answers.iter().any(|answer| answer.trends != first.trends) {
            return (Status::Conflict, None);
        }
        let status = if answers.len() >= wanted { Status::Decided } else { Status::Open };
        (status, Some(&first.trends))
    }

    /// Whether a reviewer is to answer without seeing the others' answers: two
    /// answers are wanted, and his is the one that lacks.
    pub(super) fn is_blind(&self, reviewer: &str, wanted: usize) -> bool {
        wanted > 1
            && self.outcome(wanted).0 == Status::Open
            && self.answers().iter().all(|answer| answer.reviewer != reviewer)
    }

    /// Whether another's answer could ever be seen by a reviewer: one that was
    /// undone since could be as long as it stood.
    pub(super) fn could_see_others(&self, reviewer: &str, wanted: usize) -> bool {
        (1..=self.entries.len()).filter_map(|count| self.entries.get(..count)).any(|then| {
            let then = Self::new(then.to_vec());
            let others = then.answers().iter().any(|answer| answer.reviewer != reviewer);
            others && !then.is_blind(reviewer, wanted)
        })
    }

    /// The number of the last decision that a reviewer may see and that bears on
    /// his answer: his own, and, unless he is to answer blind, the answers of
    /// others. Others' skips are no news.
    pub(super) fn version(&self, reviewer: &str, wanted: usize) -> i64 {
        self.last_seen(reviewer, wanted).map_or(0, |entry| entry.answer.decision)
    }

    /// The decision that [`History::version`] numbers.
    pub(super) fn last_seen(&self, reviewer: &str, wanted: usize) -> Option<&Entry> {
        let blind = self.is_blind(reviewer, wanted);
        self.entries.iter().rev().find(|entry| {
            entry.answer.reviewer == reviewer || (!blind && !self.is_about_skip(entry))
        })
    }

    fn is_about_skip(&self, entry: &Entry) -> bool {
        let undone = |number| self.entries.iter().find(|e| e.answer.decision == number);
        let entry = entry.undoes.and_then(undone).unwrap_or(entry);
        entry.answer.kind == Kind::Skip
    }
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Adjudication => "adjudication",
            Self::Skip => "skip",
            Self::Undo => "undo",
        }
    }

    /// The kind of a name that the schema allows.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "adjudication" => Self::Adjudication,
            "skip" => Self::Skip,
            "undo" => Self::Undo,
            _ => Self::Answer,
        }
    }
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Conflict => "conflict",
        }
    }

    /// The status of a name that the schema allows.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "decided" => Self::Decided,
            "conflict" => Self::Conflict,
            _ => Self::Open,
        }
    }
}

/// The keys of a `trends` cell.
pub(super) fn split(cell: &str) -> Vec<String> {
    let keys = cell.split(';').filter(|key| !key.is_empty() && *key != NONE_APPLIES);
    keys.map(str::to_owned).collect()
}

/// Keys as a `trends` cell.
pub(super) fn cell<S: AsRef<str>>(keys: &[S]) -> String {
    if keys.is_empty() {
        return NONE_APPLIES.to_owned();
    }
    keys.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(decision: i64, reviewer: &str, kind: Kind, trends: &str, undoes: i64) -> Entry {
        let answer = Answer {
            decision,
            reviewer: reviewer.into(),
            trends: split(trends),
            note: String::new(),
            kind,
            queue: "all".into(),
            time: None,
            model: "m".into(),
        };
        Entry { answer, undoes: (undoes > 0).then_some(undoes), blind: false, shown: true }
    }

    fn answer(decision: i64, reviewer: &str, trends: &str) -> Entry {
        entry(decision, reviewer, Kind::Answer, trends, 0)
    }

    #[test]
    fn one_answer_decides_two_that_differ_conflict_and_an_adjudication_settles() {
        let mut entries = vec![answer(1, "ann", "a")];
        assert_eq!(History::new(entries.clone()).outcome(1).0, Status::Decided);
        entries.push(answer(2, "bob", "-"));
        assert_eq!(History::new(entries.clone()).outcome(1), (Status::Conflict, None));
        entries.push(entry(3, "cy", Kind::Adjudication, "a;b", 0));
        let keys = split("a;b");
        assert_eq!(History::new(entries).outcome(1), (Status::Decided, Some(&keys[..])));
    }

    #[test]
    fn a_later_answer_of_the_same_reviewer_takes_the_place_of_the_earlier() {
        let history = History::new(vec![answer(1, "ann", "a"), answer(2, "ann", "b")]);
        assert_eq!(history.answers().len(), 1);
        assert_eq!(history.outcome(1).1, Some(&split("b")[..]));
    }

    #[test]
    fn an_undone_answer_gives_way_to_the_one_before() {
        let history = History::new(vec![
            answer(1, "ann", "a"),
            answer(2, "ann", "b"),
            entry(3, "ann", Kind::Undo, "", 2),
        ]);
        assert_eq!(history.of("ann").map(|a| a.decision), Some(1));
        assert_eq!(history.version("ann", 1), 3);
    }

    #[test]
    fn a_skip_keeps_an_answer_and_is_no_news_to_others() {
        let history = History::new(vec![answer(1, "ann", "a"), entry(2, "bob", Kind::Skip, "", 0)]);
        assert_eq!((history.version("ann", 1), history.version("bob", 1)), (1, 2));
        let history = History::new(vec![answer(1, "ann", "a"), entry(2, "ann", Kind::Skip, "", 0)]);
        assert_eq!(history.of("ann").map(|a| a.kind), Some(Kind::Answer));
    }

    #[test]
    fn who_is_to_answer_blind_sees_no_other_answer_until_his_own() {
        let mut entries = vec![answer(1, "ann", "a")];
        let history = History::new(entries.clone());
        assert!(history.is_blind("bob", 2) && !history.is_blind("ann", 2));
        assert_eq!((history.version("bob", 2), history.version("ann", 2)), (0, 1));
        entries.push(answer(2, "bob", "b"));
        let history = History::new(entries);
        assert!(!history.is_blind("bob", 2));
        assert_eq!(history.version("ann", 2), 2);
    }

    #[test]
    fn what_stood_for_a_while_could_be_seen_though_it_was_undone() {
        let mut entries = vec![answer(1, "ann", "a"), entry(2, "ann", Kind::Undo, "", 1)];
        let history = History::new(entries.clone());
        assert!(history.could_see_others("bob", 1), "one answer is wanted: it was shown");
        assert!(!history.could_see_others("bob", 2), "it was hidden from the second");
        assert!(!history.could_see_others("ann", 1));
        // His own answer brings the other's into view; taking it back does not help.
        entries = vec![answer(1, "ann", "a"), answer(2, "bob", "b")];
        entries.push(entry(3, "bob", Kind::Undo, "", 2));
        let history = History::new(entries);
        assert!(history.is_blind("bob", 2) && history.could_see_others("bob", 2));
    }

    #[test]
    fn cells_hold_keys_and_a_dash_where_none_applies() {
        assert_eq!((cell(&split("a;b")), cell(&split("-"))), ("a;b".into(), "-".into()));
    }
}
