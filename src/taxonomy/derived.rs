//! A label set made from the labels that cells have.

use std::collections::{BTreeMap, BTreeSet};

use super::Taxonomy;
use super::reader::{AND, OTHER_SEPARATORS, Written, fold, written};
use crate::error::{Action, Error, Remedy, Result, quoted_list};

impl Taxonomy {
    /// Makes a taxonomy of the labels in use. Spellings that differ in case, blanks or
    /// the kind of hyphen are one label, with the most frequent spelling. Without a
    /// `separator` labels are separated by `;` or line ends.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there is no label, if all are `0` and `1`, or if another
    /// separator seems to join them.
    pub fn from_cells<'c>(
        cells: impl IntoIterator<Item = &'c str>,
        separator: Option<&str>,
    ) -> Result<Self> {
        let mut spellings: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for cell in cells {
            let labels = match written(cell, separator) {
                Ok(Written::List(labels) | Written::Joined(labels)) => labels,
                _ => continue,
            };
            for label in labels {
                *spellings.entry(fold(&label)).or_default().entry(label).or_default() += 1;
            }
        }
        refuse_marks(&spellings)?;
        if separator.is_none() {
            refuse_joined(&spellings)?;
        }
        let most_used = spellings.values().filter_map(|spellings| {
            let most = spellings.values().max()?;
            spellings.iter().find(|(_, count)| *count == most).map(|(label, _)| label.as_str())
        });
        Self::from_keys(most_used)
    }
}

type Spellings = BTreeMap<String, BTreeMap<String, usize>>;

/// Refuses marks of a table with one column per label.
fn refuse_marks(spellings: &Spellings) -> Result<()> {
    let is_mark = |label: &String| {
        matches!(label.as_str(), "0" | "1" | "0.0" | "1.0" | "true" | "false" | "yes" | "no" | "x")
    };
    if spellings.is_empty() || !spellings.keys().all(is_mark) {
        return Ok(());
    }
    let found: Vec<&String> = spellings.values().flat_map(BTreeMap::keys).collect();
    Err(Error::bad_corpus(
        format!("the column of the labels has only {}, which names no label", quoted_list(&found)),
        Action::NameLabelColumns.to("name the columns that have one label each"),
    ))
}

/// Refuses labels that look like several labels with a separator between them: splitting
/// them gives fewer distinct labels.
fn refuse_joined(spellings: &Spellings) -> Result<()> {
    let labels: Vec<&str> = spellings.keys().map(String::as_str).collect();
    let others = OTHER_SEPARATORS.map(String::from);
    for separator in others.iter().map(String::as_str).chain([AND, " "]) {
        let Some(joined) = labels.iter().find(|label| label.contains(separator)) else { continue };
        let parts: BTreeSet<&str> =
            labels.iter().flat_map(|label| label.split(separator)).map(str::trim).collect();
        // Names can contain spaces. Spaces are separators only if each part is itself a label.
        let all_alone = || parts.iter().all(|part| labels.contains(part));
        if parts.len() < labels.len() && (separator != " " || all_alone()) {
            let shown = spellings[*joined].keys().next().map_or(*joined, String::as_str);
            let remedy = "name the separator of the labels (\";\" if each is one label), or give the \
                          taxonomy that has them";
            let remedy = Remedy::from(remedy)
                .by_value(Action::NameLabelSeparator, separator)
                .by(Action::NameTaxonomy);
            let reason = format!(
                "there are {} labels, such as \"{}\", but only {} if \"{separator}\" separates them",
                labels.len(),
                shown,
                parts.len()
            );
            return Err(Error::bad_corpus(reason, remedy));
        }
    }
    Ok(())
}
