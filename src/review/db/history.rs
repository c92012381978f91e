//! The history of a case: the answers of each reviewer, and whether the case is decided.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::decision::{Answer, CaseStatus, DECISION_COLUMNS, DecisionKind, Flag, StoredDecision};
use super::queue::Queue;

/// All decisions on a case, in order. A case can have thousands. The time to add one
/// hardly grows with their number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    entries: Vec<StoredDecision>,
    standing: Standing,
}

/// The current decisions, which have not been undone.
#[derive(Debug, Clone, Default, PartialEq)]
struct Standing {
    /// Positions of the answers among the entries, by reviewer.
    answers: BTreeMap<String, Vec<usize>>,
    /// Positions of the skips, by reviewer.
    skips: BTreeMap<String, Vec<usize>>,
    /// Positions of the adjudications.
    adjudications: Vec<usize>,
    /// Number of reviewers with a last answer of these trends.
    trends: BTreeMap<Said, usize>,
}

/// The trends of an answer, and the labels that it was asked about; `None` if about all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    trends: Vec<String>,
    asked: Option<Vec<String>>,
}

impl Said {
    fn of(entry: &StoredDecision) -> Self {
        Self { trends: entry.answer.trends.clone(), asked: entry.asked.clone() }
    }

    /// Returns whether two answers give the same trends among those that both were asked
    /// about.
    fn agrees(&self, other: &Self) -> bool {
        let is_asked =
            |said: &Self, key: &String| said.asked.as_ref().is_none_or(|a| a.contains(key));
        let missing = |one: &Self, two: &Self| {
            one.trends.iter().any(|key| is_asked(two, key) && !two.trends.contains(key))
        };
        !missing(self, other) && !missing(other, self)
    }

    /// Number of labels that it was asked about.
    fn breadth(&self) -> usize {
        self.asked.as_ref().map_or(usize::MAX, Vec::len)
    }
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
        let mut standing = Standing::default();
        for place in 0..entries.len() {
            standing.add(&entries, place);
        }
        Self { entries, standing }
    }

    /// Adds a decision that comes after the others.
    pub(crate) fn push(&mut self, entry: StoredDecision) {
        self.entries.push(entry);
        self.standing.add(&self.entries, self.entries.len() - 1);
    }

    pub(crate) fn entries(&self) -> &[StoredDecision] {
        &self.entries
    }

    /// Returns the decision with this number.
    pub(crate) fn entry(&self, number: i64) -> Option<&StoredDecision> {
        place_of(&self.entries, number).and_then(|place| self.entries.get(place))
    }

    fn answer_at(&self, place: usize) -> Option<&Answer> {
        self.entries.get(place).map(|entry| &entry.answer)
    }

    /// Returns the current answer of each reviewer, in the order of the answers.
    pub(crate) fn answers(&self) -> Vec<&Answer> {
        let places = self.standing.answers.values().filter_map(|places| places.last());
        let mut places: Vec<usize> = places.copied().collect();
        places.sort_unstable();
        places.into_iter().filter_map(|place| self.answer_at(place)).collect()
    }

    /// Returns the number of reviewers with a current answer.
    pub(crate) fn answer_count(&self) -> usize {
        self.standing.trends.values().sum()
    }

    /// Returns the first current answer of each reviewer that was given without seeing
    /// another.
    pub(crate) fn blind_answers(&self) -> Vec<&Answer> {
        let blind = |places: &Vec<usize>| {
            let mut entries = places.iter().filter_map(|place| self.entries.get(*place));
            entries.find(|entry| entry.blind).map(|entry| &entry.answer)
        };
        self.standing.answers.values().filter_map(blind).collect()
    }

    /// Returns the current adjudication.
    pub(crate) fn adjudication(&self) -> Option<&Answer> {
        self.standing.adjudications.last().and_then(|place| self.answer_at(*place))
    }

    /// Returns the current answer of a reviewer, or else their skip.
    pub(crate) fn of(&self, reviewer: &str) -> Option<&Answer> {
        let last = |places: &BTreeMap<String, Vec<usize>>| places.get(reviewer)?.last().copied();
        let place = last(&self.standing.answers).or_else(|| last(&self.standing.skips))?;
        self.answer_at(place)
    }

    /// Returns whether a reviewer skipped the case when it was in conflict, or when it was
    /// asked about new trends.
    pub(crate) fn skipped_conflict(&self, reviewer: &str) -> bool {
        let places = self.standing.skips.get(reviewer).into_iter().flatten();
        let mut skips = places.filter_map(|place| self.answer_at(*place));
        let passed = [Queue::Conflict.name(), Queue::NewTrends.name()];
        skips.any(|skip| passed.contains(&skip.queue.as_str()))
    }

    /// Returns the decision with the current flag of the case: unusable unless someone
    /// has answered since, or for a colleague who has not answered yet.
    pub(crate) fn flagged(&self, wanted: usize) -> Option<&Answer> {
        let flagged = |flag| self.last_skip_with(flag);
        if let Some(place) = flagged(Flag::Unusable).filter(|p| Some(*p) > self.last_answer()) {
            return self.answer_at(place);
        }
        let asked = flagged(Flag::AskColleague).filter(|place| {
            let theirs = self.answer_at(*place).map(|skip| skip.reviewer.as_str());
            let is_later = |(reviewer, places): (&String, &Vec<usize>)| {
                theirs != Some(reviewer) && places.last().is_some_and(|answer| answer > place)
            };
            self.standing.status(wanted) == CaseStatus::Open
                && !self.standing.answers.iter().any(is_later)
        });
        asked.and_then(|place| self.answer_at(place))
    }

    /// Returns the position of the last current skip with a flag.
    fn last_skip_with(&self, flag: Flag) -> Option<usize> {
        let places = self.standing.skips.values().flatten().copied();
        places.filter(|place| self.answer_at(*place).is_some_and(|a| a.flag == Some(flag))).max()
    }

    /// Returns the position of the last current answer or adjudication.
    fn last_answer(&self) -> Option<usize> {
        let answers = self.standing.answers.values().filter_map(|places| places.last());
        answers.chain(self.standing.adjudications.last()).copied().max()
    }

    fn is_unusable(&self) -> bool {
        self.last_skip_with(Flag::Unusable).is_some_and(|place| Some(place) > self.last_answer())
    }

    /// Returns whether the deciding answer was accepted in bulk without being read.
    pub(crate) fn is_bulk(&self) -> bool {
        self.adjudication().is_none()
            && self.standing.answers.values().any(|places| {
                places.last().and_then(|place| self.answer_at(*place)).is_some_and(|a| a.bulk)
            })
    }

    /// Returns the status and, if the answers so far agree or were settled, the trends. A
    /// case flagged as unusable is decided without trends.
    pub(crate) fn outcome(&self, wanted: usize) -> (CaseStatus, Option<&[String]>) {
        if self.is_unusable() {
            return (CaseStatus::Decided, None);
        }
        let status = self.standing.status(wanted);
        if let Some(settled) = self.adjudication() {
            return (status, Some(&settled.trends));
        }
        match self.standing.broadest() {
            Some(said) if status != CaseStatus::Conflict => (status, Some(&said.trends)),
            _ => (status, None),
        }
    }

    /// Returns the keys of the labels that the outcome was asked about; `None` if about
    /// all, or if there is no outcome.
    pub(crate) fn asked(&self, wanted: usize) -> Option<&[String]> {
        self.outcome(wanted).1?;
        if let Some(place) = self.standing.adjudications.last() {
            return self.entries.get(*place)?.asked.as_deref();
        }
        self.standing.broadest()?.asked.as_deref()
    }

    /// Returns whether a reviewer must answer without seeing other answers: several
    /// answers are required, and theirs is missing.
    pub(crate) fn is_blind(&self, reviewer: &str, wanted: usize) -> bool {
        self.standing.is_blind(reviewer, wanted)
    }

    /// Returns whether the suggestion is hidden from a reviewer because they give the second
    /// answer: two answers that lean on the same suggestion would agree too often.
    pub(crate) fn hides_suggestion(&self, reviewer: &str, wanted: usize) -> bool {
        self.answer_count() > 0 && self.is_blind(reviewer, wanted)
    }

    /// Returns whether a reviewer could ever see the answer of another, including one
    /// that was undone later.
    pub(crate) fn could_see_others(&self, reviewer: &str, wanted: usize) -> bool {
        let mut then = Standing::default();
        (0..self.entries.len()).any(|place| {
            then.add(&self.entries, place);
            then.has_answer_of_others(reviewer) && !then.is_blind(reviewer, wanted)
        })
    }

    /// Returns the number of the last decision that a reviewer can see and that affects
    /// their answer: their own and, unless they must answer blind, the answers of others.
    /// Skips of others do not count.
    pub(crate) fn version(&self, reviewer: &str, wanted: usize) -> i64 {
        self.last_seen(reviewer, wanted).map_or(0, |entry| entry.answer.decision)
    }

    /// Returns the decision with the number of [`History::version`].
    pub(crate) fn last_seen(&self, reviewer: &str, wanted: usize) -> Option<&StoredDecision> {
        let blind = self.is_blind(reviewer, wanted);
        self.entries.iter().rev().find(|entry| {
            entry.answer.reviewer == reviewer || (!blind && !self.is_about_skip(entry))
        })
    }

    fn is_about_skip(&self, entry: &StoredDecision) -> bool {
        let entry = entry.undoes.and_then(|number| self.entry(number)).unwrap_or(entry);
        entry.answer.kind == DecisionKind::Skip && entry.answer.flag != Some(Flag::Unusable)
    }
}

impl Standing {
    /// Adds the next entry.
    fn add(&mut self, entries: &[StoredDecision], place: usize) {
        let Some(entry) = entries.get(place) else { return };
        let reviewer = || entry.answer.reviewer.clone();
        match entry.answer.kind {
            DecisionKind::Answer => {
                self.change_answers(entries, &entry.answer.reviewer, |places| places.push(place));
            }
            DecisionKind::Skip => self.skips.entry(reviewer()).or_default().push(place),
            DecisionKind::Adjudication => self.adjudications.push(place),
            DecisionKind::Undo => {
                let undone = entry.undoes.and_then(|number| place_of(entries, number));
                if let Some(undone) = undone {
                    self.remove(entries, undone);
                }
            }
        }
    }

    /// Removes an entry that was undone.
    fn remove(&mut self, entries: &[StoredDecision], undone: usize) {
        let Some(entry) = entries.get(undone) else { return };
        let without = |places: &mut Vec<usize>| places.retain(|place| *place != undone);
        match entry.answer.kind {
            DecisionKind::Answer => {
                self.change_answers(entries, &entry.answer.reviewer, without);
            }
            DecisionKind::Skip => {
                self.skips.entry(entry.answer.reviewer.clone()).and_modify(without);
            }
            DecisionKind::Adjudication => without(&mut self.adjudications),
            DecisionKind::Undo => {}
        }
    }

    /// Changes the answers of a reviewer, and counts the trends of the last one.
    fn change_answers(
        &mut self,
        entries: &[StoredDecision],
        reviewer: &str,
        change: impl FnOnce(&mut Vec<usize>),
    ) {
        let places = self.answers.entry(reviewer.to_owned()).or_default();
        let said = |place: Option<&usize>| Some(Said::of(entries.get(*place?)?));
        let before = said(places.last());
        change(places);
        let after = said(places.last());
        if places.is_empty() {
            self.answers.remove(reviewer);
        }
        if let Some(said) = before
            && let Some(count) = self.trends.get_mut(&said)
        {
            *count -= 1;
            if *count == 0 {
                self.trends.remove(&said);
            }
        }
        if let Some(said) = after {
            *self.trends.entry(said).or_default() += 1;
        }
    }

    /// Returns whether two answers differ on labels that both were asked about.
    fn differ(&self) -> bool {
        let said: Vec<&Said> = self.trends.keys().collect();
        let mut rest = said.iter().enumerate();
        rest.any(|(i, one)| said[i + 1..].iter().any(|other| !one.agrees(other)))
    }

    /// Returns the answer that was asked about most labels.
    fn broadest(&self) -> Option<&Said> {
        self.trends.keys().max_by_key(|said| said.breadth())
    }

    fn status(&self, wanted: usize) -> CaseStatus {
        let answers: usize = self.trends.values().sum();
        if !self.adjudications.is_empty() {
            CaseStatus::Decided
        } else if self.differ() {
            CaseStatus::Conflict
        } else if answers > 0 && answers >= wanted {
            CaseStatus::Decided
        } else {
            CaseStatus::Open
        }
    }

    fn is_blind(&self, reviewer: &str, wanted: usize) -> bool {
        wanted > 1
            && self.status(wanted) == CaseStatus::Open
            && !self.answers.contains_key(reviewer)
    }

    fn has_answer_of_others(&self, reviewer: &str) -> bool {
        self.answers.len() > usize::from(self.answers.contains_key(reviewer))
    }
}

/// Returns the position of a decision among entries sorted by number.
fn place_of(entries: &[StoredDecision], number: i64) -> Option<usize> {
    entries.binary_search_by_key(&number, |entry| entry.answer.decision).ok()
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
            flag: None,
            bulk: false,
        };
        StoredDecision {
            answer,
            undoes: (undoes > 0).then_some(undoes),
            case_number: 1,
            blind: false,
            seen: false,
            asked: None,
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
    fn an_answer_says_nothing_of_labels_that_it_was_not_asked_about() {
        let asked = |decision, reviewer, trends, asked: &str| StoredDecision {
            asked: Some(split_keys(asked)),
            ..answer(decision, reviewer, trends)
        };
        let (first, both) = (split_keys("a"), split_keys("a;new"));
        let mut entries = vec![asked(1, "ann", "a", "a;b")];
        let history = History::new(entries.clone());
        assert_eq!(history.outcome(1), (CaseStatus::Decided, Some(&first[..])));
        assert_eq!(history.asked(1), Some(&split_keys("a;b")[..]));
        entries.push(answer(2, "bob", "a;new"));
        let history = History::new(entries.clone());
        assert_eq!(history.outcome(1), (CaseStatus::Decided, Some(&both[..])));
        assert_eq!(history.asked(1), None);
        entries.push(asked(3, "cy", "b", "a;b"));
        assert_eq!(History::new(entries.clone()).outcome(1).0, CaseStatus::Conflict);
        entries.push(entry(4, "dee", DecisionKind::Adjudication, "b", 0));
        assert_eq!(History::new(entries).asked(1), None);
    }

    fn flag(decision: i64, reviewer: &str, flag: Flag) -> StoredDecision {
        let mut skip = entry(decision, reviewer, DecisionKind::Skip, "", 0);
        skip.answer.flag = Some(flag);
        skip
    }

    #[test]
    fn an_unusable_case_is_decided_without_trends_until_someone_answers_it() {
        let mut entries = vec![answer(1, "ann", "a"), flag(2, "bob", Flag::Unusable)];
        let history = History::new(entries.clone());
        assert_eq!(history.outcome(1), (CaseStatus::Decided, None));
        assert_eq!(history.flagged(1).map(|flag| flag.decision), Some(2));
        assert_eq!(history.version("ann", 1), 2, "it is news to others");
        entries.push(answer(3, "ann", "a"));
        let history = History::new(entries);
        assert_eq!((history.outcome(1).1, history.flagged(1)), (Some(&split_keys("a")[..]), None));
    }

    #[test]
    fn a_case_for_a_colleague_is_open_until_another_answers() {
        let mut entries = vec![flag(1, "ann", Flag::AskColleague)];
        let history = History::new(entries.clone());
        assert_eq!(history.outcome(1).0, CaseStatus::Open);
        assert_eq!(history.flagged(1).map(|flag| flag.decision), Some(1));
        entries.push(answer(2, "bob", "a"));
        assert_eq!(History::new(entries.clone()).flagged(1), None);
        assert_eq!(History::new(entries.clone()).flagged(2), None, "one colleague has");
        entries.push(entry(3, "bob", DecisionKind::Undo, "", 2));
        assert!(History::new(entries).flagged(1).is_some());
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
    fn who_is_to_answer_blind_sees_no_other_answer_until_their_own() {
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
        // A reviewer's own answer reveals the other one. Undoing it does not hide it
        // again.
        entries = vec![answer(1, "ann", "a"), answer(2, "bob", "b")];
        entries.push(entry(3, "bob", DecisionKind::Undo, "", 2));
        let history = History::new(entries);
        assert!(history.is_blind("bob", 2) && history.could_see_others("bob", 2));
    }
}
