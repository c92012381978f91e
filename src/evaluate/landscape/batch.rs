//! The cases of a landscape, with data on each and on all.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Note;
use crate::tagger::Record;
use crate::tagger::record::value_text;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// The source of the trends of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// The column with the gold trends.
    Gold,
    /// Suggested by a model.
    Suggested,
    /// Decided: by reviewers where they read the case, by a model elsewhere.
    Finished,
}

/// What tagged the cases of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Source {
    /// Versions of the models that tagged its rows, each once, sorted.
    pub models: Vec<String>,
    /// Keys of the trends that it has probabilities of, sorted.
    pub trends: Vec<String>,
}

/// Cases with their trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The files, as they were named.
    pub files: Vec<String>,
    /// Names of the batches of a review, in their order, if every case belongs to one.
    pub names: Vec<String>,
    /// The source of the trends.
    pub labels: Labels,
    /// The trends.
    pub taxonomy: Taxonomy,
    /// Versions of the models that tagged, each once, sorted.
    pub models: Vec<String>,
    /// What tagged each of the files, in their order.
    pub sources: Vec<Source>,
    /// Names of the columns, those of the first file first.
    pub columns: Vec<String>,
    /// The cases, in the order of the files.
    pub cases: Vec<BatchCase>,
    /// Rows without labels, which are not among the cases.
    pub unlabelled: usize,
    /// Why cases of a finished batch have no final trends, with their number; they are among
    /// the rows without labels.
    pub unfinished: BTreeMap<String, usize>,
    /// Number of cases with a duplicate id.
    pub repeated_ids: usize,
    /// Notes about the files.
    pub notes: Vec<Note>,
}

/// One case of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchCase {
    /// Its id.
    pub id: String,
    /// The texts, one per text column; empty if the file has none.
    pub texts: Vec<String>,
    /// Its trends.
    pub trends: TrendSet,
    /// The probability of each trend, in the order of the taxonomy, if known.
    pub probabilities: Option<Vec<f64>>,
    /// Whether its trend is the nearest one, none having passed its threshold.
    pub forced: bool,
    /// Who decided its trends, as a finished file says it; `None` in other files.
    pub decided_by: Option<String>,
    /// All cells of its row, including metadata.
    pub record: Record,
}

impl Batch {
    /// Indices of the cases that have a trend.
    pub(crate) fn members(&self, trend: TrendId) -> Vec<usize> {
        (0..self.cases.len()).filter(|&case| self.cases[case].trends.contains(trend)).collect()
    }

    /// Returns the name of a column as the files have it, found without regard to case, blanks and
    /// punctuation.
    pub fn column(&self, name: &str) -> Option<&str> {
        let letters = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let alike = |column: &&String| letters(column) == letters(name);
        let exact = self.columns.iter().find(|column| *column == name);
        exact.or_else(|| self.columns.iter().find(alike)).map(String::as_str)
    }

    /// Returns whether every case has probabilities.
    pub fn has_probabilities(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|case| case.probabilities.is_some())
    }
}

/// Who decided a case that a person has read.
const READERS: [&str; 2] = ["reviewer", "two reviewers"];

impl BatchCase {
    /// Returns whether its trends are taken as true: they are gold, or a person has read the case.
    pub fn is_read(&self) -> bool {
        self.decided_by.as_deref().is_none_or(|by| READERS.contains(&by))
    }

    /// Returns the title: the text of the first text column.
    pub fn title(&self) -> &str {
        self.texts.first().map_or("", |title| title.trim())
    }

    /// Returns the values in a column: of several, joined by `;` or in a list, each.
    pub fn values(&self, column: &str) -> Vec<String> {
        let cell = match self.record.value(column) {
            Some(Value::Array(values)) => {
                values.iter().map(value_text).collect::<Vec<_>>().join(";")
            }
            _ => self.record.get(column).unwrap_or_default().into_owned(),
        };
        let mut values: Vec<String> =
            cell.split(';').map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
        let mut seen = std::collections::BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        values
    }
}
