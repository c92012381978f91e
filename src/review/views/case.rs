//! A case as shown to a reviewer.

use std::time::Instant;

use rusqlite::Connection;
use serde::Serialize;

use crate::review::db::clock::time_of;
use crate::review::db::decision::{Answer, CaseStatus};
use crate::review::db::fingerprint::fingerprint;
use crate::review::db::history::History;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::stored_case::{Metadatum, StoredCase, Text};
use crate::review::db::suggestion::explain;
use crate::tagger::Model;
use crate::tagger::Suggestion;

/// A case as shown to a reviewer, without the fields that they must judge unaided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseView {
    /// The id.
    pub id: String,
    /// The name of its batch.
    pub batch: String,
    /// Its texts, in the order of the model's fields.
    pub texts: Vec<Text>,
    /// The other columns, in the order of the file.
    pub metadata: Vec<Metadatum>,
    /// Status of the case.
    pub status: CaseStatus,
    /// Version of the case, to base an answer on.
    pub version: i64,
    /// Whether it belongs to the blind check.
    pub blind_check: bool,
    /// Number of reviewers who are to answer.
    pub reviewers_wanted: usize,
    /// Whether the suggestion is hidden, because it is being measured or because this is the
    /// second of two answers.
    pub suggestion_hidden: bool,
    /// The suggestion.
    pub suggestion: Option<Suggestion>,
    /// The answer or skip of this reviewer.
    pub mine: Option<Answer>,
    /// The answers; `None` if this reviewer must answer without seeing them.
    pub answers: Option<Vec<Answer>>,
    /// The trends on which the answers agree or that were settled.
    #[serde(rename = "final")]
    pub outcome: Option<Vec<String>>,
    /// Another reviewer who has it open.
    pub held_by: Option<String>,
    /// Latest end of the hold, in UTC.
    pub held_until: Option<String>,
    /// Whether it was held back from a bulk action as a random check.
    pub spot_check: bool,
    /// The decision that flags it, as unusable or for a colleague.
    pub flagged: Option<Answer>,
    /// Keys of the trends that did not exist when it was decided; empty if there are none,
    /// or as long as the answers are hidden from this reviewer.
    pub unasked: Vec<String>,
}

/// A case that was decided while a reviewer worked on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outdated {
    /// The last decision on the case that the reviewer had not seen.
    pub current: Option<Answer>,
    /// Version of the model of the case's suggestion.
    pub model: String,
    /// The current case.
    pub case: CaseView,
}

/// Number of evidence terms per trend that a reviewer sees.
const EVIDENCE: usize = 12;

impl Store {
    /// Returns a case as shown to a reviewer, with evidence if `model` made the
    /// suggestion.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn case(
        &self,
        id: &str,
        reviewer: &str,
        model: Option<&Model>,
    ) -> Result<CaseView, Refusal> {
        let now = Instant::now();
        self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let stored = StoredCase::by_id(connection, id)?;
            self.view(connection, &stored, &me, model, now)
        })
    }

    /// Returns the current case for a reviewer with an [outdated](Refusal::Outdated)
    /// decision, and the last decision that they had not seen.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn outdated(
        &self,
        id: &str,
        reviewer: &str,
        model: Option<&Model>,
    ) -> Result<Outdated, Refusal> {
        let now = Instant::now();
        self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let stored = StoredCase::by_id(connection, id)?;
            let history = History::load(connection, stored.number)?;
            let seen = history.last_seen(&me.name, stored.wanted);
            let current = seen.map(|entry| entry.answer.clone());
            let case = self.view(connection, &stored, &me, model, now)?;
            Ok(Outdated { current, model: stored.model, case })
        })
    }

    /// Refuses the texts of blind-check cases that nobody has answered, because
    /// their suggestion is still hidden.
    ///
    /// # Errors
    /// [`Refusal::InBlindCheck`].
    pub fn refuse_hidden<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t [String]>,
    ) -> Result<(), Refusal> {
        self.read_or(|connection| {
            let query = "SELECT 1 FROM cases WHERE fingerprint = ? AND NOT revealed";
            let mut hidden = connection.prepare_cached(query)?;
            for texts in texts {
                if hidden.exists([fingerprint(texts)])? {
                    return Err(Refusal::InBlindCheck);
                }
            }
            Ok(())
        })
    }

    pub(crate) fn view(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        me: &Reviewer,
        model: Option<&Model>,
        now: Instant,
    ) -> Result<CaseView, Refusal> {
        let history = History::load(connection, stored.number)?;
        let (texts, metadata) = stored.columns(connection)?;
        let is_revealed = stored.revealed && !history.hides_suggestion(&me.name, stored.wanted);
        let suggestion = if is_revealed {
            let mut suggestion = stored.suggestion(connection)?;
            if let Some(model) = model.filter(|model| model.version == stored.model) {
                let texts: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
                explain(&mut suggestion, model, &texts, EVIDENCE);
            }
            Some(suggestion)
        } else {
            None
        };
        let blind = history.is_blind(&me.name, stored.wanted);
        let said = history.answers().into_iter().chain(history.adjudication());
        let (status, outcome) = history.outcome(stored.wanted);
        let held = self.claims.others(stored.number, me, now);
        let held = held.into_iter().next();
        Ok(CaseView {
            id: stored.id.clone(),
            batch: stored.batch.clone(),
            texts,
            metadata,
            status,
            version: history.version(&me.name, stored.wanted),
            blind_check: stored.blind_check,
            reviewers_wanted: stored.wanted,
            suggestion_hidden: !is_revealed,
            suggestion,
            mine: history.of(&me.name).cloned(),
            answers: (!blind).then(|| said.cloned().collect()),
            outcome: outcome.filter(|_| !blind).map(<[String]>::to_vec),
            held_until: held.as_ref().map(|claim| time_of(claim.until)),
            held_by: held.map(|claim| claim.reviewer.name),
            spot_check: stored.spot_check,
            flagged: history.flagged(stored.wanted).cloned(),
            unasked: if blind { Vec::new() } else { stored.unasked.clone() },
        })
    }
}
