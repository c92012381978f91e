//! Quality of the suggestions, measured on the first answers to the blind check.

use std::collections::BTreeMap;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use crate::review::db::decision::{DecisionKind, split_keys};
use crate::stats::{Estimate, clustered_ratio, clustered_share};

/// Minimum number of first answers for showing figures.
pub const FIRST_ANSWERS_NEEDED: u64 = 50;

/// Precision and recall of the current suggestions, from the first answers to blind-check
/// cases. These are random cases, answered without seeing a suggestion, from which no
/// model learns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BlindCheck {
    /// Version of the model that is measured.
    pub model: String,
    /// First answers.
    pub answers: u64,
    /// [`FIRST_ANSWERS_NEEDED`].
    pub needed: u64,
    /// Cases of the blind check.
    pub cases: u64,
    /// Share of the suggested trends that reviewers also assigned, over all trends.
    pub precision: Option<Estimate>,
    /// Share of the assigned trends that were suggested, over all trends.
    pub recall: Option<Estimate>,
    /// Figures per trend, in the order of the taxonomy.
    pub per_trend: Vec<BlindCheckTrend>,
}

/// Precision and recall of one trend.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BlindCheckTrend {
    /// Key of the trend.
    pub key: String,
    /// Cases for which it is suggested.
    pub suggested: u64,
    /// Cases with it in the first answer.
    pub answered: u64,
    /// Cases with both.
    pub both: u64,
    /// `both / suggested`.
    pub precision: Option<Estimate>,
    /// `both / answered`.
    pub recall: Option<Estimate>,
}

/// The trends that were suggested for a case, and those that were answered first.
type Pair = (Vec<String>, Vec<String>);

impl BlindCheck {
    pub(crate) fn load(
        connection: &Connection,
        keys: &[String],
        batch: Option<i64>,
    ) -> rusqlite::Result<Self> {
        let (model, cases) = measured(connection, batch)?;
        let first = first_answers(connection, &model, batch)?;
        let pairs: Vec<Pair> = first.into_iter().map(|(pair, _)| pair).collect();
        Ok(Self::of(model, cases, &pairs, keys))
    }

    fn of(model: String, cases: u64, pairs: &[Pair], keys: &[String]) -> Self {
        let shown = pairs.len() as u64 >= FIRST_ANSWERS_NEEDED;
        let figure = |cases: &mut dyn Iterator<Item = (u64, u64)>| {
            if shown { clustered_share(cases) } else { None }
        };
        let both = |(suggested, answered): &Pair| {
            suggested.iter().filter(|key| answered.contains(key)).count() as u64
        };
        let per_trend = keys.iter().map(|key| {
            let has = |(suggested, answered): &Pair| {
                (u64::from(suggested.contains(key)), u64::from(answered.contains(key)))
            };
            let all: Vec<(u64, u64)> = pairs.iter().map(has).collect();
            BlindCheckTrend {
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
            cases,
            precision: figure(&mut pairs.iter().map(suggested)),
            recall: figure(&mut pairs.iter().map(answered)),
            per_trend,
        }
    }
}

/// Returns how many first answers there are, and the ratio of the tags that they found
/// wrong to those expected to be wrong; `None` as long as there are too few.
pub(crate) fn error_ratio(
    connection: &Connection,
    batch: Option<i64>,
) -> rusqlite::Result<(u64, Option<Estimate>)> {
    let (model, _) = measured(connection, batch)?;
    let first = first_answers(connection, &model, batch)?;
    let wrong = |((suggested, answered), expected): &(Pair, f64)| {
        let only = |these: &[String], those: &[String]| {
            these.iter().filter(|key| !those.contains(key)).count() as f64
        };
        (only(suggested, answered) + only(answered, suggested), *expected)
    };
    let enough = first.len() as u64 >= FIRST_ANSWERS_NEEDED;
    let ratio = enough.then(|| clustered_ratio(&first.iter().map(wrong).collect::<Vec<_>>()));
    Ok((first.len() as u64, ratio.flatten()))
}

/// Returns the model that the blind check measures, and the number of its cases. Older
/// cases can show suggestions of other models, which are not measured.
fn measured(connection: &Connection, batch: Option<i64>) -> rusqlite::Result<(String, u64)> {
    let query = "SELECT count(*) AS cases, coalesce((SELECT model FROM cases WHERE blind_check \
                 AND (?1 IS NULL OR batch = ?1) ORDER BY number DESC LIMIT 1), '') AS model \
                 FROM cases WHERE blind_check AND (?1 IS NULL OR batch = ?1)";
    connection.query_row(query, [batch], |row| {
        Ok((row.get("model")?, row.get::<_, i64>("cases")?.unsigned_abs()))
    })
}

/// Returns the first answer to each blind-check case, if it was given without seeing the
/// suggestion, with the suggestion of a model and its expected errors. It counts even if
/// it was undone, because later answers were given with the suggestion in view.
fn first_answers(
    connection: &Connection,
    model: &str,
    batch: Option<i64>,
) -> rusqlite::Result<Vec<(Pair, f64)>> {
    let query = "SELECT c.number, s.trends AS suggested, s.expected_errors, \
                 d.trends AS answered, d.kind, \
                 d.queue <> 'import' AND NOT d.bulk AND d.shown IS NULL AS unseen FROM cases c \
                 JOIN suggestions s ON s.case_number = c.number AND s.model = ?1 \
                 JOIN decisions d ON d.case_number = c.number AND d.trends IS NOT NULL \
                 WHERE c.blind_check AND (?2 IS NULL OR c.batch = ?2) ORDER BY d.number";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query((model, batch))?;
    let mut first: BTreeMap<i64, Option<(Pair, f64)>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let counts = row.get::<_, bool>("unseen")?
            && DecisionKind::read(row, "kind")? == DecisionKind::Answer;
        let keys = |column| Ok::<_, rusqlite::Error>(split_keys(row.get_ref(column)?.as_str()?));
        let pair = (keys("suggested")?, keys("answered")?);
        let expected = row.get("expected_errors")?;
        first.entry(row.get("number")?).or_insert_with(|| counts.then_some((pair, expected)));
    }
    Ok(first.into_values().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(suggested: &str, answered: &str) -> Pair {
        (split_keys(suggested), split_keys(answered))
    }

    #[test]
    fn counts_are_shown_from_the_start_and_figures_from_fifty_answers_on() {
        let keys = ["a".to_owned(), "b".to_owned()];
        let mut pairs = vec![pair("a;b", "a"); 49];
        let few = BlindCheck::of("m".into(), 60, &pairs, &keys);
        assert_eq!((few.answers, few.precision, few.per_trend[0].both), (49, None, 49));
        pairs.push(pair("a", "a;b"));
        let enough = BlindCheck::of("m".into(), 60, &pairs, &keys);
        // Of 99 suggested trends, 50 were assigned; of 51 assigned ones, 50 were
        // suggested.
        assert!((enough.precision.unwrap().value - 50.0 / 99.0).abs() < 1e-12);
        assert!((enough.recall.unwrap().value - 50.0 / 51.0).abs() < 1e-12);
        assert_eq!(enough.per_trend[1].precision.map(|share| share.value), Some(0.0));
    }
}
