//! Chooses the cases to read, so that the finished batch reaches a target quality.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expected_errors;
use crate::error::{Error, Result};
use crate::metrics::{FinishedBatch, Outcome};

/// With fewer labelled cases than this, the quality of an unread batch cannot be
/// estimated, and every case is to be read.
pub const FEWEST_CASES: usize = 50;

/// The number of [expected errors](expected_errors) above which a case is to be read. The
/// limit is the largest one at which the macro F1 of the calibration cases reaches the
/// target, if a reader gives the gold trends to all cases above it. Without a limit,
/// every case is to be read, so that nothing fails open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingLimit {
    /// The target macro F1 of the finished batch.
    pub target_f1: f64,
    /// A case with more expected errors is to be read; `None` if every case is.
    pub limit: Option<f64>,
    /// Its effect on the cases on which it was set.
    pub expected: ReadingFacts,
}

/// The effect of reading some cases of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingFacts {
    /// Cases.
    pub cases: usize,
    /// Cases that are read.
    pub read: usize,
    /// Macro F1 if nobody reads any.
    pub f1_unread: Option<f64>,
    /// Macro F1 after they have been read.
    pub f1_finished: Option<f64>,
    /// Wrong tags per case that remain then.
    pub wrong_tags_left: Option<f64>,
}

impl ReadingLimit {
    /// Sets the limit from the predictions of a model for unseen cases. Every case is to
    /// be read if there are fewer than [`FEWEST_CASES`], or if the target is reached only
    /// when all are. If it is reached unread, a case is to be read if it has more
    /// expected errors than each of these.
    pub fn fit(outcomes: &[Outcome], trends: usize, target_f1: f64) -> Self {
        let errors = |o: &Outcome| expected_errors(&o.probabilities, &o.suggested);
        let mut order: Vec<(f64, &Outcome)> = outcomes.iter().map(|o| (errors(o), o)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut batch = FinishedBatch::unread(outcomes.iter().map(|o| (o, 1)), trends);
        let mut expected = ReadingFacts {
            cases: outcomes.len(),
            f1_unread: batch.macro_f1(),
            ..ReadingFacts::default()
        };
        let reaches = |batch: &FinishedBatch| batch.macro_f1().is_some_and(|f1| f1 >= target_f1);
        let mut left = order.as_slice();
        let mut limit = None;
        while let Some(&(highest, _)) = left.first() {
            if outcomes.len() >= FEWEST_CASES && reaches(&batch) {
                limit = Some(highest);
                break;
            }
            // Cases with equal expected errors are read together.
            let equal = left.iter().take_while(|(errors, _)| *errors == highest).count();
            let (read, rest) = left.split_at(equal);
            read.iter().for_each(|(_, outcome)| batch.read(outcome, 1));
            left = rest;
        }
        expected.read = outcomes.len() - left.len();
        expected.f1_finished = batch.macro_f1();
        expected.wrong_tags_left = batch.figures().wrong_tags;
        Self { target_f1, limit, expected }
    }

    /// Returns whether a case with this number of expected errors is to be read.
    pub fn is_above(&self, expected_errors: f64) -> bool {
        // NaN is not below any limit.
        self.limit.is_none_or(|limit| expected_errors.is_nan() || expected_errors > limit)
    }

    /// Returns whether its numbers are valid.
    pub(crate) fn is_sound(&self) -> bool {
        check_target(self.target_f1).is_ok() && self.limit.is_none_or(|l| l.is_finite() && l >= 0.0)
    }
}

/// Checks that a macro F1 is a valid target.
///
/// # Errors
/// [`Error::BadParam`] unless it is above 0 and at most 1.
pub(crate) fn check_target(target_f1: f64) -> Result<()> {
    if target_f1 > 0.0 && target_f1 <= 1.0 {
        return Ok(());
    }
    Err(Error::bad_param("target_f1", target_f1, "use a macro F1 above 0 and at most 1"))
}

impl fmt::Display for ReadingLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReadingFacts { cases, read, f1_unread, f1_finished, .. } = self.expected;
        let target = self.target_f1;
        let number = |f1: Option<f64>| f1.map_or("–".into(), |f1| format!("{f1:.2}"));
        let unread = number(f1_unread);
        match self.limit {
            None if cases < FEWEST_CASES => write!(
                f,
                "Every case needs review: {cases} labelled cases are too few to say how good unread \
                 cases are ({FEWEST_CASES} are needed)."
            ),
            None => write!(
                f,
                "Every case needs review: macro F1 is {unread} unread and reaches {target:.2} only \
                 when all cases are read."
            ),
            Some(limit) if read == 0 => write!(
                f,
                "Macro F1 is {unread} unread, so the target of {target:.2} is reached without \
                 reading. Cases with more than {limit:.2} expected wrong tags still need review: no \
                 training case has as many."
            ),
            Some(limit) => write!(
                f,
                "Cases with more than {limit:.2} expected wrong tags need review: {:.0} % of cases \
                 like those learned from. Reading them raises macro F1 from {unread} to {}.",
                100.0 * read as f64 / cases.max(1) as f64,
                number(f1_finished),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{TrendId, TrendSet};

    /// Cases with one trend that is suggested with rising probability; the first `wrong`
    /// of them are wrong.
    fn cases(count: usize, wrong: usize) -> Vec<Outcome> {
        let set = |is_in: bool| is_in.then_some(TrendId(0)).into_iter().collect::<TrendSet>();
        let outcome = |i: usize| Outcome {
            id: i.to_string(),
            gold: set(i >= wrong),
            suggested: set(true),
            probabilities: vec![0.5 + 0.5 * i as f64 / count as f64],
        };
        (0..count).map(outcome).collect()
    }

    #[test]
    fn as_few_cases_are_read_as_the_target_takes() {
        let outcomes = cases(100, 30);
        let found = ReadingLimit::fit(&outcomes, 1, 0.9);
        // By hand: F1 with m cases read is 140 / (140 + 30 - m), which is at least 0.9
        // from m = 15 on.
        assert_eq!(found.expected.read, 15);
        assert!((found.expected.f1_unread.unwrap() - 140.0 / 170.0).abs() < 1e-12);
        assert!((found.expected.f1_finished.unwrap() - 140.0 / 155.0).abs() < 1e-12);
        assert_eq!(found.expected.wrong_tags_left, Some(0.15));
        let errors = |i: usize| 0.5 - 0.5 * i as f64 / 100.0;
        assert!(found.is_above(errors(14)) && !found.is_above(errors(15)), "{found:?}");
        assert!(found.to_string().contains("15 % of cases"), "{found}");
    }

    #[test]
    fn a_target_that_takes_all_cases_has_every_case_read() {
        let mut outcomes = cases(100, 30);
        outcomes[99].gold = TrendSet::default();
        let found = ReadingLimit::fit(&outcomes, 1, 1.0);
        assert_eq!((found.limit, found.expected.read), (None, 100));
        assert!(found.is_above(0.0) && found.to_string().starts_with("Every case"), "{found}");
    }

    #[test]
    fn few_cases_are_no_evidence_even_if_all_are_right() {
        let found = ReadingLimit::fit(&cases(FEWEST_CASES - 1, 0), 1, 0.9);
        assert_eq!(found.limit, None);
        assert!(found.is_above(0.0));
        assert!(found.to_string().contains("49 labelled cases are too few"), "{found}");
        assert!(ReadingLimit::fit(&[], 1, 0.9).is_above(0.0));
    }

    #[test]
    fn where_the_target_is_reached_unread_only_cases_of_more_doubt_than_seen_are_read() {
        let found = ReadingLimit::fit(&cases(100, 5), 1, 0.9);
        assert_eq!((found.expected.read, found.limit), (0, Some(0.5)));
        assert!(!found.is_above(0.5) && found.is_above(0.51));
        assert!(found.to_string().contains("reached without reading"), "{found}");
    }

    #[test]
    fn cases_of_equal_doubt_are_read_together_and_no_number_is_above_every_limit() {
        let mut outcomes = cases(100, 30);
        outcomes.iter_mut().for_each(|o| o.probabilities = vec![0.7]);
        let found = ReadingLimit::fit(&outcomes, 1, 0.9);
        assert_eq!(found.limit, None, "nothing distinguishes them");
        let found = ReadingLimit::fit(&cases(100, 30), 1, 0.9);
        assert!(found.is_above(f64::NAN));
    }

    #[test]
    fn a_target_that_no_batch_can_have_is_refused() {
        for target in [0.0, -0.1, 1.01, f64::NAN] {
            assert!(check_target(target).unwrap_err().to_string().contains("target_f1"));
        }
        assert!(check_target(1.0).is_ok());
    }
}
