//! Saves imported labels as answers.

use std::collections::BTreeSet;
use std::time::SystemTime;

use rusqlite::Connection;

use super::labelled::{Found, GivenAnswer, LabelledCase, request_of};
use super::{ImportParams, Imported};
use crate::error::{Action, Error};
use crate::review::actions::priority::set_priorities;
use crate::review::db::clock::{now, time_text};
use crate::review::db::decision::{Answer, DecisionKind, StoredDecision};
use crate::review::db::derived::bring_up_to_date;
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::queue::{IMPORT, Queue};
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::stored_case::StoredCase;
use crate::taxonomy::join_keys;

/// What happens to an answer.
enum Fate {
    Save,
    /// It already exists.
    Known,
    /// The same reviewer gave a different one.
    Other,
}

/// Saves the answers to existing cases and counts them. Returns an error for each answer
/// that is not saved because the same reviewer gave a different one.
pub(super) fn save(
    connection: &Connection,
    cases: &[LabelledCase],
    params: &ImportParams,
    total: &mut Imported,
) -> Result<Vec<Error>, Refusal> {
    let (time, mut errors) = (now(), Vec::new());
    for case in cases {
        let number = match case.find(connection, params.by_id)? {
            Found::SameText(number) => number,
            Found::SameId(number) => {
                total.by_id += 1;
                number
            }
            _ => continue,
        };
        let stored = StoredCase::by_number(connection, number)?;
        let mut history = History::load(connection, number)?;
        let mut reviewers = BTreeSet::new();
        for given in &case.answers {
            let spelling = given.by.as_deref().unwrap_or(&params.reviewer);
            let reviewer = match Reviewer::find(connection, spelling) {
                Err(Refusal::Invalid { reason, .. }) => {
                    total.failed += 1;
                    errors.push(invalid_name(case, spelling, &reason));
                    continue;
                }
                found => found?,
            };
            match given.fate(&history, &reviewer, stored.wanted, params) {
                Fate::Known => {
                    total.known += 1;
                    continue;
                }
                Fate::Other => {
                    total.failed += 1;
                    errors.push(other_answer(case, &stored.id, &reviewer.name));
                    continue;
                }
                Fate::Save => {}
            }
            given.insert(connection, &stored, &mut history, (&reviewer, spelling), &time)?;
            reviewers.insert(reviewer.name);
            total.saved += 1;
        }
        // Read once for all answers to the case, since there can be thousands.
        if !reviewers.is_empty() {
            let reviewers = reviewers.iter().map(String::as_str);
            bring_up_to_date(connection, &stored, &history, reviewers)?;
        }
    }
    set_priorities(connection)?;
    Ok(errors)
}

impl GivenAnswer {
    /// Decides whether it is new. It replaces a different answer under the same name only
    /// if requested, since it may be another person's.
    fn fate(
        &self,
        history: &History,
        reviewer: &Reviewer,
        wanted: usize,
        params: &ImportParams,
    ) -> Fate {
        let standing = match self.kind {
            DecisionKind::Adjudication => history.adjudication(),
            DecisionKind::Skip => history.of(&reviewer.name),
            _ => history.of(&reviewer.name).filter(|answer| answer.kind == DecisionKind::Answer),
        };
        // Exports number reviewers unless they name them.
        let is_numbered = self.by.as_deref().is_some_and(is_number_of_reviewer);
        let is_same_act = |entry: &StoredDecision| {
            let answer = &entry.answer;
            let same = answer.kind == self.kind
                && answer.trends == self.trends
                && (is_numbered || answer.reviewer == reviewer.name);
            same && self.time.as_deref().and_then(normal_time) == answer.time
        };
        let is_decided = self.by.is_none()
            && history.outcome(wanted).1 == Some(self.trends.as_slice())
            && !self.says_more(history.asked(wanted));
        let says_more = |answer: &Answer| {
            let entry = history.entry(answer.decision);
            self.says_more(entry.and_then(|entry| entry.asked.as_deref()))
        };
        match standing {
            _ if self.time.is_some() && history.entries().iter().any(is_same_act) => Fate::Known,
            _ if is_decided => Fate::Known,
            Some(answer) if answer.trends == self.trends && says_more(answer) => Fate::Save,
            Some(answer) if answer.trends == self.trends => Fate::Known,
            Some(_) if !params.replace => Fate::Other,
            _ => Fate::Save,
        }
    }

    /// Returns whether it is about more trends than those that an answer was asked about.
    fn says_more(&self, asked: Option<&[String]>) -> bool {
        asked.is_some_and(|asked| {
            self.asked.as_ref().is_none_or(|own| own.iter().any(|key| !asked.contains(key)))
        })
    }

    fn insert(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        history: &mut History,
        (reviewer, spelling): (&Reviewer, &str),
        now: &str,
    ) -> Result<(), Refusal> {
        let cell = join_keys(&self.trends);
        let last = history.entries().len().to_string();
        let parts = [&stored.id, &reviewer.name, self.kind.name(), &cell, &last];
        // It is known what was shown only if the same model made the suggestion.
        let is_known = self.seen.as_ref().is_none_or(|model| *model == stored.model);
        let queue = self
            .queue
            .as_deref()
            .filter(|name| is_known && Queue::ALL.iter().any(|queue| queue.name() == *name));
        let time = self.time.as_deref().and_then(normal_time);
        let asked = self.asked.as_ref().filter(|_| self.kind != DecisionKind::Skip);
        let new = NewDecision {
            request: &request_of(&parts),
            part: 0,
            reviewer,
            spelling,
            kind: self.kind,
            trends: (self.kind != DecisionKind::Skip).then_some(&cell),
            note: &self.note,
            queue: queue.unwrap_or(IMPORT),
            time: time.as_deref().unwrap_or(now),
            model: None,
            undoes: None,
            blind: Some(self.blind),
            flag: self.flag,
            bulk: self.bulk,
            asked: asked.map(Vec::as_slice),
            seen: self.seen.is_some() && is_known,
        };
        new.insert(connection, stored, history)
    }
}

/// Returns whether a name is a number that an export used instead of a name.
fn is_number_of_reviewer(name: &str) -> bool {
    let number = name.strip_prefix("reviewer ");
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Parses a time as it is stored; `None` if it is invalid.
fn normal_time(text: &str) -> Option<String> {
    let time: SystemTime = humantime::parse_rfc3339_weak(text.trim()).ok()?;
    Some(time_text(time))
}

fn invalid_name(case: &LabelledCase, name: &str, reason: &str) -> Error {
    let reason = format!("the reviewer \"{name}\": {reason}");
    Error::bad_row(case.place.clone(), reason, "correct the name")
}

fn other_answer(case: &LabelledCase, id: &str, name: &str) -> Error {
    Error::bad_row(
        case.place.clone(),
        format!("\"{name}\" has given the case \"{id}\" another answer already"),
        Action::NameReviewer
            .to("name the reviewer of this file; to replace the earlier answers, say so")
            .by(Action::ReplaceAnswers),
    )
}
