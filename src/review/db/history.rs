//! What the decisions on a case come to: who said what, and whether it is
//! decided.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::decision::{Answer, CaseStatus, DECISION_COLUMNS, DecisionKind, StoredDecision};

/// All decisions on a case, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    entries: Vec<StoredDecision>,
    undone: BTreeSet<i64>,
}

impl History {
    pub(crate) fn load(connection: &Connection, case: i64) -> rusqlite::Result<Self> {
        let query = format!(
            "SELECT {DECISION_COLUMNS} FROM decisions d WHERE d.case_number = ? ORDER BY d.number"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let entries = statement.query_map([case], StoredDecision::read)?;
        Ok(Self::new(entries.collect::<rusqlite::Result<_>>()?))
    }

    pub(crate) fn new(entries: Vec<StoredDecision>) -> Self {
        let undone = entries.iter().filter_map(|entry| entry.undoes).collect();
        Self { entries, undone }
    }

    pub(crate) fn entries(&self) -> &[StoredDecision] {
        &self.entries
    }

    /// The decisions that stand, undone ones and undoing left out.
    pub(crate) fn standing(&self) -> impl DoubleEndedIterator<Item = &StoredDecision> {
        self.entries.iter().filter(|entry| {
            entry.answer.kind != DecisionKind::Undo && !self.undone.contains(&entry.answer.decision)
        })
    }

    /// The last standing answer of each reviewer, in the order given.
    pub(crate) fn answers(&self) -> Vec<&Answer> {
        let mut answers: Vec<&Answer> = Vec::new();
        for entry in self.standing().filter(|entry| entry.answer.kind == DecisionKind::Answer) {
            answers.retain(|earlier| earlier.reviewer != entry.answer.reviewer);
            answers.push(&entry.answer);
        }
        answers
    }

    /// The adjudication that stands.
    pub(crate) fn adjudication(&self) -> Option<&Answer> {
        let mut last = self.standing().rev().map(|entry| &entry.answer);
        last.find(|answer| answer.kind == DecisionKind::Adjudication)
    }

    /// The answer of a reviewer that stands, or else the skip.
    pub(crate) fn of(&self, reviewer: &str) -> Option<&Answer> {
        let own = || {
            let own = self.standing().rev().map(|entry| &entry.answer);
            own.filter(|answer| answer.reviewer == reviewer)
        };
        own()
            .find(|a| a.kind == DecisionKind::Answer)
            .or_else(|| own().find(|a| a.kind == DecisionKind::Skip))
    }

    /// Status and, where the answers so far agree or were settled, the trends.
    pub(crate) fn outcome(&self, wanted: usize) -> (CaseStatus, Option<&[String]>) {
        if let Some(settled) = self.adjudication() {
            return (CaseStatus::Decided, Some(&settled.trends));
        }
        let answers = self.answers();
        let Some(first) = answers.first() else { return (CaseStatus::Open, None) };
        if answers.iter().any(|answer| answer.trends != first.trends) {
            return (CaseStatus::Conflict, None);
        }
        let status = if answers.len() >= wanted { CaseStatus::Decided } else { CaseStatus::Open };
        (status, Some(&first.trends))
    }

    /// Whether a reviewer is to answer without seeing the others' answers: two
    /// answers are wanted, and his is the one that lacks.
    pub(crate) fn is_blind(&self, reviewer: &str, wanted: usize) -> bool {
        wanted > 1
            && self.outcome(wanted).0 == CaseStatus::Open
            && self.answers().iter().all(|answer| answer.reviewer != reviewer)
    }

    /// Whether another's answer could ever be seen by a reviewer: one that was
    /// undone since could be as long as it stood.
    pub(crate) fn could_see_others(&self, reviewer: &str, wanted: usize) -> bool {
        (1..=self.entries.len()).filter_map(|count| self.entries.get(..count)).any(|then| {
            let then = Self::new(then.to_vec());
            let others = then.answers().iter().any(|answer| answer.reviewer != reviewer);
            others && !then.is_blind(reviewer, wanted)
        })
    }

    /// The number of the last decision that a reviewer may see and that bears on
    /// his answer: his own, and, unless he is to answer blind, the answers of
    /// others. Others' skips are no news.
    pub(crate) fn version(&self, reviewer: &str, wanted: usize) -> i64 {
        self.last_seen(reviewer, wanted).map_or(0, |entry| entry.answer.decision)
    }

    /// The decision that [`History::version`] numbers.
    pub(crate) fn last_seen(&self, reviewer: &str, wanted: usize) -> Option<&StoredDecision> {
        let blind = self.is_blind(reviewer, wanted);
        self.entries.iter().rev().find(|entry| {
            entry.answer.reviewer == reviewer || (!blind && !self.is_about_skip(entry))
        })
    }

    fn is_about_skip(&self, entry: &StoredDecision) -> bool {
        let undone = |number| self.entries.iter().find(|e| e.answer.decision == number);
        let entry = entry.undoes.and_then(undone).unwrap_or(entry);
        entry.answer.kind == DecisionKind::Skip
    }
}

#[cfg(test)]
mod tests {
    use super::super::decision::split_keys;
    use super::*;

    fn entry(
        decision: i64,
        reviewer: &str,
        kind: DecisionKind,
        trends: &str,
        undoes: i64,
    ) -> StoredDecision {
        let answer = Answer {
            decision,
            reviewer: reviewer.into(),
            trends: split_keys(trends),
            note: String::new(),
            kind,
            queue: "all".into(),
            time: None,
            model: "m".into(),
        };
        StoredDecision {
            answer,
            undoes: (undoes > 0).then_some(undoes),
            case_number: 1,
            blind: false,
        }
    }

    fn answer(decision: i64, reviewer: &str, trends: &str) -> StoredDecision {
        entry(decision, reviewer, DecisionKind::Answer, trends, 0)
    }

    #[test]
    fn one_answer_decides_two_that_differ_conflict_and_an_adjudication_settles() {
        let mut entries = vec![answer(1, "ann", "a")];
        assert_eq!(History::new(entries.clone()).outcome(1).0, CaseStatus::Decided);
        entries.push(answer(2, "bob", "-"));
        assert_eq!(History::new(entries.clone()).outcome(1), (CaseStatus::Conflict, None));
        entries.push(entry(3, "cy", DecisionKind::Adjudication, "a;b", 0));
        let keys = split_keys("a;b");
        assert_eq!(History::new(entries).outcome(1), (CaseStatus::Decided, Some(&keys[..])));
    }

    #[test]
    fn a_later_answer_of_the_same_reviewer_takes_the_place_of_the_earlier() {
        let history = History::new(vec![answer(1, "ann", "a"), answer(2, "ann", "b")]);
        assert_eq!(history.answers().len(), 1);
        assert_eq!(history.outcome(1).1, Some(&split_keys("b")[..]));
    }

    #[test]
    fn an_undone_answer_gives_way_to_the_one_before() {
        let history = History::new(vec![
            answer(1, "ann", "a"),
            answer(2, "ann", "b"),
            entry(3, "ann", DecisionKind::Undo, "", 2),
        ]);
        assert_eq!(history.of("ann").map(|a| a.decision), Some(1));
        assert_eq!(history.version("ann", 1), 3);
    }

    #[test]
    fn a_skip_keeps_an_answer_and_is_no_news_to_others() {
        let history =
            History::new(vec![answer(1, "ann", "a"), entry(2, "bob", DecisionKind::Skip, "", 0)]);
        assert_eq!((history.version("ann", 1), history.version("bob", 1)), (1, 2));
        let history =
            History::new(vec![answer(1, "ann", "a"), entry(2, "ann", DecisionKind::Skip, "", 0)]);
        assert_eq!(history.of("ann").map(|a| a.kind), Some(DecisionKind::Answer));
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
        let mut entries = vec![answer(1, "ann", "a"), entry(2, "ann", DecisionKind::Undo, "", 1)];
        let history = History::new(entries.clone());
        assert!(history.could_see_others("bob", 1), "one answer is wanted: it was shown");
        assert!(!history.could_see_others("bob", 2), "it was hidden from the second");
        assert!(!history.could_see_others("ann", 1));
        // His own answer brings the other's into view; taking it back does not help.
        entries = vec![answer(1, "ann", "a"), answer(2, "bob", "b")];
        entries.push(entry(3, "bob", DecisionKind::Undo, "", 2));
        let history = History::new(entries);
        assert!(history.is_blind("bob", 2) && history.could_see_others("bob", 2));
    }
}
