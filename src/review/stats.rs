//! The figures of a review.

use rusqlite::Connection;
use serde::Serialize;

use super::agreement::AgreementByTrend;
use super::facts::keys;
use super::live::Live;
use super::store::Store;
use super::{Progress, Refusal, decide};

/// The figures of a review.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// How far it is.
    pub progress: Progress,
    /// What each reviewer did, by name.
    pub per_reviewer: Vec<OfReviewer>,
    /// Counts per trend, in the order of the taxonomy.
    pub per_trend: Vec<OfTrend>,
    /// How good the suggestions are.
    pub live: Live,
    /// How far reviewers agree.
    pub agreement: AgreementByTrend,
}

/// What a reviewer did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfReviewer {
    /// His name.
    pub reviewer: String,
    /// Cases with a standing answer of his.
    pub answers: u64,
    /// Cases that he skipped.
    pub skips: u64,
}

/// Counts of a trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfTrend {
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
    /// [`Refusal::Invalid`] for a name that cannot be.
    pub fn stats(&self, reviewer: &str) -> Result<Stats, Refusal> {
        decide::check_reviewer(reviewer)?;
        let keys = keys(&self.known_taxonomy()?);
        self.read_or(|connection| {
            Ok(Stats {
                progress: Progress::load(connection, reviewer)?,
                per_reviewer: per_reviewer(connection)?,
                per_trend: per_trend(connection, &keys)?,
                live: Live::load(connection, &keys)?,
                agreement: AgreementByTrend::load(connection, &keys)?,
            })
        })
    }
}

fn per_reviewer(connection: &Connection) -> rusqlite::Result<Vec<OfReviewer>> {
    let query = "SELECT reviewer, sum(kind = 'answer'), sum(kind = 'skip') FROM standing \
                 GROUP BY reviewer ORDER BY reviewer";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| {
        let number = |i| row.get::<_, i64>(i).map(i64::unsigned_abs);
        Ok(OfReviewer { reviewer: row.get(0)?, answers: number(1)?, skips: number(2)? })
    })?;
    rows.collect()
}

fn per_trend(connection: &Connection, keys: &[String]) -> rusqlite::Result<Vec<OfTrend>> {
    let suggested = "SELECT count(*) FROM cases c JOIN suggestions s ON s.case_number = c.number \
                     AND s.model = c.model WHERE c.revealed \
                     AND instr(';' || s.trends || ';', ';' || ? || ';')";
    let decided = "SELECT count(*) FROM cases WHERE status = 'decided' \
                   AND instr(';' || final || ';', ';' || ? || ';')";
    let count = |query: &str, key: &String| {
        let count: i64 = connection.prepare_cached(query)?.query_row([key], |row| row.get(0))?;
        Ok::<u64, rusqlite::Error>(count.unsigned_abs())
    };
    let of_trend = |key: &String| {
        let (suggested, decided) = (count(suggested, key)?, count(decided, key)?);
        Ok(OfTrend { key: key.clone(), suggested, decided })
    };
    keys.iter().map(of_trend).collect()
}
