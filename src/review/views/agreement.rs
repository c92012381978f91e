//! Agreement of reviewers who answered without seeing each other's answers.

use std::collections::BTreeMap;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use crate::metrics::agreement::{gwet_ac1, krippendorff_alpha, observed_agreement};
use crate::metrics::mean_of_defined;
use crate::review::db::decision::{DECISION_COLUMNS, StoredDecision};
use crate::review::db::history::History;

/// Agreement on one trend, or on all.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrendAgreement {
    /// Key of the trend; `None` for the mean over the trends with a figure.
    pub key: Option<String>,
    /// Cases with two answers or more.
    pub cases: u64,
    /// See [`observed_agreement`].
    pub share: Option<f64>,
    /// See [`krippendorff_alpha`].
    pub alpha: Option<f64>,
    /// See [`gwet_ac1`].
    pub ac1: Option<f64>,
}

/// Agreement overall and per trend.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReviewerAgreement {
    /// Cases with two answers or more.
    pub cases: u64,
    /// Means over the trends.
    pub overall: TrendAgreement,
    /// In the order of the taxonomy.
    pub per_trend: Vec<TrendAgreement>,
}

impl ReviewerAgreement {
    pub(crate) fn load(
        connection: &Connection,
        keys: &[String],
        batch: Option<i64>,
    ) -> rusqlite::Result<Self> {
        Ok(Self::of(&units(connection, batch)?, keys))
    }

    /// `units` holds, for each case, the trends of each answer.
    fn of(units: &[Vec<Vec<String>>], keys: &[String]) -> Self {
        let cases = units.len() as u64;
        let of_trend = |key: &String| {
            let yes = |answer: &Vec<String>| answer.contains(key);
            let said: Vec<Vec<bool>> =
                units.iter().map(|unit| unit.iter().map(yes).collect()).collect();
            let answers = said.iter().map(|unit| unit.iter().map(|&yes| Some(yes)).collect());
            TrendAgreement {
                key: Some(key.clone()),
                cases,
                share: observed_agreement(&said),
                alpha: krippendorff_alpha(answers.collect::<Vec<_>>()),
                ac1: gwet_ac1(&said, 2),
            }
        };
        let per_trend: Vec<TrendAgreement> = keys.iter().map(of_trend).collect();
        let mean_of = |figure: fn(&TrendAgreement) -> Option<f64>| {
            mean_of_defined(per_trend.iter().map(figure))
        };
        let overall = TrendAgreement {
            key: None,
            cases,
            share: mean_of(|a| a.share),
            alpha: mean_of(|a| a.alpha),
            ac1: mean_of(|a| a.ac1),
        };
        Self { cases, overall, per_trend }
    }
}

/// Returns the cases that two or more reviewers answered without seeing another answer:
/// the first current such answer of each.
fn units(connection: &Connection, batch: Option<i64>) -> rusqlite::Result<Vec<Vec<Vec<String>>>> {
    let query = format!(
        "SELECT {DECISION_COLUMNS} FROM decisions d WHERE d.case_number IN (SELECT case_number \
         FROM decisions WHERE kind = 'answer' AND blind GROUP BY case_number \
         HAVING count(DISTINCT person) > 1) AND (?1 IS NULL OR EXISTS (SELECT 1 FROM cases c \
         WHERE c.number = d.case_number AND c.batch = ?1)) ORDER BY d.case_number, d.number"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query([batch])?;
    let mut cases: BTreeMap<i64, Vec<StoredDecision>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let decision = StoredDecision::read(row)?;
        cases.entry(decision.case_number).or_default().push(decision);
    }
    let unit = |entries: Vec<StoredDecision>| -> Vec<Vec<String>> {
        let history = History::new(entries);
        history.blind_answers().into_iter().map(|answer| answer.trends.clone()).collect()
    };
    Ok(cases.into_values().map(unit).filter(|unit| unit.len() > 1).collect())
}
