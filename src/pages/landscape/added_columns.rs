//! Finds the columns that tagging has added to a file, however people have saved it since.

use crate::tables::{Field, find_column};
use crate::tagger::record::BATCH_COLUMN;
use crate::taxonomy::{LabelReader, Taxonomy};

/// The column with the suggested trends.
pub(super) const SUGGESTED: &str = "suggested_trends";

/// The column with the whole suggestion, in formats with objects.
const OBJECT: &str = "suggestions";

/// The columns that tagging adds after the probabilities.
const AFTER: [&str; 9] = [
    "needs_review",
    "review_reasons",
    "expected_errors",
    "unsure_trends",
    "evidence",
    "model",
    "duplicate_of",
    "duplicate_in",
    "similarity",
];

/// The column of a finished batch that says who decided.
const DECIDED_BY: &str = "decided_by";

/// The prefix of a probability column.
const PROBABILITY: &str = "p_";

/// The columns that tagging has added, looked up once for all rows of a file; of a file
/// that was tagged several times, those of the last time.
#[derive(Default)]
pub(super) struct AddedColumns {
    pub(super) object: Option<Field>,
    pub(super) trends: Option<Field>,
    /// With the keys of their trends.
    pub(super) probabilities: Vec<(String, Field)>,
    pub(super) review: Vec<Field>,
    pub(super) model: Option<Field>,
    /// Who decided, in a finished batch.
    pub(super) decided_by: Option<Field>,
    /// The batch of a review.
    pub(super) batch: Option<Field>,
    /// How many times the file was tagged.
    pub(super) times: usize,
    /// Columns next to the suggested trends that could be probabilities under other
    /// names.
    pub(super) unknown: Vec<Field>,
}

impl AddedColumns {
    /// Looks the columns up; `known` are label sets that name the trends.
    pub(super) fn of(columns: &[String], known: &[Taxonomy]) -> Self {
        let starts = repeated(columns, SUGGESTED);
        let last = |name: &str| repeated(columns, name).last().copied();
        let [decided_by, batch] =
            [DECIDED_BY, BATCH_COLUMN].map(|name| last(name).map(|at| field(columns, at)));
        let Some(&start) = starts.last() else {
            if decided_by.is_some() {
                // A finished batch need not have the suggestions.
                let group = Group { columns, start: 0, is_again: false };
                let key = |at: usize| Some((group.key(at, known)?, field(columns, at)));
                let probabilities = (0..columns.len()).filter_map(key).collect();
                let model = last("model").map(|at| field(columns, at));
                return Self { decided_by, batch, probabilities, model, ..Self::default() };
            }
            let objects = repeated(columns, OBJECT);
            let object = objects.last().map(|&at| field(columns, at));
            return Self { object, batch, times: objects.len(), ..Self::default() };
        };
        let group = Group { columns, start, is_again: starts.len() > 1 };
        let end = AFTER.iter().filter_map(|name| group.find(name)).filter(|at| *at > start).min();
        let mut probabilities = Vec::new();
        for at in start + 1..columns.len() {
            probabilities.extend(group.key(at, known).map(|key| (key, field(columns, at))));
        }
        if probabilities.is_empty() && !group.is_again {
            // The columns were put into another order.
            let of_known = (0..start).filter_map(|at| Some((at, group.key(at, known)?)));
            let of_known = of_known.filter(|(_, key)| known.iter().any(|t| t.id(key).is_some()));
            probabilities = of_known.map(|(at, key)| (key, field(columns, at))).collect();
        }
        let is_known = |at: &usize| probabilities.iter().any(|(_, field)| field.index == Some(*at));
        // There is nothing else between the trends and the columns after the
        // probabilities.
        let beside = start + 1..end.unwrap_or(columns.len());
        let unknown = beside.filter(|at| !is_known(at)).map(|at| field(columns, at)).collect();
        let found = |name: &str| group.find(name).map(|at| field(columns, at));
        Self {
            object: None,
            trends: Some(field(columns, start)),
            review: ["needs_review", "review_reasons"]
                .iter()
                .filter_map(|name| found(name))
                .collect(),
            model: found("model"),
            decided_by,
            batch,
            times: starts.len(),
            unknown,
            probabilities,
        }
    }

    /// Returns whether the file was tagged.
    pub(super) fn is_tagged(&self) -> bool {
        self.object.is_some() || self.trends.is_some()
    }
}

fn field(columns: &[String], at: usize) -> Field {
    Field { name: columns[at].clone(), index: Some(at) }
}

/// Returns the positions of columns with this name, or this name and the number of a repeated
/// tagging.
fn repeated(columns: &[String], name: &str) -> Vec<usize> {
    let is_it = |at: &usize| is_alike(without_number(&columns[*at]), name);
    (0..columns.len()).filter(is_it).collect()
}

fn is_alike(column: &str, name: &str) -> bool {
    find_column(&[column.to_owned()], name).is_some()
}

/// Returns a name without the number that a repeated tagging gives it, as in `model_2`.
fn without_number(name: &str) -> &str {
    let base = name.trim().trim_end_matches(|c: char| c.is_ascii_digit());
    match base.strip_suffix(['_', ' ']) {
        Some(before) if base.len() < name.trim().len() => before,
        _ => name.trim(),
    }
}

/// The columns from one tagging on.
struct Group<'c> {
    columns: &'c [String],
    start: usize,
    /// Whether there was an earlier tagging.
    is_again: bool,
}

impl Group<'_> {
    /// Returns the name of a column without the number of a repeated tagging.
    fn name(&self, at: usize) -> &str {
        let (name, base) = (self.columns[at].trim(), without_number(&self.columns[at]));
        let is_taken = || self.columns[..self.start].iter().any(|earlier| is_alike(earlier, base));
        if self.is_again && at > self.start && is_taken() { base } else { name }
    }

    /// Returns the last column of that name from the start of the group on; before it, if the
    /// file was tagged once and its columns were put into another order.
    fn find(&self, name: &str) -> Option<usize> {
        let mut after = (self.start + 1..self.columns.len()).rev();
        let found = after.find(|&at| is_alike(self.name(at), name));
        found.or_else(|| {
            let mut before = (0..self.start).rev().filter(|_| !self.is_again);
            before.find(|&at| is_alike(self.name(at), name))
        })
    }

    /// Returns the trend key of a probability column.
    fn key(&self, at: usize, known: &[Taxonomy]) -> Option<String> {
        let name = self.name(at);
        let (start, rest) = name.split_at_checked(PROBABILITY.len())?;
        let is_start = start.starts_with(['p', 'P']) && start.ends_with(['_', ' ', '-']);
        let key = Some(rest.trim()).filter(|key| is_start && !key.is_empty())?;
        let of = |taxonomy: &Taxonomy| {
            let named = LabelReader::new(taxonomy, None).find(key).map(|id| taxonomy.key(id));
            let alike = || taxonomy.keys().find(|other| is_alike(other, key));
            named.or_else(alike).map(str::to_owned)
        };
        let known = known.iter().find_map(of);
        known.or_else(|| name.starts_with(PROBABILITY).then(|| key.to_owned()))
    }
}

/// Reads a probability as programs write it: with a decimal point or comma, or in percent;
/// `None` if there is none.
pub(super) fn probability(cell: &str) -> Result<Option<f64>, String> {
    let text = cell.trim().trim_matches('\u{a0}');
    if text.is_empty()
        || ["nan", "null", "none", "na"].iter().any(|word| text.eq_ignore_ascii_case(word))
    {
        return Ok(None);
    }
    let (number, exponent) = match text.strip_suffix('%') {
        Some(number) => (number.trim().trim_matches('\u{a0}'), "e-2"),
        None => (text, ""),
    };
    let number = if number.contains('.') { number.to_owned() } else { number.replace(',', ".") };
    // The point is moved in the text, so that no digit is lost.
    let found: Option<f64> = format!("{number}{exponent}").parse().ok();
    match found.filter(|p| (0.0..=1.0).contains(p)) {
        Some(probability) => Ok(Some(probability)),
        None => Err(format!("\"{text}\" is not a probability from 0 to 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    fn found(names: &str) -> (AddedColumns, Vec<String>) {
        let known = [Taxonomy::from_keys(["blue", "deep-red"]).unwrap()];
        let columns = columns(names);
        let added = AddedColumns::of(&columns, &known);
        let keys = added
            .probabilities
            .iter()
            .map(|(key, field)| format!("{key}@{}", field.index.unwrap()));
        let keys = keys.collect();
        (added, keys)
    }

    #[test]
    fn of_two_taggings_the_last_one_counts() {
        let twice = "id,suggested_trends,p_blue,p_deep-red,needs_review,model,\
                     suggested_trends_2,p_blue_2,p_deep-red_2,p_mauve,needs_review_2,model_2";
        let (added, keys) = found(twice);
        assert_eq!(keys, ["blue@7", "deep-red@8", "mauve@9"]);
        assert_eq!(added.trends.as_ref().unwrap().index, Some(6));
        assert_eq!(added.model.as_ref().unwrap().index, Some(11));
        assert_eq!((added.times, added.unknown.len()), (2, 0));
    }

    #[test]
    fn headers_in_other_letters_and_another_order_are_found() {
        let (added, keys) = found("ID,P_Blue,P Deep Red,Suggested Trends,Needs Review,MODEL");
        assert_eq!((keys, added.unknown.len()), (columns("blue@1,deep-red@2"), 0));
        assert_eq!(added.model.unwrap().index, Some(5));
        // An earlier input may have had columns with this prefix.
        let (_, keys) = found("p_value,suggested_trends,p_blue,p_deep-red,needs_review");
        assert_eq!(keys, ["blue@2", "deep-red@3"]);
    }

    #[test]
    fn a_finished_batch_needs_no_suggestions() {
        let (added, keys) = found("id,trends,Decided by,p_blue,p_deep-red,date,model");
        assert_eq!(keys, ["blue@3", "deep-red@4"]);
        assert_eq!(added.decided_by.unwrap().index, Some(2));
        assert_eq!(added.model.unwrap().index, Some(6));
    }

    #[test]
    fn columns_beside_the_trends_with_other_names_are_noticed() {
        let (added, _) = found("id,suggested_trends,Wahrscheinlichkeit,p_deep-red,needs_review");
        let names: Vec<String> = added.unknown.iter().map(|field| field.name.clone()).collect();
        assert_eq!(names, ["Wahrscheinlichkeit"]);
    }

    #[test]
    fn probabilities_are_read_as_spreadsheets_write_them() {
        for (cell, expected) in [
            ("0.9976", Some(0.9976)),
            ("0,9976", Some(0.9976)),
            ("99,76 %", Some(0.9976)),
            ("99.76\u{a0}%", Some(0.9976)),
            ("1", Some(1.0)),
            (" ", None),
            ("NaN", None),
        ] {
            let found = probability(cell).unwrap();
            let is_same = match (found, expected) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            assert!(is_same, "{cell}: {found:?}");
        }
        for wrong in ["9976", "0.9.2", "76. Sep", "-0.1", "1,000.5"] {
            assert!(probability(wrong).is_err(), "{wrong}");
        }
    }
}
