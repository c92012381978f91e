//! How good the suggestions are, from first answers to the audit only.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::fold::{Kind, split};
use super::shares::Figure;

/// Below so many first answers no figure is shown.
pub const FIRST_ANSWERS_NEEDED: u64 = 50;

/// Precision and recall of the suggestions that are shown now, from the first
/// answers to audit cases: random cases, answered without seeing a suggestion,
/// from which no model learns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Live {
    /// Version of the model that is measured.
    pub model: String,
    /// First answers.
    pub answers: u64,
    /// [`FIRST_ANSWERS_NEEDED`].
    pub needed: u64,
    /// Cases of the audit.
    pub audit_cases: u64,
    /// Share of the suggested trends that reviewers gave too, over all trends.
    pub precision: Figure,
    /// Share of the trends reviewers gave that were suggested, over all trends.
    pub recall: Figure,
    /// The same per trend, in the order of the taxonomy.
    pub per_trend: Vec<LiveTrend>,
}

/// Precision and recall of one trend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveTrend {
    /// Key of the trend.
    pub key: String,
    /// Cases for which it is suggested.
    pub suggested: u64,
    /// Cases to which first answers give it.
    pub answered: u64,
    /// Cases with both.
    pub both: u64,
    /// `both / suggested`.
    pub precision: Figure,
    /// `both / answered`.
    pub recall: Figure,
}

/// An audit case: what was suggested and what was answered first.
type Pair = (Vec<String>, Vec<String>);

impl Live {
    pub(super) fn load(connection: &Connection, keys: &[String]) -> rusqlite::Result<Self> {
        let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
        let audit_cases = count("SELECT count(*) FROM cases WHERE audit")?.unsigned_abs();
        // Others' suggestions may be shown for older cases: they are not measured.
        let model = "SELECT coalesce((SELECT model FROM cases WHERE audit \
                     ORDER BY number DESC LIMIT 1), '')";
        let model: String = connection.query_row(model, [], |row| row.get(0))?;
        let pairs = pairs(connection, &model)?;
        Ok(Self::of(model, audit_cases, &pairs, keys))
    }

    fn of(model: String, audit_cases: u64, pairs: &[Pair], keys: &[String]) -> Self {
        let shown = pairs.len() as u64 >= FIRST_ANSWERS_NEEDED;
        let figure = |cases: &mut dyn Iterator<Item = (u64, u64)>| {
            if shown { Figure::of(cases) } else { Figure::default() }
        };
        let both = |(suggested, answered): &Pair| {
            suggested.iter().filter(|key| answered.contains(key)).count() as u64
        };
        let per_trend = keys.iter().map(|key| {
            let has = |(suggested, answered): &Pair| {
                (u64::from(suggested.contains(key)), u64::from(answered.contains(key)))
            };
            let all: Vec<(u64, u64)> = pairs.iter().map(has).collect();
            LiveTrend {
                key: key.clone(),
                suggested: all.iter().map(|(s, _)| s).sum(),
                answered: all.iter().map(|(_, a)| a).sum(),
                both: all.iter().map(|(s, a)| s * a).sum(),
                precision: figure(&mut all.iter().map(|(s, a)| (s * a, *s))),
                recall: figure(&mut all.iter().map(|(s, a)| (s * a, *a))),
            }
        });
        let per_trend = per_trend.collect();
        let suggested = |pair: &Pair| (both(pair), pair.0.len() as u64);
        let answered = |pair: &Pair| (both(pair), pair.1.len() as u64);
        Self {
            model,
            answers: pairs.len() as u64,
            needed: FIRST_ANSWERS_NEEDED,
            audit_cases,
            precision: figure(&mut pairs.iter().map(suggested)),
            recall: figure(&mut pairs.iter().map(answered)),
            per_trend,
        }
    }
}

/// The first answer to each audit case, if it was given in the audit, with the
/// suggestion of a model. It counts even if it was taken back: what came after was given
/// with the suggestion in view.
fn pairs(connection: &Connection, model: &str) -> rusqlite::Result<Vec<Pair>> {
    let query = "SELECT c.number, s.trends, d.trends, d.queue, d.shown IS NULL, d.kind \
                 FROM cases c JOIN suggestions s ON s.case_number = c.number AND s.model = ? \
                 JOIN decisions d ON d.case_number = c.number AND d.trends IS NOT NULL \
                 WHERE c.audit ORDER BY d.number";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([model])?;
    let mut first: BTreeMap<i64, Option<Pair>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let unseen: bool = row.get(4)?;
        let counts = unseen
            && row.get_ref(3)?.as_str()? == "audit"
            && Kind::named(row.get_ref(5)?.as_str()?) == Kind::Answer;
        let pair = (split(row.get_ref(1)?.as_str()?), split(row.get_ref(2)?.as_str()?));
        first.entry(row.get(0)?).or_insert_with(|| counts.then_some(pair));
    }
    Ok(first.into_values().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(suggested: &str, answered: &str) -> Pair {
        (split(suggested), split(answered))
    }

    #[test]
    fn counts_are_shown_from_the_start_and_figures_from_fifty_answers_on() {
        let keys = ["a".to_owned(), "b".to_owned()];
        let mut pairs = vec![pair("a;b", "a"); 49];
        let few = Live::of("m".into(), 60, &pairs, &keys);
        assert_eq!(
            (few.answers, few.precision, few.per_trend[0].both),
            (49, Figure::default(), 49)
        );
        pairs.push(pair("a", "a;b"));
        let enough = Live::of("m".into(), 60, &pairs, &keys);
        // Of 99 suggested trends 50 were given; of 51 given ones 50 suggested.
        assert!((enough.precision.value.unwrap() - 50.0 / 99.0).abs() < 1e-12);
        assert!((enough.recall.value.unwrap() - 50.0 / 51.0).abs() < 1e-12);
        assert_eq!(enough.per_trend[1].precision.value, Some(0.0));
    }
}
