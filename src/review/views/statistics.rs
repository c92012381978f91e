//! The figures of a review.

use rusqlite::Connection;
use serde::Serialize;

use super::agreement::ReviewerAgreement;
use super::blind_check::BlindCheck;
use crate::review::db::progress::Progress;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::check_reviewer;
use crate::review::db::store::Store;
use crate::review::db::suggestion::trend_keys;

/// The figures of a review.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// How far it is.
    pub progress: Progress,
    /// What each reviewer did, by name.
    pub per_reviewer: Vec<ReviewerCounts>,
    /// Counts per trend, in the order of the taxonomy.
    pub per_trend: Vec<TrendCounts>,
    /// How good the suggestions are, measured on the blind check.
    pub blind_check: BlindCheck,
    /// How far reviewers agree.
    pub agreement: ReviewerAgreement,
}

/// What a reviewer did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewerCounts {
    /// The name.
    pub reviewer: String,
    /// Cases with an answer of theirs that stands.
    pub answers: u64,
    /// Cases that they skipped.
    pub skips: u64,
}

/// Counts of a trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrendCounts {
    /// Key of the trend.
    pub key: String,
    /// Cases with a visible suggestion of it.
    pub suggested: u64,
    /// Decided cases that have it.
    pub decided: u64,
}

impl Store {
    /// The figures of the review, as a reviewer may see them.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid.
    pub fn statistics(&self, reviewer: &str) -> Result<Statistics, Refusal> {
        check_reviewer(reviewer)?;
        let keys = trend_keys(&self.known_taxonomy()?);
        self.read_or(|connection| {
            Ok(Statistics {
                progress: Progress::load(connection, reviewer)?,
                per_reviewer: per_reviewer(connection)?,
                per_trend: per_trend(connection, &keys)?,
                blind_check: BlindCheck::load(connection, &keys)?,
                agreement: ReviewerAgreement::load(connection, &keys)?,
            })
        })
    }
}

fn per_reviewer(connection: &Connection) -> rusqlite::Result<Vec<ReviewerCounts>> {
    let query = "SELECT reviewer, sum(kind = 'answer') AS answers, sum(kind = 'skip') AS skips \
                 FROM standing GROUP BY reviewer ORDER BY reviewer";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let (answers, skips) = (count("answers")?, count("skips")?);
        Ok(ReviewerCounts { reviewer: row.get("reviewer")?, answers, skips })
    })?;
    rows.collect()
}

fn per_trend(connection: &Connection, keys: &[String]) -> rusqlite::Result<Vec<TrendCounts>> {
    let suggested = "SELECT count(*) AS cases FROM cases c JOIN suggestions s ON s.case_number = c.number \
                     AND s.model = c.model WHERE c.revealed \
                     AND instr(';' || s.trends || ';', ';' || ? || ';')";
    let decided = "SELECT count(*) AS cases FROM cases WHERE status = 'decided' \
                   AND instr(';' || final || ';', ';' || ? || ';')";
    let count = |query: &str, key: &String| {
        let count: i64 =
            connection.prepare_cached(query)?.query_row([key], |row| row.get("cases"))?;
        Ok::<u64, rusqlite::Error>(count.unsigned_abs())
    };
    let of_trend = |key: &String| {
        let (suggested, decided) = (count(suggested, key)?, count(decided, key)?);
        Ok(TrendCounts { key: key.clone(), suggested, decided })
    };
    keys.iter().map(of_trend).collect()
}
