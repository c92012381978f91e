//! The effect of reading so far: the expected macro F1 of the batch, and the number of
//! further cases needed for the target.

use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::decision::ExpectedCounts;
use crate::review::db::batch::{IN_BATCH, narrowed};
use crate::review::db::condition::LONGEST_SEARCH;
use crate::review::db::decision::split_keys;
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::parsed;
use crate::review::db::store::Store;
use crate::review::db::suggestion::SUGGESTED;
use crate::tagger::Model;

/// The target macro F1 if the model has none.
const TARGET_F1: f64 = 0.9;

/// Minimum number of training answers for a meaningful retraining.
const ENOUGH_ANSWERS: u64 = 100;

/// The effect of reading so far. Cases with a hidden suggestion and unusable cases are
/// left out. A case that was read counts as right; for the others, the model's
/// probabilities are used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// Number of cases that have been read.
    pub read: u64,
    /// Expected macro F1 of the batch in its current state; `None` without cases.
    pub macro_f1: Option<f64>,
    /// Target macro F1.
    pub target_f1: f64,
    /// Number of further cases to read for the target, the most valuable first.
    pub more: Option<u64>,
    /// Answers from which a model may learn.
    pub teaching: u64,
    /// Whether they are enough for a meaningful retraining.
    pub enough: bool,
}

/// An unread case: the probability of each trend, and whether it is suggested.
struct Unread {
    expected_errors: f64,
    trends: Vec<(f64, bool)>,
}

impl Store {
    /// Returns the effect of reading so far in the review or in a batch, with the target of
    /// the model. Answers that a model may learn from are counted in all batches.
    ///
    /// # Errors
    /// [`Refusal::TooSlow`] if there are too many cases, [`Refusal::Unknown`] if there is no
    /// such batch.
    pub fn reading(&self, model: &Model, batch: Option<&str>) -> Result<Reading, Refusal> {
        let limit = model.tagger.decision().reading.as_ref();
        let target_f1 = limit.map_or(TARGET_F1, |limit| limit.target_f1);
        let keys = self.trend_keys()?;
        self.read_within(LONGEST_SEARCH, |connection| {
            let (read, unread, trends) = load(connection, &keys, narrowed(connection, batch)?)?;
            let teaching = teaching(connection)?;
            let averaged = averaged_keys(model, &keys);
            Ok(Reading::of(target_f1, read, unread, trends, &averaged, teaching))
        })
    }
}

impl Reading {
    fn of(
        target_f1: f64,
        read: u64,
        mut unread: Vec<Unread>,
        mut trends: Vec<ExpectedCounts>,
        averaged: &[bool],
        teaching: u64,
    ) -> Self {
        for case in &unread {
            for (counts, &(p, is_suggested)) in trends.iter_mut().zip(&case.trends) {
                counts.add(ExpectedCounts::unread(p, is_suggested));
            }
        }
        let macro_f1 = |trends: &[ExpectedCounts]| {
            let averaged = trends.iter().zip(averaged).filter(|(_, is_averaged)| **is_averaged);
            ExpectedCounts::macro_f1(averaged.map(|(counts, _)| *counts))
        };
        let now = macro_f1(&trends);
        unread.sort_by(|a, b| b.expected_errors.total_cmp(&a.expected_errors));
        let mut more = 0;
        let mut order = unread.iter();
        while macro_f1(&trends).is_some_and(|f1| f1 < target_f1) {
            let Some(case) = order.next() else { break };
            for (counts, &(p, is_suggested)) in trends.iter_mut().zip(&case.trends) {
                counts.subtract(ExpectedCounts::unread(p, is_suggested));
                counts.add(ExpectedCounts::read(p));
            }
            more += 1;
        }
        Self {
            read,
            macro_f1: now,
            target_f1,
            more: now.map(|_| more),
            teaching,
            enough: teaching >= ENOUGH_ANSWERS,
        }
    }
}

/// Returns whether the macro F1 counts each trend; a trend that the model does not know counts.
fn averaged_keys(model: &Model, keys: &[String]) -> Vec<bool> {
    let averaged = model.tagger.averaged();
    let of_key = |key: &String| {
        let id = model.tagger.taxonomy().id(key);
        id.is_none_or(|id| averaged.get(id.index()).copied().unwrap_or(true))
    };
    keys.iter().map(of_key).collect()
}

/// Returns the number of read cases, the unread cases, and the trends of the read ones.
fn load(
    connection: &Connection,
    keys: &[String],
    batch: Option<i64>,
) -> rusqlite::Result<(u64, Vec<Unread>, Vec<ExpectedCounts>)> {
    let query = format!(
        "SELECT CASE WHEN c.status = 'decided' AND NOT c.bulk THEN c.final END AS final, \
         s.probabilities, s.expected_errors, {SUGGESTED} AS suggested \
         FROM cases c JOIN suggestions s ON s.case_number = c.number AND s.model = c.model \
         WHERE c.revealed AND c.flag IS NOT 'unusable' AND {IN_BATCH}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(&[(":batch", &batch)])?;
    let (mut read, mut unread) = (0, Vec::new());
    let mut trends = vec![ExpectedCounts::default(); keys.len()];
    while let Some(row) = rows.next()? {
        let decided: Option<String> = row.get("final")?;
        let Some(decided) = decided else {
            unread.push(Unread::read(row, keys)?);
            continue;
        };
        read += 1;
        let decided = split_keys(&decided);
        for (counts, _) in trends.iter_mut().zip(keys).filter(|(_, key)| decided.contains(key)) {
            counts.add(ExpectedCounts::read(1.0));
        }
    }
    Ok((read, unread, trends))
}

impl Unread {
    fn read(row: &Row<'_>, keys: &[String]) -> rusqlite::Result<Self> {
        let probabilities: Vec<f64> = parsed(row.get_ref("probabilities")?.as_str()?)?;
        let suggested = split_keys(row.get_ref("suggested")?.as_str()?);
        let trends = keys.iter().zip(probabilities).map(|(key, p)| (p, suggested.contains(key)));
        Ok(Self { expected_errors: row.get("expected_errors")?, trends: trends.collect() })
    }
}

/// Counts the decided cases from which a model may learn.
fn teaching(connection: &Connection) -> rusqlite::Result<u64> {
    let query = "SELECT count(*) AS cases FROM cases WHERE status = 'decided' \
                 AND final IS NOT NULL AND NOT blind_check AND NOT bulk";
    let count: i64 = connection.prepare_cached(query)?.query_row([], |row| row.get("cases"))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::doubt;

    fn unread(trends: &[(f64, bool)]) -> Unread {
        let expected_errors = trends.iter().map(|&(p, suggested)| doubt(p, suggested)).sum();
        Unread { expected_errors, trends: trends.to_vec() }
    }

    #[test]
    fn reading_the_most_doubtful_case_first_raises_what_is_expected() {
        // By hand: hits 0.9 + 0.6, wrong 0.1 + 0.4: 3 / 3.5. With the second case read
        // it is 3 / 3.1, which is above 0.9.
        let cases = vec![unread(&[(0.9, true)]), unread(&[(0.6, true)])];
        let found = Reading::of(0.9, 3, cases, vec![ExpectedCounts::default()], &[true], 99);
        assert!((found.macro_f1.unwrap() - 3.0 / 3.5).abs() < 1e-12, "{found:?}");
        assert_eq!((found.read, found.more, found.enough), (3, Some(1), false));
    }

    #[test]
    fn without_cases_nothing_is_expected() {
        let found = Reading::of(0.9, 0, vec![], vec![ExpectedCounts::default()], &[true], 0);
        assert_eq!((found.macro_f1, found.more), (None, None));
    }
}
