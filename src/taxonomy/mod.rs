//! The label set: trends as data, read from a file or from labelled cases.

mod derived;
mod labels;
mod reader;
mod starter;

pub(crate) use labels::{check_keys, join_keys, keys};
pub use reader::LabelReader;
pub(crate) use reader::is_unlabelled;
pub use starter::Starter;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};

/// The position of a trend in its taxonomy. Only the taxonomy creates ids.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct TrendId(pub(crate) u16);

impl TrendId {
    /// Returns the position as an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One label with the words that define it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// Stable key, as used in data files.
    pub key: String,
    /// Name for people.
    #[serde(default)]
    pub name: String,
    /// Other keys and names, such as earlier ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Keys of earlier trends that are merged into this one. A case with any of them
    /// shows the trend. A case with none of them does not, provided that all of them were
    /// asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// What the trend means, in a sentence or two.
    #[serde(default)]
    pub definition: String,
    /// What counts as the trend.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What does not count, although it looks similar.
    #[serde(default)]
    pub excludes: Vec<String>,
}

/// An ordered label set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// Name of the label set.
    #[serde(default)]
    pub name: String,
    /// Version of the label set.
    #[serde(default)]
    pub version: u32,
    /// Where the label set comes from.
    #[serde(default)]
    pub source: String,
    /// The labels, in the order in which they are shown.
    #[serde(rename = "trend")]
    pub trends: Vec<Trend>,
}

impl Taxonomy {
    /// Reads a taxonomy from a TOML file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::BadFile`] if it is not
    /// a taxonomy, has no trend, the same key twice, or a key with `;` in it.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::io(path, source))?;
        Self::from_toml(&text, &path.display().to_string())
    }

    /// Reads a taxonomy that may be invalid, and returns all reasons for which
    /// [`Taxonomy::open`] would refuse it.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::BadFile`] if it is not a taxonomy.
    pub fn open_with_faults(path: &Path) -> Result<(Self, Vec<String>)> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::io(path, source))?;
        let taxonomy = Self::unchecked(&text, &path.display().to_string())?;
        let faults = taxonomy.faults();
        Ok((taxonomy, faults))
    }

    /// Parses a taxonomy; `file` names the source in errors.
    ///
    /// # Errors
    /// [`Error::BadFile`], as [`Taxonomy::open`].
    pub fn from_toml(text: &str, file: &str) -> Result<Self> {
        let taxonomy = Self::unchecked(text, file)?;
        taxonomy.check().map_err(|reason| not_a_taxonomy(file, reason))?;
        Ok(taxonomy)
    }

    fn unchecked(text: &str, file: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| 1 + text[..span.start].matches('\n').count());
            let line = line.map_or(String::new(), |line| format!("line {line}: "));
            not_a_taxonomy(file, format!("{line}{}", e.message()))
        })
    }

    /// Creates a taxonomy of keys alone, sorted and without duplicates.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there is no key, too many, or an unusable one.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut keys: Vec<&str> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let trends = keys
            .into_iter()
            .map(|key| Trend {
                key: key.to_owned(),
                name: String::new(),
                aliases: Vec::new(),
                replaces: Vec::new(),
                definition: String::new(),
                includes: Vec::new(),
                excludes: Vec::new(),
            })
            .collect();
        let taxonomy = Self { name: String::new(), version: 0, source: String::new(), trends };
        taxonomy.check().map_err(|reason| Error::BadCorpus {
            reason,
            remedy: "give every labelled case its labels, joined by \";\"".into(),
        })?;
        Ok(taxonomy)
    }

    /// Returns the same label set in the order of another; `None` if their keys differ.
    pub fn in_order_of(&self, other: &Self) -> Option<Self> {
        let trend = |key| self.trends.iter().find(|trend| trend.key == key).cloned();
        let trends: Option<Vec<Trend>> = other.keys().map(trend).collect();
        let trends = trends.filter(|trends| trends.len() == self.trends.len())?;
        Some(Self { trends, ..self.clone() })
    }

    /// Returns the number of trends.
    pub fn len(&self) -> usize {
        self.trends.len()
    }

    /// Returns whether there is no trend, which is never the case after loading.
    pub fn is_empty(&self) -> bool {
        self.trends.is_empty()
    }

    /// Returns the trends with their ids, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (TrendId, &Trend)> {
        self.trends.iter().enumerate().map(|(i, trend)| (TrendId(i as u16), trend))
    }

    /// Returns the keys of the trends, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.trends.iter().map(|trend| trend.key.as_str())
    }

    /// Returns the trend of an id; `None` if the id is from another, larger taxonomy.
    pub fn get(&self, id: TrendId) -> Option<&Trend> {
        self.trends.get(id.index())
    }

    /// Returns the key of a trend; [`UNKNOWN`] if the id is from another, larger
    /// taxonomy.
    pub fn key(&self, id: TrendId) -> &str {
        self.get(id).map_or(UNKNOWN, |trend| &trend.key)
    }

    /// Returns the name of a trend, or its key if it has no name.
    pub fn label(&self, id: TrendId) -> &str {
        let name = self.get(id).map(|trend| trend.name.as_str());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.key(id))
    }

    /// Returns the id of a key.
    pub fn id(&self, key: &str) -> Option<TrendId> {
        self.trends.iter().position(|t| t.key == key).map(|i| TrendId(i as u16))
    }

    /// Reads a cell of labels as [`LabelReader::read`] does.
    ///
    /// # Errors
    /// A message about what is wrong with the cell.
    pub fn parse_cell(&self, cell: &str) -> std::result::Result<Option<TrendSet>, String> {
        LabelReader::new(self, None).read(cell)
    }

    /// Reads a cell with the labels that a reviewer was asked about, which may have the
    /// names of an earlier taxonomy. Labels that were given count as asked about. Returns
    /// `None` if the cell is blank or names all labels.
    pub fn asked(&self, cell: &str, given: &TrendSet) -> Option<TrendSet> {
        let labels: Vec<String> =
            reader::labels_in(cell)?.iter().map(|l| reader::fold(l)).collect();
        let is_asked = |name: &String| labels.contains(&reader::fold(name));
        let of_trend = |trend: &Trend| {
            let mut names = [&trend.key, &trend.name].into_iter().chain(&trend.aliases);
            let replaced = !trend.replaces.is_empty() && trend.replaces.iter().all(is_asked);
            names.any(|name| !name.is_empty() && is_asked(name)) || replaced
        };
        let known = self.iter().filter(|(id, trend)| given.contains(*id) || of_trend(trend));
        let known: TrendSet = known.map(|(id, _)| id).collect();
        (known.len() < self.len()).then_some(known)
    }

    /// Writes a set of trends as a `trends` cell, the reverse of
    /// [`Taxonomy::parse_cell`].
    pub fn format_cell(&self, set: &TrendSet) -> String {
        join_keys(&set.iter().map(|id| self.key(id)).collect::<Vec<_>>())
    }

    /// Checks a label set. The error is the first reason to refuse it: no labels, an
    /// invalid or duplicate key, or an alias of two trends.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        self.faults().into_iter().next().map_or(Ok(()), Err)
    }

    /// Returns all reasons to refuse the label set.
    fn faults(&self) -> Vec<String> {
        if self.trends.is_empty() {
            return vec!["there are no labels".into()];
        }
        if self.trends.len() > usize::from(u16::MAX) {
            return vec![format!("{} labels are more than 65,535", self.trends.len())];
        }
        let mut faults = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for trend in &self.trends {
            let key = &trend.key;
            if key.trim().is_empty()
                || key.trim() != key
                || key.contains(';')
                || key == NONE_APPLIES
            {
                faults.push(format!(
                    "\"{key}\" cannot be a key (it is empty, has spaces around it, is \"-\", or contains a \";\")"
                ));
            }
            if !seen.insert(key) {
                faults.push(format!("the key \"{key}\" occurs twice"));
            }
        }
        let reader = LabelReader::new(self, None);
        for (id, trend) in self.iter() {
            let others = trend.aliases.iter().chain(&trend.replaces);
            let foreign = others.filter(|alias| reader.find(alias) != Some(id));
            faults.extend(foreign.map(|alias| {
                format!(
                    "the alias \"{alias}\" of \"{}\" is empty, or names another trend too",
                    trend.key
                )
            }));
        }
        faults
    }
}

fn not_a_taxonomy(file: &str, reason: String) -> Error {
    Error::BadFile {
        place: Box::new(Place::file(file)),
        reason,
        remedy: "a taxonomy is TOML with one [[trend]] table per label, each with a key".into(),
    }
}

/// The placeholder for a trend that a taxonomy does not contain.
pub const UNKNOWN: &str = "?";

/// The content of a cell that was checked and to which no trend applies.
pub const NONE_APPLIES: &str = "-";

/// A set of trends, with sorted ids and no duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<TrendId>")]
pub struct TrendSet(Vec<TrendId>);

impl From<Vec<TrendId>> for TrendSet {
    fn from(ids: Vec<TrendId>) -> Self {
        Self::from_iter(ids)
    }
}

impl TrendSet {
    /// Returns whether the trend is in the set.
    pub fn contains(&self, id: TrendId) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// Returns the number of trends in the set.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the set is empty, which means that no trend applies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = TrendId> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<TrendId> for TrendSet {
    fn from_iter<I: IntoIterator<Item = TrendId>>(ids: I) -> Self {
        let mut ids: Vec<TrendId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours() -> Taxonomy {
        Taxonomy::from_keys(["red", "green", "blue", "red"]).unwrap()
    }

    #[test]
    fn keys_of_a_file_become_a_sorted_taxonomy() {
        let keys: Vec<String> = colours().trends.into_iter().map(|t| t.key).collect();
        assert_eq!(keys, ["blue", "green", "red"]);
    }

    #[test]
    fn a_cell_survives_reading_and_writing() {
        let taxonomy = colours();
        for cell in ["-", "blue", "blue;red"] {
            let set = taxonomy.parse_cell(cell).unwrap().unwrap();
            assert_eq!(taxonomy.format_cell(&set), cell);
        }
        assert_eq!(taxonomy.parse_cell("  "), Ok(None));
        assert!(taxonomy.parse_cell("blue; mauve").unwrap_err().contains("\"mauve\""));
    }

    #[test]
    fn the_order_of_the_trends_can_be_that_of_another_label_set() {
        let mut turned = colours();
        turned.trends.reverse();
        assert_eq!(turned.in_order_of(&colours()), Some(colours()));
        for other in [vec!["blue", "red"], vec!["blue", "red", "mauve"]] {
            assert_eq!(turned.in_order_of(&Taxonomy::from_keys(other).unwrap()), None);
        }
    }

    #[test]
    fn a_set_is_sorted_and_without_repeats_whatever_it_is_read_from() {
        let set: TrendSet = serde_json::from_str("[2,0,2]").unwrap();
        assert!(set.contains(TrendId(0)) && set.contains(TrendId(2)));
        assert_eq!(serde_json::to_string(&set).unwrap(), "[0,2]");
    }

    #[test]
    fn a_taxonomy_with_a_repeated_key_is_refused_by_name() {
        let text = "[[trend]]\nkey = \"a\"\n[[trend]]\nkey = \"a\"\n";
        let error = Taxonomy::from_toml(text, "t.toml").unwrap_err().to_string();
        assert!(error.contains("t.toml") && error.contains("\"a\" occurs twice"), "{error}");
    }
}
