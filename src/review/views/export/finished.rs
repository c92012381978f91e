//! The finished batch: who decided each case in the end, and what to expect of the cases
//! that nobody has read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::columns::AnsweredCase;
use super::decided_by::DecidedBy;
use super::{ExportParams, each_case};
use crate::decision::{ExpectedCounts, doubt};
use crate::review::db::batch::narrowed;
use crate::review::db::decision::{CaseStatus, Flag};
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::{parsed, setting};
use crate::review::db::store::Store;
use crate::review::db::suggestion::is_decided;
use crate::review::views::blind_check::{FIRST_ANSWERS_NEEDED, error_ratio};
use crate::stats::Estimate;
use crate::taxonomy::Taxonomy;

/// How a case ends.
pub(super) struct Ending {
    pub(super) by: DecidedBy,
    /// `None` if it has no final trends.
    pub(super) trends: Option<Vec<String>>,
}

/// A finished batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finished {
    /// Cases.
    pub cases: u64,
    /// Cases that a reviewer read.
    pub read: u64,
    /// Numbers of cases by who decided them; those without cases are left out.
    pub decided_by: Vec<DecidedCases>,
    /// Wrong tags to expect among the final trends; `None` if no case has final trends.
    pub wrong_tags: Option<f64>,
    /// Macro F1 to expect of the final trends; `None` if no case has final trends.
    pub macro_f1: Option<f64>,
    /// First answers of the blind check.
    pub blind_check_answers: u64,
    /// The number of first answers that the measured figures need.
    pub blind_check_needed: u64,
    /// What the blind check says of these expectations; `None` as long as it has too few
    /// answers.
    pub measured: Option<Measured>,
}

/// Cases that were decided in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DecidedCases {
    /// Who decided them.
    pub by: DecidedBy,
    /// How many.
    pub cases: u64,
}

/// The expectations, corrected by what the blind check found, with 95 % intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// How many times as many tags were wrong as expected.
    pub ratio: Estimate,
    /// Wrong tags to expect among the final trends.
    pub wrong_tags: Estimate,
    /// Macro F1 to expect of the final trends; `None` if no trend has one.
    pub macro_f1: Option<Estimate>,
}

impl Store {
    /// Returns the counts of a finished batch, and its expected quality. A case that was read
    /// counts as right. For the others, the probabilities of the model give the expected
    /// number of wrong tags, and the blind check shows how well that agrees with answers.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub fn finished(&self, batch: Option<&str>) -> Result<Finished, Refusal> {
        self.read_or(|connection| {
            let number = narrowed(connection, batch)?;
            let taxonomy = setting(connection, "taxonomy")?;
            let taxonomy: Option<Taxonomy> = taxonomy.map(|text| parsed(&text)).transpose()?;
            let keys: Vec<String> =
                taxonomy.iter().flat_map(Taxonomy::keys).map(str::to_owned).collect();
            let (answers, ratio) = error_ratio(connection, number)?;
            let mut tally = Tally::new(keys.len(), ratio);
            let params =
                ExportParams { batch: batch.map(str::to_owned), ..ExportParams::finished() };
            each_case(connection, &params, &mut |case| {
                tally.add(&case, &case.ending(), &keys);
                Ok(())
            })?;
            Ok(tally.finished(answers))
        })
    }
}

impl AnsweredCase {
    /// Returns who decided the case in the end, and its final trends.
    pub(super) fn ending(&self) -> Ending {
        let none = |by| Ending { by, trends: None };
        let flagged = self.history.flagged(self.stored.wanted);
        if flagged.is_some_and(|skip| skip.flag == Some(Flag::Unusable)) {
            return none(DecidedBy::Unusable);
        }
        let (status, outcome) = self.history.outcome(self.stored.wanted);
        if status == CaseStatus::Conflict {
            return none(DecidedBy::Conflict);
        }
        if self.waits() {
            return none(DecidedBy::Waiting);
        }
        if let Some(trends) = outcome {
            let by = match self.history.answer_count() {
                _ if self.history.is_bulk() => DecidedBy::Bulk,
                0 | 1 => DecidedBy::Reviewer,
                _ => DecidedBy::TwoReviewers,
            };
            return Ending { by, trends: Some(trends.to_vec()) };
        }
        match &self.suggestion {
            None => none(DecidedBy::Open),
            Some(suggestion) => Ending {
                by: match is_decided(suggestion) {
                    true => DecidedBy::ModelPromised,
                    false => DecidedBy::ModelUnread,
                },
                trends: Some(suggestion.suggested.clone()),
            },
        }
    }

    /// Returns the wrong tags to expect among the final trends of the case.
    pub(super) fn expected_errors(&self, ending: &Ending) -> Option<f64> {
        let trends = ending.trends.as_ref()?;
        if ending.by.is_read() {
            return Some(0.0);
        }
        let tagged = &self.suggestion.as_ref()?.trends;
        let doubts =
            tagged.iter().map(|trend| Some(doubt(trend.probability?, trends.contains(&trend.key))));
        doubts.sum()
    }
}

/// Counts of a finished batch while its cases are read.
struct Tally {
    cases: BTreeMap<DecidedBy, u64>,
    wrong_tags: f64,
    ratio: Option<Estimate>,
    /// As expected, and then as expected times the ratio and its limits.
    counts: Vec<(f64, Vec<ExpectedCounts>)>,
}

impl Tally {
    fn new(trends: usize, ratio: Option<Estimate>) -> Self {
        let factors =
            [1.0].into_iter().chain(ratio.iter().flat_map(|r| [r.value, r.lower, r.upper]));
        let counts = factors.map(|factor| (factor, vec![ExpectedCounts::default(); trends]));
        Self { cases: BTreeMap::new(), wrong_tags: 0.0, ratio, counts: counts.collect() }
    }

    fn add(&mut self, case: &AnsweredCase, ending: &Ending, keys: &[String]) {
        *self.cases.entry(ending.by).or_default() += 1;
        let Some(trends) = &ending.trends else { return };
        self.wrong_tags += case.expected_errors(ending).unwrap_or(0.0);
        let tagged = case.suggestion.iter().flat_map(|suggestion| &suggestion.trends);
        let probabilities: BTreeMap<&str, f64> =
            tagged.filter_map(|trend| Some((trend.key.as_str(), trend.probability?))).collect();
        for (k, key) in keys.iter().enumerate() {
            let is_given = trends.contains(key);
            let p = probabilities.get(key.as_str());
            for (factor, counts) in &mut self.counts {
                let Some(counts) = counts.get_mut(k) else { continue };
                counts.add(match p {
                    Some(&p) if !ending.by.is_read() => {
                        let doubt = (doubt(p, is_given) * *factor).min(1.0);
                        ExpectedCounts::unread(if is_given { 1.0 - doubt } else { doubt }, is_given)
                    }
                    _ => ExpectedCounts::read(f64::from(u8::from(is_given))),
                });
            }
        }
    }

    fn finished(self, answers: u64) -> Finished {
        let count = |is_one: fn(DecidedBy) -> bool| -> u64 {
            self.cases.iter().filter(|(by, _)| is_one(**by)).map(|(_, cases)| cases).sum()
        };
        let read = count(DecidedBy::is_read);
        let has_trends = read + count(DecidedBy::is_unread) > 0;
        let f1 = |place: usize| {
            let (_, counts) = self.counts.get(place)?;
            ExpectedCounts::macro_f1(counts.iter().copied())
        };
        let measured = self.ratio.filter(|_| has_trends).map(|ratio| Measured {
            ratio,
            wrong_tags: Estimate {
                value: ratio.value * self.wrong_tags,
                lower: ratio.lower * self.wrong_tags,
                upper: ratio.upper * self.wrong_tags,
            },
            // More errors, less quality.
            macro_f1: f1(1).zip(f1(2).zip(f1(3))).map(|(value, (upper, lower))| Estimate {
                value,
                lower,
                upper,
            }),
        });
        let decided_by = self.cases.iter().map(|(&by, &cases)| DecidedCases { by, cases });
        Finished {
            cases: self.cases.values().sum(),
            read,
            decided_by: decided_by.collect(),
            wrong_tags: has_trends.then_some(self.wrong_tags),
            macro_f1: f1(0).filter(|_| has_trends),
            blind_check_answers: answers,
            blind_check_needed: FIRST_ANSWERS_NEEDED,
            measured,
        }
    }
}
