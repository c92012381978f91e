//! Changes that reviewers made to the suggestions they saw.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use crate::review::db::decision::split_keys;
use crate::review::db::queue::LAST_DECISION;

/// Changes by reviewers, in decided cases with a suggestion that the last reviewer saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changes {
    /// Decided cases whose suggestion was seen.
    pub cases: u64,
    /// Cases that were decided differently.
    pub changed: u64,
    /// Suggested trends that were kept, over all trends.
    pub kept: u64,
    /// Suggested trends that were removed.
    pub removed: u64,
    /// Trends that were added.
    pub added: u64,
    /// Figures per trend, in the order of the taxonomy.
    pub per_trend: Vec<TrendChanges>,
}

/// Changes of one trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrendChanges {
    /// Key of the trend.
    pub key: String,
    /// Cases for which it was suggested and decided.
    pub kept: u64,
    /// Cases for which it was suggested and not decided.
    pub removed: u64,
    /// Cases for which it was decided and not suggested.
    pub added: u64,
}

/// The suggestion and the decision of some cases, and the number of these cases.
type Cases = (Vec<String>, Vec<String>, u64);

impl Changes {
    pub(crate) fn load(
        connection: &Connection,
        keys: &[String],
        batch: Option<i64>,
    ) -> rusqlite::Result<Self> {
        let query = format!(
            "SELECT s.trends AS suggested, c.final AS decided, count(*) AS cases FROM cases c \
             JOIN decisions d ON d.number = {LAST_DECISION} \
             JOIN suggestions s ON s.case_number = c.number AND s.model = d.model \
             WHERE c.status = 'decided' AND c.final IS NOT NULL AND d.shown IS NOT NULL \
             AND NOT d.bulk AND (?1 IS NULL OR c.batch = ?1) GROUP BY s.trends, c.final"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let cases = statement.query_map([batch], |row| {
            let keys =
                |column| Ok::<_, rusqlite::Error>(split_keys(row.get_ref(column)?.as_str()?));
            let cases = row.get::<_, i64>("cases")?.unsigned_abs();
            Ok((keys("suggested")?, keys("decided")?, cases))
        })?;
        Ok(Self::of(&cases.collect::<rusqlite::Result<Vec<_>>>()?, keys))
    }

    fn of(cases: &[Cases], keys: &[String]) -> Self {
        let sum = |is_one: &dyn Fn(&Cases) -> bool| -> u64 {
            cases.iter().filter(|case| is_one(case)).map(|(.., cases)| cases).sum()
        };
        let of_trend = |key: &String| {
            let count = |suggested, decided| {
                sum(&|(s, d, _)| s.contains(key) == suggested && d.contains(key) == decided)
            };
            TrendChanges {
                key: key.clone(),
                kept: count(true, true),
                removed: count(true, false),
                added: count(false, true),
            }
        };
        let per_trend: Vec<TrendChanges> = keys.iter().map(of_trend).collect();
        let total = |figure: fn(&TrendChanges) -> u64| per_trend.iter().map(figure).sum();
        Self {
            cases: sum(&|_| true),
            changed: sum(&|(suggested, decided, _)| suggested != decided),
            kept: total(|of| of.kept),
            removed: total(|of| of.removed),
            added: total(|of| of.added),
            per_trend,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_per_case_and_per_trend() {
        let case = |suggested, decided, cases| (split_keys(suggested), split_keys(decided), cases);
        let cases = [case("a", "a", 5), case("a;b", "b", 2), case("-", "a", 1)];
        let keys = ["a".to_owned(), "b".to_owned()];
        let found = Changes::of(&cases, &keys);
        assert_eq!((found.cases, found.changed), (8, 3));
        assert_eq!((found.kept, found.removed, found.added), (7, 2, 1));
        let a = TrendChanges { key: "a".into(), kept: 5, removed: 2, added: 1 };
        assert_eq!(found.per_trend[0], a);
    }
}
