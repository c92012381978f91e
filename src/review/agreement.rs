//! How far reviewers agree who answered without seeing each other.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::fold::{COLUMNS, Entry, History, Kind};
use crate::evaluation::agreement::krippendorff_alpha;

/// Agreement on one trend, or on all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Key of the trend; `None` for the mean over the trends that have a figure.
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgreementByTrend {
    /// Cases with two answers or more.
    pub cases: u64,
    /// Means over the trends.
    pub overall: Agreement,
    /// In the order of the taxonomy.
    pub per_trend: Vec<Agreement>,
}

/// Share of the pairs of answers to a case that are the same, averaged over the
/// cases with two answers or more; `None` if there are none.
pub fn observed_agreement<V: Ord>(units: &[Vec<V>]) -> Option<f64> {
    let shares = units.iter().filter(|unit| unit.len() > 1).map(|unit| {
        let same: f64 = counts(unit).values().map(|n| n * (n - 1.0)).sum();
        let given = unit.len() as f64;
        same / (given * (given - 1.0))
    });
    mean(shares)
}

/// Gwet's AC1 (2008) for nominal values, any number of reviewers and missing
/// answers: agreement beyond a chance that shrinks as one value prevails.
/// `units` holds the answers to each case, `values` says how many values there
/// are, two at least. `None` if no case has two answers.
pub fn gwet_ac1<V: Ord>(units: &[Vec<V>], values: usize) -> Option<f64> {
    let share = observed_agreement(units)?;
    let answered: Vec<&Vec<V>> = units.iter().filter(|unit| !unit.is_empty()).collect();
    let mut prevalence: BTreeMap<&V, f64> = BTreeMap::new();
    for unit in &answered {
        for (value, n) in counts(unit) {
            *prevalence.entry(value).or_default() += n / unit.len() as f64;
        }
    }
    let cases = answered.len() as f64;
    let spread: f64 = prevalence.values().map(|sum| sum / cases * (1.0 - sum / cases)).sum();
    let chance = spread / (values.max(2) - 1) as f64;
    Some((share - chance) / (1.0 - chance))
}

impl AgreementByTrend {
    pub(super) fn load(connection: &Connection, keys: &[String]) -> rusqlite::Result<Self> {
        Ok(Self::of(&units(connection)?, keys))
    }

    /// `units` holds, for each case, the trends of each answer.
    fn of(units: &[Vec<Vec<String>>], keys: &[String]) -> Self {
        let cases = units.len() as u64;
        let of_trend = |key: &String| {
            let yes = |answer: &Vec<String>| answer.contains(key);
            let said: Vec<Vec<bool>> =
                units.iter().map(|unit| unit.iter().map(yes).collect()).collect();
            let answers = said.iter().map(|unit| unit.iter().map(|&yes| Some(yes)).collect());
            Agreement {
                key: Some(key.clone()),
                cases,
                share: observed_agreement(&said),
                alpha: krippendorff_alpha(answers.collect::<Vec<_>>()),
                ac1: gwet_ac1(&said, 2),
            }
        };
        let per_trend: Vec<Agreement> = keys.iter().map(of_trend).collect();
        let mean_of =
            |figure: fn(&Agreement) -> Option<f64>| mean(per_trend.iter().filter_map(figure));
        let overall = Agreement {
            key: None,
            cases,
            share: mean_of(|a| a.share),
            alpha: mean_of(|a| a.alpha),
            ac1: mean_of(|a| a.ac1),
        };
        Self { cases, overall, per_trend }
    }
}

/// The cases that two or more reviewers answered without seeing another answer:
/// the first such answer of each that stands.
fn units(connection: &Connection) -> rusqlite::Result<Vec<Vec<Vec<String>>>> {
    let query = format!(
        "SELECT {COLUMNS}, case_number FROM decisions WHERE case_number IN (SELECT case_number \
         FROM decisions WHERE kind = 'answer' AND blind GROUP BY case_number \
         HAVING count(DISTINCT reviewer) > 1) ORDER BY case_number, number"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query([])?;
    let mut cases: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        cases.entry(row.get(11)?).or_default().push(Entry::read(row)?);
    }
    let unit = |entries: Vec<Entry>| {
        let history = History::new(entries);
        let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in history.standing().filter(|e| e.answer.kind == Kind::Answer && e.blind) {
            let answer = &entry.answer;
            first.entry(answer.reviewer.clone()).or_insert_with(|| answer.trends.clone());
        }
        first.into_values().collect::<Vec<_>>()
    };
    Ok(cases.into_values().map(unit).filter(|unit| unit.len() > 1).collect())
}

fn counts<V: Ord>(unit: &[V]) -> BTreeMap<&V, f64> {
    let mut counts = BTreeMap::new();
    for value in unit {
        *counts.entry(value).or_insert(0.0) += 1.0;
    }
    counts
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64, tolerance: f64) {
        assert!((found.unwrap() - expected).abs() < tolerance, "{found:?} instead of {expected}");
    }

    /// Krippendorff's four observers of twelve units (2011, section C), which
    /// Gwet uses too ("Handbook of Inter-Rater Reliability", 2014, table 2.10;
    /// `cac.raw4raters` of the R package irrCAC).
    fn four_raters() -> Vec<Vec<char>> {
        let rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."];
        let answers = |i| rows.iter().filter_map(move |row| row.chars().nth(i));
        (0..12).map(|i| answers(i).filter(|&c| c != '.').collect()).collect()
    }

    #[test]
    fn figures_are_those_published_for_four_raters_with_missing_answers() {
        close(observed_agreement(&four_raters()), 0.818_18, 5e-6);
        close(gwet_ac1(&four_raters(), 5), 0.775_44, 5e-6);
    }

    #[test]
    fn figures_of_two_reviewers_follow_by_hand() {
        // Of 50 cases 20 yes-yes, 15 that differ, 15 no-no: 0.7 agree; prevalence
        // 0.55, chance 0.495.
        let mut units = vec![vec![true, true]; 20];
        units.extend(vec![vec![true, false]; 15]);
        units.extend(vec![vec![false, false]; 15]);
        close(observed_agreement(&units), 0.7, 1e-12);
        close(gwet_ac1(&units, 2), (0.7 - 0.495) / 0.505, 1e-12);
        let pairs = units.into_iter().map(|unit| unit.into_iter().map(Some).collect());
        // Alpha: 30 unlike ordered pairs; expected 2 x 55 x 45 / 99 = 50.
        close(krippendorff_alpha(pairs.collect::<Vec<_>>()), 1.0 - 30.0 / 50.0, 1e-12);
    }

    #[test]
    fn without_two_answers_to_a_case_there_is_no_figure() {
        assert_eq!((observed_agreement(&[vec![1]]), gwet_ac1(&[vec![1]], 2)), (None, None));
    }
}
